"""Start pytest in any interpreter with what it needs, and stay with it until it has ended."""
