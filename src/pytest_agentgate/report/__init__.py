"""What a run looks like to a person, a coding agent or a program: data in, text out; only ``formats`` writes files."""
