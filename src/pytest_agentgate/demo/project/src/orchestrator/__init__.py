"""Answers calls: rooms, turns, replies and transcripts of a voice service."""
