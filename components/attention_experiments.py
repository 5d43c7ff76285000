"""The guided experiments of the attention viewer; answers are read off the model that ran."""

from dataclasses import dataclass, replace

import numpy as np

from components import attention_look, attention_subject, attention_two_texts, cached
from components.attention_reading import TIRED, WIDE, Reading
from components.attention_view import Look
from components.experiments import Experiment, Revelation
from components.plain import plain

SMOLLM2, MINILM = "smollm2-135m-instruct", "all-minilm-l6-v2"
DURSLEY = "Mr and Mrs Dursley of number four were proud. Later that day Mrs Durs"
CAT, RUG = "The cat sat on the mat.", "The cat lay on the rug."


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on screen when an experiment asks."""

    reading: Reading
    look: Look
    other: Reading | None = None
    """The second text, where two are compared."""

    def weights(self) -> np.ndarray:
        """Return what the chosen token looks at, shape (T,)."""
        vectors = self.reading.vectors(self.look.layer, self.look.head)
        return vectors.model_weights[self.look.query]

    def n_heads_on(self, place: int) -> int:
        """Count the heads that give a token more than half of the chosen token's attention."""
        return int((self.reading.maps.probs[:, :, self.look.query, place] > 0.5).sum())

    def name(self, place: int) -> str:
        """Name a token in a sentence."""
        return plain(self.reading.text.tokens[place])


def _settings(view: str, model_id: str, text: str, look: Look, **more: str) -> dict:
    return {
        "attention_viewer_view": view,
        "attention_viewer_model": model_id,
        "attention_viewer_text": text,
        **{f"attention_viewer_{name}": value for name, value in more.items()},
        **attention_look.settings(look),
    }


def _one(model_id: str, text: str, look: Look, **more: str) -> dict:
    return _settings("One text", model_id, text, look, **more)


def _two(model_id: str, look: Look) -> dict:
    return _settings("Two texts", model_id, TIRED, look, other=WIDE)


def _where_it_looks(shown: Shown) -> Revelation:
    weights = shown.weights()
    best = int(weights.argmax())
    choice = {6: 0, 1: 1, 7: 2}.get(best, 1)
    n_heads, n_alike = shown.reading.maps.probs[:, :, 0, 0].size, shown.n_heads_on(best)
    return Revelation(
        choice,
        f"{weights[best]:.0%} of the attention of {shown.name(shown.look.query)} goes to "
        f"{shown.name(best)}. Of all {n_heads} heads, {n_alike} give{'s' * (n_alike == 1)} it "
        "more than half; the overview shows how different the others are.",
    )


def _another_ending(shown: Shown) -> Revelation:
    comparison = attention_two_texts.compare(shown.reading, shown.other, shown.look)
    moved = float(comparison.distances[shown.look.query])
    return Revelation(
        1 if moved < attention_two_texts.KEPT else 0,
        f"It moved {moved:.1%} of its attention. A language model reads from left to right: when "
        "it reads “it”, “tired” or “wide” has not been said. What the head shows is a guess, not "
        "an understanding of the whole sentence.",
    )


def _both_ways(shown: Shown) -> Revelation:
    look = shown.look
    tired, wide = (
        float(reading.vectors(look.layer, look.head).model_weights[look.query, look.key])
        for reading in (shown.reading, shown.other)
    )
    return Revelation(
        0 if wide < tired - 0.01 else 2 if wide > tired + 0.01 else 1,
        f"With “tired” the head gives the animal {tired:.0%}, with “wide” {wide:.0%}. An encoder "
        "has no mask, so a word at the end can change an earlier look.",
    )


def _share_of_the_first(shown: Shown) -> Revelation:
    probs = shown.reading.maps.probs[:, :, 1:, 0].astype(np.float64)
    share = float(probs.mean())
    fair = float(np.mean(1 / np.arange(2, shown.reading.text.n_tokens + 1)))
    return Revelation(
        0 if share < 0.25 else 1 if share < 0.5 else 2,
        f"{share:.0%}. If every token looked evenly at all it may see, it would be {fair:.0%}. "
        "A row of attention must sum to 1, so a head with nothing to say parks its attention "
        "somewhere: on the first token. Now switch on “hide the first token”.",
    )


def _at_rest(shown: Shown) -> Revelation:
    vectors = shown.reading.vectors(shown.look.layer, shown.look.head)
    rows = vectors.model_weights[2:]
    first = float(rows[:, 0].mean())
    before = float(np.mean([row[place + 1] for place, row in enumerate(rows)]))
    return Revelation(
        1 if first > max(before, 0.5) else 2 if before > 0.5 else 0,
        f"On average {first:.0%} of its attention rests on the first token, {before:.1%} on the "
        "token before. It waits. The next experiment gives it something to do.",
    )


def _copies(shown: Shown) -> Revelation:
    weights = shown.weights()
    best = int(weights.argmax())
    token = shown.reading.text.tokens[best]
    return Revelation(
        {"urs": 1, "ley": 2}.get(token, 0),
        f"{weights[best]:.0%} goes to {shown.name(best)}, the token that came after the first "
        "“urs”. It looks for the place where it has been before, one step further, and copies "
        "what came next: an induction head.",
    )


def _removed(shown: Shown) -> tuple[str, float, float, float]:
    """Switch the chosen head off: the likeliest token, its chance before and after, bits moved."""
    subject = attention_subject.subject(shown.reading, how="zero")
    change = subject.change(shown.look.layer, shown.look.head)
    (name,) = cached.token_names(shown.reading.model_id, tuple(change.token_ids[:1]))
    return plain(name), float(change.before[0]), float(change.after[0]), change.effect


