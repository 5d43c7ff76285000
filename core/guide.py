"""The learning guide as data: six parts, their questions, sources and "aha" sentences.

Nothing here computes. The home page draws it, the menu takes its titles from it, the labs quote it.
Texts are short markdown. Which labs exist is not written here but in the registry of labs; a
``lab`` below is the address a lab has once it exists.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Something to read, watch or try outside this app."""

    title: str
    author: str
    url: str
    what: str
    """What one gets from it, in a few words."""

    minutes: int | None = None
    """Time it takes; None where the guide gives none, as for a playground."""


@dataclass(frozen=True)
class Aha:
    """A sentence one should be able to say, and believe, after a part."""

    sentence: str
    because: str


@dataclass(frozen=True)
class Part:
    """One of the six parts of the guide."""

    number: int
    """1 to 6, in reading order."""

    title: str
    """Short name, as in the menu."""

    heading: str
    """The guide's own name for it."""

    icon: str
    why: str
    """What this part is for, one or two sentences."""

    questions: tuple[str, ...]
    """What to be able to answer afterwards."""

    sources: tuple[Source, ...]
    aha: Aha


@dataclass(frozen=True)
class Week:
    """One week of the hands-on path."""

    number: int
    title: str
    part: int
    """The part it practises, 1 to 6."""

    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """One line of the checklist."""

    key: str
    """Short name, stable: it stands in the address bar."""

    text: str
    part: int
    """The part of the guide it belongs to, 1 to 6."""

    lab: str | None = None
    """Address of the lab where it can be done, whether or not that lab exists yet."""

    source: Source | None = None
    """The outside source it is done with."""


@dataclass(frozen=True)
class Milestone:
    """One step of the order in which things are best understood."""

    when: str
    understand: str
    through: str


_THREE_BLUE = Source(
    title="Neural networks, the series",
    author="3Blue1Brown",
    url="https://www.3blue1brown.com/topics/neural-networks",
    what="Visual and intuitive; begins with “But what is a neural network?”. Watch all 4 videos.",
    minutes=60,
)
_FAST_AI = Source(
    title="Practical Deep Learning, lesson 1",
    author="fast.ai",
    url="https://course.fast.ai",
    what="The basics; lesson 1 is enough.",
    minutes=120,
)
_ILLUSTRATED_TRANSFORMER = Source(
    title="The Illustrated Transformer",
    author="Jay Alammar",
    url="https://jalammar.github.io/illustrated-transformer/",
    what="The best visual explanation there is.",
    minutes=30,
)
_ATTENTION_VIDEO = Source(
    title="Attention Is All You Need, explained",
    author="Yannic Kilcher",
    url="https://www.youtube.com/watch?v=iDulhoQ2pro",
    what="The paper that started it, read aloud and explained (video).",
    minutes=60,
)
_ILLUSTRATED_GPT2 = Source(
    title="The Illustrated GPT-2",
    author="Jay Alammar",
    url="https://jalammar.github.io/illustrated-gpt2/",
    what="GPT, GPT-2 and GPT-3: how transformers become language models.",
    minutes=45,
)
_LETS_BUILD_GPT = Source(
    title="Let's build GPT",
    author="Andrej Karpathy",
    url="https://www.youtube.com/watch?v=kCc8FmEb1nY",
    what="A tiny GPT, written from scratch in front of you (video); worth every minute.",
    minutes=120,
)
_HF_TOKENIZATION = Source(
    title="Tokenization tutorial",
    author="Hugging Face",
    url="https://huggingface.co/learn/nlp-course/chapter2/4",
    what="Interactive, with code examples.",
    minutes=30,
)
_TIKTOKENIZER = Source(
    title="Visual guide to tokenization",
    author="Tiktokenizer",
    url="https://tiktokenizer.vercel.app",
    what="Play with different tokenizers and see how a text gets broken down.",
)
_QUANTIZATION = Source(
    title="Introduction to quantization",
    author="Hugging Face",
    url="https://huggingface.co/blog/merve/quantization",
    what="Quantization explained gently: why 4 bits can stand in for 16.",
    minutes=20,
)
_GGML = Source(
    title="GGUF and GGML explained",
    author="ggml on GitHub",
    url="https://github.com/ggml-org/ggml",
    what="The library and file format behind llama.cpp.",
    minutes=30,
)

