"""The registry of labs: the home page, the navigation and the tests read it."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Lab:
    """One lab of the app."""

    part: int
    """The part of the guide it belongs to, 1 to 6."""

    title: str
    """Short name, as in the menu."""

    icon: str
    """A ``:material/…:`` icon."""

    question: str
    """The question the lab answers, one sentence."""

    page: str
    """Page file, relative to the top folder."""

    needs_model: bool = False
    """Whether the lab loads a pretrained model."""

    @property
    def url_path(self) -> str:
        """The page's address: the name of its file."""
        return PurePosixPath(self.page).stem


LABS = (
    Lab(
        part=1,
        title="Gradient descent",
        icon=":material/downhill_skiing:",
        question="How does a machine find the bottom, and why does it get stuck?",
        page="pages/foundations/gradient_descent.py",
    ),
    Lab(
        part=1,
        title="Calculus",
        icon=":material/show_chart:",
        question="What does a slope know, and how does a machine find it?",
        page="pages/foundations/calculus.py",
    ),
    Lab(
        part=1,
        title="Linear algebra",
        icon=":material/grid_on:",
        question="What does a matrix do, and why is a network made of them?",
        page="pages/foundations/linear_algebra.py",
    ),
    Lab(
        part=2,
        title="Neural network",
        icon=":material/hub:",
        question="How does a network learn what no straight line can separate?",
        page="pages/networks/xor_trainer.py",
    ),
    Lab(
        part=3,
        title="Self-attention",
        icon=":material/compare_arrows:",
        question="What happens when every word looks at every other?",
        page="pages/sequences/self_attention.py",
        needs_model=True,
    ),
    Lab(
        part=3,
        title="Attention viewer",
        icon=":material/visibility:",
        question="Which words does the model look at, and does it matter?",
        page="pages/sequences/attention_viewer.py",
        needs_model=True,
    ),
    Lab(
        part=4,
        title="Next token",
        icon=":material/casino:",
        question="What does a language model say next, and who decides?",
        page="pages/language_models/sampling.py",
        needs_model=True,
    ),
    Lab(
        part=5,
        title="Tokenizers side by side",
        icon=":material/view_stream:",
        question="What does a language model see instead of your text?",
        page="pages/tokenization/tokenizer_compare.py",
    ),
    Lab(
        part=5,
        title="Build a tokenizer",
        icon=":material/construction:",
        question="How does a tokenizer learn its pieces from nothing but bytes?",
        page="pages/tokenization/tokenizer_builder.py",
    ),
    Lab(
        part=6,
        title="Quantization",
        icon=":material/compress:",
        question="Is quantization just rounding, and what is lost with the bits?",
        page="pages/quantization/quantization_lab.py",
    ),
    Lab(
        part=6,
        title="GGUF by hand",
        icon=":material/data_array:",
        question="What is in a model file, byte by byte?",
        page="pages/quantization/gguf_explorer.py",
    ),
)
"""All labs that exist, in the order of the guide."""


def find(url_path: str) -> Lab:
    """Return the lab at an address.

    Args:
        url_path: The lab's address, such as ``"sampling"``.

    Raises:
        KeyError: If no lab has that address.
    """
    for lab in LABS:
        if lab.url_path == url_path:
            return lab
    raise KeyError(f"No lab has the address {url_path!r}.")


def neighbours(lab: Lab) -> tuple[Lab | None, Lab | None]:
    """Return the labs before and after one, in the order of the guide."""
    place = LABS.index(lab)
    before = LABS[place - 1] if place > 0 else None
    after = LABS[place + 1] if place + 1 < len(LABS) else None
    return before, after
