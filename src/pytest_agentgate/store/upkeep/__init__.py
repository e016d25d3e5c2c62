"""What is done to a store as a whole: copied, exported, imported into, checked, pruned."""