def _idle(shown: Shown) -> Revelation:
    name, before, after, bits = _removed(shown)
    return Revelation(
        0 if after < 0.5 else 1 if after < before - 0.05 else 2,
        f"{name} had {before:.1%} and has {after:.1%} without the head; the whole distribution "
        f"moved by {bits:.2g} bits. Heads that give this token more than half of their attention: "
        f"{shown.n_heads_on(shown.look.key)}. That a head looks somewhere does not mean that the "
        "answer depends on it.",
    )


def _decisive(shown: Shown) -> Revelation:
    name, before, after, bits = _removed(shown)
    weights = shown.weights()
    best = int(weights.argmax())
    return Revelation(
        0 if after > 0.5 else 1 if after > 0.3 else 2,
        f"{name} had {before:.1%} and has {after:.1%} without the head, {bits:.2g} bits. The head "
        f"looks at {shown.name(best)} ({weights[best]:.0%}), as sharply as many heads that can "
        "be removed without a trace: the picture alone does not tell which is which.",
    )


def _across(shown: Shown) -> Revelation:
    weights = shown.weights()
    segments = np.array(shown.reading.text.segments)
    best = int(weights.argmax())
    is_same = shown.reading.text.tokens[best] == shown.reading.text.tokens[shown.look.query]
    is_across = segments[best] != segments[shown.look.query]
    return Revelation(
        0 if is_same and is_across else 1 if not is_across else 2,
        f"Most, {weights[best]:.0%}, goes to {shown.name(best)} (token {best}), and "
        f"{weights[segments == 0].sum():.0%} of all its attention goes to the first sentence. "
        "This head was found by measuring: “What is this head?” below does it for every head.",
    )


_IT = attention_look.FIRST[SMOLLM2]
_IT_BOTH_WAYS = attention_look.FIRST[MINILM]
_INDUCTION = Look(layer=18, head=6, query=17, key=5)

EXPERIMENTS = (
    Experiment(
        title="Where does “it” look?",
        task="The sentence of every lecture on attention, in layer 13, head 8 of SmolLM2.",
        settings=_one(SMOLLM2, TIRED, _IT),
        question="What does “it” look at most?",
        choices=("the street", "the animal", "the word just before it"),
        reveal=_where_it_looks,
    ),
    Experiment(
        title="Another ending",
        task="The same head on two sentences. In the second the street is meant, not the animal.",
        settings=_two(SMOLLM2, _IT),
        question="Where does “it” look in the second sentence?",
        choices=("at the street", "exactly where it looked before"),
        reveal=_another_ending,
    ),
    Experiment(
        title="Both ways",
        task="Now an encoder, which has no mask: every token sees the whole sentence.",
        settings=_two(MINILM, _IT_BOTH_WAYS),
        question="With “wide” at the end, how much does “it” look at the animal?",
        choices=("less than with “tired”", "as much", "more"),
        reveal=_both_ways,
    ),
    Experiment(
        title="The sink",
        task="Look at the overview: most small squares have a dark left edge. Every token of every "
        "head may look at any token so far.",
        settings=_one(SMOLLM2, TIRED, replace(_IT, layer=17, head=4, key=0, drawing="matrix")),
        question="How much of all attention goes to the first token?",
        choices=("its fair share, or little more", "a third", "more than half"),
        reveal=_share_of_the_first,
    ),
    Experiment(
        title="A head at rest",
        task="Layer 18, head 6 looks for words that have occurred before. Here none has.",
        settings=_one(SMOLLM2, TIRED, replace(_IT, layer=18, head=6, key=0)),
        question="What does it look at?",
        choices=("evenly at everything", "at the first token", "at the token before"),
        reveal=_at_rest,
    ),
    Experiment(
        title="A head that copies",
        task="The same head, and a name that begins for the second time. “Dursley” is three "
        "tokens; the last one, “urs”, has just been read.",
        settings=_one(SMOLLM2, DURSLEY, _INDUCTION),
        question="What does the last “urs” look at?",
        choices=("the first token", "the first “urs”", "“ley”, which came after it"),
        reveal=_copies,
    ),
    Experiment(
        title="Strong, and idle",
        task="The model now says “ley”, nearly for certain, and this head looks straight at it. "
        "Suppose you switch the head off.",
        settings=_one(SMOLLM2, DURSLEY, replace(_INDUCTION, drawing="matrix")),
        question="What becomes of the chance of “ley”?",
        choices=("below half", "clearly smaller", "hardly anything happens"),
        reveal=_idle,
    ),
    Experiment(
        title="One that matters",
        task="After “too tired” the model expects “to”. Layer 25, head 3 looks at “too” from the "
        "last token. Suppose you switch it off.",
        settings=_one(SMOLLM2, TIRED, Look(layer=25, head=3, query=11, key=10)),
        question="“to” had about two thirds. What is left of it?",
        choices=("more than half", "a third to a half", "less than a third"),
        reveal=_decisive,
    ),
    Experiment(
        title="Across two sentences",
        task="An encoder can read a pair of texts at once. Layer 2, head 9, from the second “cat”.",
        settings=_one(MINILM, CAT, Look(layer=2, head=9, query=10, key=2, part="all"), second=RUG),
        question="What does the second “cat” look at?",
        choices=("the first “cat”", "its own sentence", "something else in the first sentence"),
        reveal=_across,
    ),
)
