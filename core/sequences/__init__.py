"""Part 3 of the guide: attention, positions, and what order means to a model."""
