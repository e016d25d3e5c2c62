"""A project's files: found, planned over, written whole or not at all, and taken back."""
