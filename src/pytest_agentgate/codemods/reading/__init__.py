"""What a file says: names, values, definitions and calls, read with ``ast`` alone."""
