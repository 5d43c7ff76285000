"""Special tokens: marks that no text may produce, and what each kind is for."""

import re

_ROLES = (
    (r"cls", "Stands before a text; its vector is used to classify the whole."),
    (r"sep", "Stands between two texts and at the end."),
    (r"mask", "Hides a word in training; the model learns to guess it."),
    (r"unk", "Stands for a word or character the vocabulary cannot write. What it was is lost."),
    (r"pad", "Fills short texts up to the length of the longest one; the model ignores it."),
    (r"reserved|^special_\d|extra|dummy|place.?holder", "Kept free for a later use."),
    (r"^/?inst$|start_header|end_header|im_start|im_end|user|assistant|system|^eot|^eom|turn"
     r"|header", "Marks who speaks in a chat, or where a turn ends."),
    (r"tool|python_tag|function|step_id", "Marks the call of a tool, or its answer."),
    (r"fim|prefix|middle|suffix|repo|file|gh_|issue|jupyter|commit|empty_output",
     "Marks parts of code, such as the hole to be filled in."),
    (r"img|image|^/?ref$|^/?det$|box|audio|video|vision|quad|object",
     "Marks a picture or a sound."),
    (r"think", "Marks where a model writes down its reasoning."),
    (r"endofprompt", "Stands between the prompt and the answer."),
    (r"begin|^s$|bos|start", "Stands at the beginning of a text."),
    (r"end|^/s$|eos", "Ends a text: when the model chooses it, it stops."),
)  # fmt: skip


def role(name: str) -> str:
    """Say what a special token is for.

    Args:
        name: The token as it is written, such as "<|endoftext|>".

    Returns:
        A sentence.

    Example:
        >>> role("</s>")
        'Ends a text: when the model chooses it, it stops.'
        >>> role("[MASK]")
        'Hides a word in training; the model learns to guess it.'
    """
    core = re.sub(r"[<>\[\]|｜]", "", name.replace("▁", "_")).lower().strip("_")
    for pattern, sentence in _ROLES:
        if re.search(pattern, core):
            return sentence
    return "A mark of this model's own."


def typed_in(text: str, names: list[str]) -> list[tuple[int, int, str]]:
    """Find special tokens that stand in a text as plain characters.

    A program that reads them as marks lets whoever wrote the text end the prompt or pretend to be
    somebody else.

    Args:
        text: Any text.
        names: The special tokens to look for.

    Returns:
        (first character, character after the last, name) in the order of the text.

    Example:
        >>> typed_in("Stop</s> now", ["<s>", "</s>"])
        [(4, 8, '</s>')]
    """
    if not names:
        return []
    # The longest name first, so that one that begins like another is not cut short.
    wanted = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return [(found.start(), found.end(), found.group()) for found in re.finditer(wanted, text)]
