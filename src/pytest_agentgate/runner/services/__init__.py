"""Servers that tests need: started once, shared by all workers, each with a part of its own, and removed at the end."""
