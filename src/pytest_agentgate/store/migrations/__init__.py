"""The statements that lead from one version of the schema to the next; what was released never changes."""
