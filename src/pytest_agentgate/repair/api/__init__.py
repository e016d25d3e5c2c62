"""API tables: what an implementation offers, private names too, read with ``ast`` from any state of it."""
