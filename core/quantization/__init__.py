"""Part 6 of the guide: numbers with fewer bits, and what they cost."""
