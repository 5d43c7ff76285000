"""Part 2 of the guide: a small network, its training and its odds, in NumPy alone."""
