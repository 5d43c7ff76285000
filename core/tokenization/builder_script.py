"""The program a reader of the builder takes home: byte pairs in forty lines, nothing hidden."""

MAX_TEXT_CHARACTERS = 20_000
MAX_MERGES = 500

_TRAINING = '''\
"""Byte-pair encoding from scratch, as the lab showed it.

pip install "regex"
"""

from collections import Counter

import regex

TEXT = {text}
PATTERN = {pattern}
N_MERGES = {n_merges}
NEW_TEXT = {new_text}


def chunks_of(text):
    """Cut a text into chunks of bytes; no merge crosses from one chunk into the next."""
    if PATTERN is None:
        return [list(text.encode())]
    chunks, end = [], 0
    for match in regex.compile(PATTERN).finditer(text):
        chunks += [text[end : match.start()], match.group()]
        end = match.end()
    return [list(chunk.encode()) for chunk in [*chunks, text[end:]] if chunk]


def merge(chunk, pair, new_id):
    """Replace a pair by one id, from left to right."""
    merged, place = [], 0
    while place < len(chunk):
        if tuple(chunk[place : place + 2]) == pair:
            merged.append(new_id)
            place += 2
        else:
            merged.append(chunk[place])
            place += 1
    return merged


# 1. Learn: the most frequent pair becomes a token, again and again.
vocab = {{byte: bytes([byte]) for byte in range(256)}}
merges = {{}}
chunks = chunks_of(TEXT)
for step in range(1, N_MERGES + 1):
    counts = Counter(pair for chunk in chunks for pair in zip(chunk, chunk[1:]))
    pair, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    joined = vocab[pair[0]] + vocab[pair[1]]
    new_id = next((known for known, token in vocab.items() if token == joined), len(vocab))
    vocab[new_id] = joined
    merges[pair] = (step, new_id)
    chunks = [merge(chunk, pair, new_id) for chunk in chunks]
    print(f"merge {{step}}: {{joined!r}} stood there {{count}} times")
print(f"{{len(TEXT.encode())}} bytes became {{sum(map(len, chunks))}} tokens")

# 2. Use: in a new text the merge that was learnt earliest goes first.
token_ids = []
for chunk in chunks_of(NEW_TEXT):
    while found := [pair for pair in zip(chunk, chunk[1:]) if pair in merges]:
        pair = min(found, key=merges.get)
        chunk = merge(chunk, pair, merges[pair][1])
    token_ids += chunk
print("ids:", token_ids)
print("tokens:", [vocab[token_id] for token_id in token_ids])
'''


def training_script(text: str, *, pattern: str | None, n_merges: int, new_text: str) -> str:
    """Write the program that learns the lab's merges and encodes a new text by them.

    Args:
        text: The text that was learnt from; the beginning of a long one is written down.
        pattern: The first cut, or None.
        n_merges: How many merges were made; ``MAX_MERGES`` of many.
        new_text: The text to encode.

    Returns:
        A whole Python program. The texts enter it as Python literals, so that none can become
        code.
    """
    return _TRAINING.format(
        text=ascii(text[:MAX_TEXT_CHARACTERS]),
        pattern=ascii(pattern),
        n_merges=min(n_merges, MAX_MERGES),
        new_text=ascii(new_text),
    )
