"""Repair: from what changed in the implementation to codemods for the tests, each verified by a rerun."""
