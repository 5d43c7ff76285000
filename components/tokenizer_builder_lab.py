"""What the tokenizer-builder lab shows first: the text, its cut, and the training step by step."""

from dataclasses import dataclass

import streamlit as st

from components import cached, controls, merge_steps
from components.plain import plain
from core.tokenization import bpe, bpe_training, patterns, text_input

DOGS = """\
The dog saw the other dog. The other dog saw the dog! Did the dog bark? The dogs barked at the \
dog, and the other dogs barked louder.
The children walked to the river. They talked, and they walked, and they threw a stick. The dog \
watched the stick. The stick landed in the river! The dog jumped in, and the water splashed the \
children.
Strawberry jam was waiting at home: raspberry jam, blueberry jam and strawberry jam. The lowest \
price, the lower price, the low price: slower, slowest, slow.
"""

MAX_LEARN_CHARACTERS = 200_000
"""No more of a long text is learnt from; without a first cut this takes two seconds."""

MAX_SHOWN_CHARACTERS = 600
"""So much of the text is drawn in tokens."""

MAX_SHOWN_MERGES = 400
"""So many merges can be scrubbed through."""

N_CANDIDATES = 9
"""Pairs in the table of each step."""

MAX_VOCABULARY = 20_000
"""The largest vocabulary one may ask for."""

_CORPORA = {
    "typed": "Own text",
    "languages": "12 languages",
    "source": "Code",
    "file": "File",
}
_CUTS = {"gpt2": "GPT-2", "cl100k": "cl100k", "none": "None", "own": "Own"}
OWN_PATTERN = r"\w+|\s+|[^\w\s]+"


@dataclass(frozen=True)
class Recipe:
    """What to learn from, how far, and how the text is cut first."""

    text: str
    pattern: str | None
    vocab_size: int


@dataclass(frozen=True, eq=False)
class Training:
    """A finished byte-pair training."""

    recipe: Recipe
    steps: tuple[bpe_training.TrainingStep, ...]
    tokenizer: bpe.BPE

    @property
    def n_bytes(self) -> int:
        """Bytes of the text: its tokens before the first merge."""
        return len(self.recipe.text.encode())

    @property
    def n_tokens(self) -> int:
        """Tokens of the text after the last merge."""
        return self.steps[-1].n_tokens if self.steps else self.n_bytes

    @property
    def is_complete(self) -> bool:
        """Whether the text supports as many tokens as were asked for."""
        return self.tokenizer.vocab_size >= self.recipe.vocab_size


def size_control() -> int:
    """Ask for the size of the vocabulary."""
    return controls.whole_number(
        "Vocabulary size",
        bpe_training.N_BYTES,
        MAX_VOCABULARY,
        320,
        key="tokenizer_builder_size",
        help="How many tokens to have. The first 256 are the bytes; every merge adds one.",
    )


def cut_control() -> str | None:
    """Ask how the text is cut before pairs are counted, and say what that cut does."""
    cut = controls.choice(
        "First cut",
        tuple(_CUTS),
        key="tokenizer_builder_cut",
        format_func=lambda name: _CUTS.get(name, name),
        help="A regular expression cuts the text into chunks. No merge crosses a border between "
        "two chunks, so that a word and the mark after it are learnt apart.",
    )
    if cut == "none":
        st.caption("The whole text is one chunk: a token may reach from one word into the next.")
        return None
    if cut == "own":
        return controls.short_text(
            "Pattern",
            OWN_PATTERN,
            key="tokenizer_builder_pattern",
            max_chars=patterns.MAX_PATTERN_LENGTH,
            help="Each match becomes a chunk, and so does whatever stands between two matches.",
        )
    st.caption(patterns.NAMED[cut].rule)
    return patterns.NAMED[cut].pattern


def corpus_control() -> str:
    """Ask where the text to learn from comes from."""
    return controls.choice(
        "Learn from",
        tuple(_CORPORA),
        key="tokenizer_builder_corpus",
        format_func=lambda name: _CORPORA.get(name, name),
        help="Code: the Python source of this room of the labs. File: plain text, up to 5 MB.",
    )


