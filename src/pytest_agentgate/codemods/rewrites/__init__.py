"""The codemods, one file each; this folder is their registry."""
