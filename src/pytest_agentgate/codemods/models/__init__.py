"""Classes that take the place of dicts: what their constructors take, and what already is an instance."""
