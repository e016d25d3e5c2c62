"""A small voice service whose tests have fallen behind its implementation, to try things on."""
