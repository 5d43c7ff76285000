"""Three ways to learn pieces from one text, with the same number of learnt pieces each."""

from itertools import islice

from core.tokenization import bert_words, text_input, tokenizer_json, wordpiece, wordpiece_training


def wordpiece_with_merges(text: str, n_merges: int) -> wordpiece.WordPiece:
    """Learn a WordPiece vocabulary of the letters of a text and a number of merges.

    Args:
        text: The text to learn from.
        n_merges: How many merges to make at most; the text may support fewer.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If ``n_merges`` is negative, or as ``wordpiece_training.train_steps`` raises.

    Example:
        >>> wordpiece_with_merges("hug hug hugs pug", 1).vocab
        ('[UNK]', 'h', 'p', '##g', '##s', '##u', 'hu')
    """
    if n_merges < 0:
        raise ValueError(f"n_merges must be 0 or more, not {n_merges}.")
    steps = wordpiece_training.train_steps(text, min_count=1)
    words = {word.text: 1 for word in bert_words.basic_words(text)}
    pieces = dict.fromkeys([wordpiece.UNKNOWN, *wordpiece_training.alphabet(words)])
    for step in islice(steps, n_merges):
        pieces[step.joined] = None
    return wordpiece.WordPiece(tuple(pieces))


def unigram_with_pieces(text: str, n_pieces: int) -> str:
    """Learn a Unigram vocabulary of the letters of a text and a number of longer pieces.

    Args:
        text: The text to learn from.
        n_pieces: How many pieces to keep beyond the letters.

    Returns:
        The text of its ``tokenizer.json``.

    Raises:
        ValueError: If ``n_pieces`` is negative or the text is blank.
    """
    if n_pieces < 0:
        raise ValueError(f"n_pieces must be 0 or more, not {n_pieces}.")
    text_input.check_text(text)
    n_letters = len({"▁", *text.replace(" ", "▁")}) + 1
    return tokenizer_json.train_unigram(text, n_letters + n_pieces)
