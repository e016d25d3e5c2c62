"""A configuration to start with: what a project already has, read from its files, and what follows from it."""
