"""Part 4 of the guide: what a language model predicts and how a text is drawn from it."""