def text_control(corpus: str) -> str:
    """Ask for the text to learn from; end the run with a sentence if there is none.

    Args:
        corpus: What ``corpus_control`` returned.
    """
    if corpus == "typed":
        text = controls.long_text(
            "Text",
            DOGS,
            key="tokenizer_builder_text",
            help="The tokenizer learns from this text and from nothing else.",
            height=96,
        )
    elif corpus == "file":
        text = _uploaded()
    else:
        text = cached.corpus(corpus)
    if not text:
        st.info("Type a text to learn from. Two words are enough to begin.", icon=":material/edit:")
        st.stop()
    return text


def _uploaded() -> str:
    file = st.file_uploader(
        "Text file", type=["txt", "md", "py", "csv", "json"], key="tokenizer_builder_file"
    )
    if file is None:
        st.info("Choose a plain text file to learn from.", icon=":material/upload_file:")
        st.stop()
    try:
        return text_input.read_file(file.getvalue())
    except ValueError as error:
        st.error(plain(str(error)), title="This file cannot be read", icon=":material/draft:")
        st.stop()


def train(text: str, pattern: str | None, vocab_size: int) -> Training:
    """Train, or recall that; end the run with a sentence if it cannot be done.

    Args:
        text: What to learn from.
        pattern: The first cut.
        vocab_size: How many tokens to have.
    """
    recipe = Recipe(text[:MAX_LEARN_CHARACTERS], pattern, vocab_size)
    try:
        with st.spinner("Counting pairs…"):
            steps = cached.bpe_steps(recipe.text, pattern, vocab_size, 0)
            tokenizer = bpe.from_merges([step.pair for step in steps], pattern=pattern)
    except ValueError as error:
        st.error(plain(str(error)), title="This cannot be learnt", icon=":material/error:")
        st.stop()
    return Training(recipe, steps, tokenizer)


def step_view(training: Training) -> None:
    """Show the training merge by merge."""
    recipe, steps = training.recipe, training.steps
    n_shown = min(len(steps), MAX_SHOWN_MERGES)
    last_size = bpe_training.N_BYTES + n_shown
    shown = cached.bpe_steps(recipe.text, recipe.pattern, last_size, N_CANDIDATES)
    pieces = cached.pieces_over_time(recipe.text, recipe.pattern, last_size, MAX_SHOWN_CHARACTERS)
    packed = merge_steps.payload(
        shown,
        pieces,
        n_bytes=training.n_bytes,
        n_unused=bpe_training.N_BYTES - len(set(recipe.text.encode())),
        is_excerpt=len(recipe.text) > MAX_SHOWN_CHARACTERS,
        why_it_ends=_why_it_ends(training, len(shown)),
    )
    merge_steps.merge_steps(packed, key="tokenizer_builder_steps")


def _why_it_ends(training: Training, n_shown: int) -> str:
    if n_shown < len(training.steps):
        return (
            f"Only the first {n_shown:,} merges are drawn; the training made "
            f"{len(training.steps):,}."
        )
    if training.is_complete:
        return "The vocabulary has the size you asked for."
    if not training.steps:
        return "No two neighbours stand in this text twice: there is nothing to learn from it."
    return "No pair stands side by side twice any more: there is nothing left to learn."


def note(training: Training, n_given: int) -> str:
    """Say what the training came to, and what was left out.

    Args:
        training: The training.
        n_given: Characters of the text before it was shortened.
    """
    parts = [
        "Amber: the newest token, and underlined what is joined next. · is a space, ↵ a new line, "
        "⟨F0⟩ a byte that is no whole character."
    ]
    if not training.is_complete:
        parts.append(
            f"The text supports a vocabulary of {training.tokenizer.vocab_size:,} tokens, not "
            f"{training.recipe.vocab_size:,}: a longer text supports more."
        )
    if n_given > MAX_LEARN_CHARACTERS:
        parts.append(
            f"The first {MAX_LEARN_CHARACTERS:,} of {n_given:,} characters are learnt from."
        )
    return " ".join(parts)
