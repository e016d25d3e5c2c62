"""Gates: conditions on what a run measured, judged by phases; pure, from values to values."""
