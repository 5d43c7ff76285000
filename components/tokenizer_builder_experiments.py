"""The guided experiments of the tokenizer builder; every answer is read off the computed result."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.experiments import Experiment, Revelation
from components.plain import plain
from core.tokenization import compare

if TYPE_CHECKING:
    from components.tokenizer_builder_lab import Training
    from components.tokenizer_builder_rivals import Replay
    from components.tokenizer_builder_use import Encoded
    from core.tokenization.lockstep import LockStep
    from core.tokenization.trade_off import VocabularyPoint

BARKS = (
    "A dog. The dog! My dog? One dog. Your dog! Her dog? His dog. Our dog! This dog? "
    "That dog. Good dog! Bad dog? Old dog. New dog! Whose dog?"
)
HUGS = "hug hug hug hugs hugs pug pug pun pun bun hug"
EMOJI = "🦊 🐕 🦊 🐕 🐈 🦊 🐕 🦊 🐈"


@dataclass(frozen=True, eq=False)
class Built:
    """Everything that the page computed."""

    training: "Training"
    replay: "Replay | None"
    lock_steps: "tuple[LockStep, ...]"
    points: "tuple[VocabularyPoint, ...]"
    encoded: "Encoded | None"


def _settings(**changed: object) -> dict:
    return {f"tokenizer_builder_{name}": value for name, value in changed.items()}


def _hello(built: Built) -> Revelation:
    n_merges = len(built.training.steps)
    return Revelation(
        0 if n_merges == 0 else 1 if n_merges == 1 else 2,
        f"The text is {built.training.n_bytes} bytes, and {n_merges} merges were made. A pair that "
        "stands there once teaches nothing: a tokenizer needs repetition.",
    )


def _marks(built: Built) -> Revelation:
    mixed = [
        compare.visible(step.joined)
        for step in built.training.steps
        if any(chr(byte).isalpha() for byte in step.joined) and set(step.joined) & set(b".!?")
    ]
    named = ", ".join(plain(piece) for piece in mixed[:6])
    return Revelation(
        0 if mixed else 1,
        f"{len(mixed)} of {len(built.training.steps)} learnt tokens hold a letter and a mark"
        + (f", such as {named}. " if mixed else ". ")
        + "Now choose GPT-2 as the first cut: no merge can reach from the word to the mark, "
        "and the word is learnt once.",
    )


def _counts_or_scores(built: Built) -> Revelation:
    first = next((step for step in built.lock_steps if step.is_first_difference), None)
    if first is None:
        return Revelation(2, "On this text the two rules never part.")
    return Revelation(0 if first.step == 0 else 1, f"Step {first.step + 1}: {plain(first.why)}")


def _space(built: Built) -> Revelation:
    if built.replay is None:
        return Revelation(2, "Type a word and choose a vocabulary first.")
    pieces = built.replay.rungs[-1].pieces
    n = len(pieces)
    n_merges = len(built.replay.rungs) - 1
    named = " | ".join(plain(compare.visible(piece)) for piece in pieces)
    return Revelation(
        0 if n == 1 else 1 if n <= 3 else 2,
        f"{n_merges} merges end in {n} token{'s' * (n != 1)}: {named}. Switch the space off and "
        "look at the last rows again: other neighbours, other merges, other pieces.",
    )


def _unused(built: Built) -> Revelation:
    last = built.points[-1]
    share = last.unused_fraction
    return Revelation(
        0 if share < 0.1 else 1 if share < 0.5 else 2,
        f"{last.n_unused:,} of {last.vocab_size:,} tokens, {share:.0%}, never show up in the "
        "very text they were learnt from: bytes it does not hold, and steps on the way to longer "
        "tokens. "
        "Their embeddings would hardly be trained.",
    )


def _emoji(built: Built) -> Revelation:
    steps = built.training.steps
    n_first = next(
        (step.step + 1 for step in steps if "🦊" in step.joined.decode("utf-8", "ignore")), 0
    )
    return Revelation(
        0 if n_first == 1 else 1 if n_first else 2,
        f"A fox is four bytes, so it takes three merges, shared with the other animals. The first "
        f"token that holds a whole fox comes from merge {n_first}. "
        f"The first merge of all joined {plain(compare.visible(steps[0].joined))}."
        if n_first
        else "No token holds a whole fox here.",
    )


EXPERIMENTS = (
    Experiment(
        title="Hello world",
        task="The guide's first line: the text as bytes. You ask for 300 tokens.",
        settings=_settings(corpus="typed", text="Hello world", size=300, cut="gpt2"),
        question="How many merges does it teach?",
        choices=("none", "one", "more than one"),
        reveal=_hello,
    ),
    Experiment(
        title="dog. dog! dog?",
        task="The same word before three marks, and no first cut.",
        settings=_settings(corpus="typed", text=BARKS, size=270, cut="none"),
        question="Will a token hold a letter and a mark together?",
        choices=("yes", "no"),
        reveal=_marks,
    ),
    Experiment(
        title="Count or score",
        task="Byte pairs and WordPiece learn from the same few words.",
        settings=_settings(corpus="typed", text=HUGS, size=270, cut="gpt2"),
        question="When do they part?",
        choices=("at the first step", "later", "never"),
        reveal=_counts_or_scores,
    ),
    Experiment(
        title="A space in front",
        task="GPT-2's real merges on a strawberry as it stands inside a sentence.",
        settings=_settings(word="strawberry", space=True, case="typed", real="gpt2"),
        question="How many tokens is it at the end?",
        choices=("one", "two or three", "more"),
        reveal=_space,
    ),
    Experiment(
        title="Four bytes, one fox",
        task="Animals as emoji. Each is four bytes, and the first bytes are the same.",
        settings=_settings(corpus="typed", text=EMOJI, size=280, cut="gpt2"),
        question="Which merge makes the first token with a whole fox?",
        choices=("the first", "a later one", "none"),
        reveal=_emoji,
    ),
    Experiment(
        title="Tokens nobody uses",
        task="The largest vocabulary that the source of this room supports, with GPT-2's cut.",
        settings=_settings(corpus="source", cut="gpt2", size=2_000),
        question="How much of that vocabulary does the text itself never use?",
        choices=("under 10 %", "10 to 50 %", "over half"),
        reveal=_unused,
    ),
)
