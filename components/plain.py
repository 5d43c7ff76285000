"""Untrusted text inside a sentence of markdown."""

import re

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&=^\"'])")


def plain(text: str) -> str:
    r"""Escape every sign that markdown, LaTeX or a colour directive could read.

    Args:
        text: What a reader, a model or a file said.

    Returns:
        Markdown that shows exactly that text.

    Example:
        >>> plain("![x](http://a.b)")
        '\\!\\[x\\]\\(http\\://a\\.b\\)'
    """
    return _PUNCTUATION.sub(r"\\\1", text)
