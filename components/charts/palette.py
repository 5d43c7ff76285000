"""One palette for the whole app: a colour means the same thing in every lab.

Blue, vermilion and amber are the Okabe-Ito hues, which people with any common form of colour
blindness tell apart, moved to a lightness that stays readable on a light and on a dark page.
"""

BEFORE = "#8a929e"
"""Grey: the original, or the state before a change."""

AFTER = "#2f7fc1"
"""Blue: the result, or the state after a change."""

POSITIVE = AFTER
"""Blue: a positive number on a diverging scale."""

NEGATIVE = "#d4602a"
"""Vermilion: a negative number, an error, damage."""

MARKED = "#c98a00"
"""Amber: the thing the reader has chosen."""

DIVERGING = (NEGATIVE, "#c9ced6", POSITIVE)
"""Negative through neutral to positive."""

SEQUENTIAL = ("#dbe9f6", "#9cc6e6", "#5a9fd4", "#2f7fc1", "#134b7c")
"""Single hue, light to dark: probability and attention."""

SERIES = (AFTER, NEGATIVE, MARKED, "#4f9d69", "#8c6bb1", "#5aaec0", "#b5577d", BEFORE)
"""Categories without a meaning of their own, in the order they are used."""

TOKENS = (AFTER, MARKED, "#4f9d69", "#8c6bb1", "#5aaec0")
"""Five hues that neighbouring tokens take in turn, laid on thinly so that text stays readable."""
