"""Attempts: planned on files of tests, written, run again, judged, and kept or taken back."""
