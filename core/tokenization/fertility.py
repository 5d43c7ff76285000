"""What your language costs: the same sentence, how many tokens, in every tokenizer."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.tokenization import sample_texts, tokenizer_sources


@dataclass(frozen=True)
class Fertility:
    """How many tokens one text takes in one tokenizer."""

    tokenizer: str
    text: str
    """The title of the text."""
    n_tokens: int
    n_chars: int
    n_bytes: int
    reference_tokens: int
    """Tokens of the first text, the one the others are measured by."""
    n_unknown: int
    """Tokens that say nothing but "unknown": a low count with these is no bargain."""

    @property
    def relative_cost(self) -> float:
        """Tokens over those of the first text: 2 means twice the price for the same content."""
        return self.n_tokens / self.reference_tokens

    @property
    def tokens_per_char(self) -> float:
        """Tokens per character."""
        return self.n_tokens / self.n_chars


def fertility(
    tokenizers: Iterable[tokenizer_sources.Tokenizer],
    texts: Iterable[sample_texts.SampleText] = sample_texts.TRANSLATIONS,
) -> list[Fertility]:
    """Count the tokens of each text in each tokenizer.

    Languages are compared by what one content costs, not by tokens per word: Chinese, Japanese and
    Thai put no spaces between words.

    Args:
        tokenizers: The tokenizers.
        texts: Texts of the same content; the first is what the others are measured by.

    Returns:
        A record per tokenizer and text.

    Raises:
        ValueError: If there is no text, or one is empty.

    Source:
        Petrov et al. 2023, "Language model tokenizers introduce unfairness between languages".
    """
    texts = list(texts)
    if not texts or any(not sample.text for sample in texts):
        raise ValueError("Each text must have at least one character, and there must be a text.")

    records = []
    for tokenizer in tokenizers:
        encoded = [tokenizer.encode(sample.text).token_ids for sample in texts]
        unknown = {
            number
            for name, number in tokenizer.special_tokens.items()
            if name.strip("[]<>|").lower() in ("unk", "unknown")
        }
        records += [
            Fertility(
                tokenizer=tokenizer.title,
                text=sample.title,
                n_tokens=token_ids.size,
                n_chars=len(sample.text),
                n_bytes=len(sample.text.encode()),
                reference_tokens=encoded[0].size,
                n_unknown=sum(1 for number in token_ids.tolist() if number in unknown),
            )
            for sample, token_ids in zip(texts, encoded, strict=True)
        ]
    return records
