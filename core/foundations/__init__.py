"""Part 1 of the guide: slopes, gradient descent and matrices, in NumPy alone."""
