"""Which models exist, where they come from, and how they are fetched, checked and loaded."""