PARTS = (
    Part(
        number=1,
        title="Math",
        heading="Math",
        icon=":material/function:",
        why="Three tools carry everything that follows: slopes, matrices, and walking downhill.",
        questions=("Basic calculus", "Linear algebra", "Gradient descent"),
        sources=(),
        aha=Aha(
            # The guide has none for this part; the sentence is ours.
            sentence="Learning is walking downhill",
            because="The gradient points up the slope; training takes small steps the other way.",
        ),
    ),
    Part(
        number=2,
        title="Networks",
        heading="Neural network basics",
        icon=":material/hub:",
        why="Know what a neural network actually is before you meet transformers.",
        questions=(
            "What are weights and biases?",
            "What is a forward pass?",
            "How does backpropagation work?",
            "What is a loss function?",
        ),
        sources=(_THREE_BLUE, _FAST_AI),
        aha=Aha(
            sentence="Oh, it's just matrix multiplication",
            because="Neural networks are mostly matrix math.",
        ),
    ),
    Part(
        number=3,
        title="Transformers",
        heading="From RNNs to transformers",
        icon=":material/visibility:",
        why="Understand why transformers were a revolution.",
        questions=(
            "Why RNNs were limited: they read one word after another",
            "What “attention” means: looking at all words at once",
            "Self-attention, the mechanism",
            "Positional encoding",
        ),
        sources=(_ILLUSTRATED_TRANSFORMER, _ATTENTION_VIDEO),
        aha=Aha(
            sentence="Attention is just comparing all words to each other",
            because="Not magic: dot products.",
        ),
    ),
    Part(
        number=4,
        title="LLMs",
        heading="Understanding LLMs specifically",
        icon=":material/forum:",
        why="See how a transformer becomes something that writes.",
        questions=(
            "Decoder-only architecture",
            "Next token prediction",
            "How training on “predict the next word” leads to intelligence",
            "Temperature and sampling strategies",
        ),
        sources=(_ILLUSTRATED_GPT2, _LETS_BUILD_GPT),
        aha=Aha(
            sentence="The model doesn't “understand”, it predicts",
            because="It is pattern matching at scale.",
        ),
    ),
    Part(
        number=5,
        title="Tokenization",
        heading="Tokenization deep dive",
        icon=":material/content_cut:",
        why="A model never sees letters. See what it reads instead.",
        questions=(
            "Byte-pair encoding (BPE)",
            "Why “strawberry” might be 3 tokens",
            "Special tokens: `<EOS>`, `<PAD>` and others",
            "Vocabulary size and its trade-offs",
        ),
        sources=(_HF_TOKENIZATION, _TIKTOKENIZER),
        aha=Aha(sentence="Tokens aren't words", because="They are pieces of words."),
    ),
    Part(
        number=6,
        title="Quantization",
        heading="Quantization and optimization",
        icon=":material/compress:",
        why="Make a model four times smaller, and find out what it costs.",
        questions=("Why 4 bits can stand in for 16", "What GGUF and GGML are"),
        sources=(_QUANTIZATION, _GGML),
        aha=Aha(
            sentence="Quantization is just rounding",
            because="15.234 becomes 15, and that saves memory.",
        ),
    ),
)
"""The guide, in reading order."""

BOOKS = (
    Source(
        title="The Little Book of Deep Learning",
        author="François Fleuret",
        url="https://fleuret.org/public/lbdl.pdf",
        what="Free PDF, only 100 pages.",
    ),
    Source(
        title="Understanding Deep Learning",
        author="Simon Prince",
        url="https://udlbook.github.io/udlbook/",
        what="Free, modern, comprehensive.",
    ),
)
"""For depth."""

