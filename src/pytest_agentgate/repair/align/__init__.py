"""Align the old API of an implementation with the new one: what still resolves, what moved, what is gone."""
