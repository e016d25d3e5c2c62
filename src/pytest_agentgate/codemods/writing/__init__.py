"""LibCST's side: where a node stands, and how statements, imports and arguments are written anew."""