WEEKS = (
    Week(
        number=1,
        title="Neural network basics",
        part=2,
        tasks=(
            "Build a tiny network from scratch, with NumPy and no other library.",
            "Make its 2 layers learn XOR: you meet weights, the forward pass and backpropagation.",
        ),
    ),
    Week(
        number=2,
        title="Play with small models",
        part=4,
        tasks=(
            "Load GPT-2 small and print it: that is the architecture.",
            "Count its parameters.",
            "Look at actual weights, such as the attention matrix of the first layer.",
        ),
    ),
    Week(
        number=3,
        title="Attention visualization",
        part=3,
        tasks=("See which words a model pays attention to: it makes the idea concrete.",),
    ),
    Week(
        number=4,
        title="Build your own tokenizer",
        part=5,
        tasks=(
            "Turn “Hello world” into its bytes.",
            "Build a vocabulary of word pieces from a text.",
        ),
    ),
)
"""The hands-on path, a week at a time."""

EXPERIMENT_TEXT = "The quick brown fox jumps over the lazy dog 🦊"
"""The sentence of the quick experiment: send it through the tokenizers of GPT-2, BERT and Llama."""

CHECKLIST = (
    Task("networks", "Watch the 3Blue1Brown neural network series", part=2, source=_THREE_BLUE),
    Task(
        "transformer",
        "Read “The Illustrated Transformer”",
        part=3,
        source=_ILLUSTRATED_TRANSFORMER,
    ),
    Task("tokens", "Run the tokenization experiment", part=5, lab="tokenizer_compare"),
    Task(
        "karpathy",
        "Watch the first 30 minutes of “Let's build GPT”",
        part=4,
        source=_LETS_BUILD_GPT,
    ),
    Task("numpy", "Build a simple neural network in NumPy", part=2, lab="xor_trainer"),
    Task("gpt2", "Read “The Illustrated GPT-2”", part=4, source=_ILLUSTRATED_GPT2),
    Task("attention", "Visualize attention with BertViz", part=3, lab="attention_viewer"),
    Task("quantize", "Try quantizing a model yourself", part=6, lab="quantization_lab"),
    Task("bpe", "Implement byte-pair encoding", part=5, lab="tokenizer_builder"),
    Task("finetune", "Fine-tune a tiny model", part=4, lab="fine_tuning"),
)
"""The ten things to have done, in the guide's order."""

ORDER = (
    Milestone("First", "what neural networks do", "they turn inputs into outputs"),
    Milestone(
        "Then",
        "how transformers improved on RNNs",
        "attention looks at everything in parallel",
    ),
    Milestone("Then", "how GPT uses transformers", "it predicts the next token"),
    Milestone("Finally", "the optimizations", "quantization and fine-tuning"),
)
"""The most important thing of the guide: the order."""

ADVICE = "Don't try to understand everything at once."
"""What the guide says before it gives the order."""

START_WITH = (_THREE_BLUE, _ILLUSTRATED_TRANSFORMER, _ILLUSTRATED_GPT2)
"""3Blue1Brown and Jay Alammar: alone, the guide says, 80 % of what one needs to know."""


def part(number: int) -> Part:
    """Return a part of the guide.

    Args:
        number: 1 to 6.

    Raises:
        ValueError: If the guide has no such part.

    Example:
        >>> part(5).title
        'Tokenization'
    """
    for each in PARTS:
        if each.number == number:
            return each
    raise ValueError(f"The guide has parts 1 to {len(PARTS)}, not {number}.")


def minutes(of: Part) -> int:
    """Return how long the outside sources of a part take together, in minutes.

    Example:
        >>> minutes(part(2))
        180
    """
    return sum(source.minutes or 0 for source in of.sources)
