"""From where a dict is written to the parameter that it reaches, through fixtures, constants and helpers."""
