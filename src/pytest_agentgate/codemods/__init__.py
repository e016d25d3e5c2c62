"""Rewrites of test code: ``apply(source, codemods) -> source``, and what runs it over a tree of files."""
