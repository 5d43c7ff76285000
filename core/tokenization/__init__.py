"""Part 5 of the guide: how a text becomes tokens, and what that costs."""
