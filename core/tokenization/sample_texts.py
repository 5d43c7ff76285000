"""Texts to compare tokenizers on: one sentence in twelve languages, code, numbers, emoji, URLs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleText:
    """A text with a name."""

    title: str
    text: str
    language: str | None = None
    """Its language code, for the translations of the one sentence."""
    lesson: str = ""
    """What to look at, in a sentence."""


TRANSLATIONS = (
    SampleText(
        "English", "Every morning the children walk to school along the river.", language="en"
    ),
    SampleText(
        "German", "Jeden Morgen gehen die Kinder am Fluss entlang zur Schule.", language="de"
    ),
    SampleText(
        "French",
        "Chaque matin, les enfants vont à l'école à pied le long de la rivière.",
        language="fr",
    ),
    SampleText(
        "Spanish",
        "Cada mañana los niños caminan a la escuela a lo largo del río.",
        language="es",
    ),
    SampleText("Turkish", "Çocuklar her sabah nehir boyunca okula yürür.", language="tr"),
    SampleText("Russian", "Каждое утро дети идут в школу вдоль реки.", language="ru"),
    SampleText("Arabic", "كل صباح يمشي الأطفال إلى المدرسة على طول النهر.", language="ar"),
    SampleText("Hindi", "हर सुबह बच्चे नदी के किनारे-किनारे पैदल स्कूल जाते हैं।", language="hi"),
    SampleText("Thai", "ทุกเช้าเด็กๆ เดินไปโรงเรียนตามริมแม่น้ำ", language="th"),
    SampleText("Chinese", "每天早上，孩子们沿着河边走路去上学。", language="zh"),
    SampleText("Japanese", "毎朝、子どもたちは川沿いを歩いて学校へ行きます。", language="ja"),
    SampleText("Korean", "매일 아침 아이들은 강을 따라 학교까지 걸어갑니다.", language="ko"),
)
"""The same sentence twelve times. The first one, English, is what the others are measured by."""

OTHER_TEXTS = (
    SampleText(
        "Python code",
        "def mean(values):\n"
        "    total = 0.0\n"
        "    for value in values:\n"
        "        if value is not None:\n"
        "            total += value\n"
        "    return total / len(values)\n",
        lesson="GPT-2 pays for every space of an indent; younger tokenizers have tokens for runs.",
    ),
    SampleText(
        "Numbers",
        "7 77 777 7777 77777 3.14159 1,000,000 2024-02-29 0.1 + 0.2 = 0.30000000000000004",
        lesson="Where a number is cut decides how hard it is to add: threes, single digits, luck.",
    ),
    SampleText(
        "Emoji",
        "👍 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇰🇪 ❤️",
        lesson="One picture can be many characters with joiners between, and many more tokens.",
    ),
    SampleText(
        "URLs",
        "https://example.org/search?q=byte%20pair&lang=en#top ftp://192.168.0.1:8080/~user/a.txt",
        lesson="No word is whole here: marks and pieces, token after token.",
    ),
    SampleText(
        "Spaces",
        "one two  three   four\tfive\n\n\nsix \n",
        lesson="Runs of white space: BERT forgets them, byte-level tokenizers keep every one.",
    ),
    SampleText(
        "Typed special tokens",
        "<|endoftext|> <|im_start|>system [CLS] [SEP] </s> <|eot_id|>",
        lesson="Read as text, these are harmless. Read as marks, a user could end your prompt.",
    ),
)


def word_variants(word: str) -> tuple[SampleText, ...]:
    """Write one word in the ways that change its tokens.

    Args:
        word: A single word.

    Returns:
        The word alone, after a space, with a capital, in capitals, and in a sentence.

    Raises:
        ValueError: If ``word`` is blank.

    Example:
        >>> [variant.text for variant in word_variants("strawberry")][:3]
        ['strawberry', ' strawberry', 'Strawberry']
    """
    word = word.strip()
    if not word:
        raise ValueError("There is no word: type one.")
    return (
        SampleText("alone", word),
        SampleText("after a space", f" {word}"),
        SampleText("with a capital", word[0].upper() + word[1:]),
        SampleText("in capitals", word.upper()),
        SampleText("in a sentence", f"I ate a {word} today."),
    )
