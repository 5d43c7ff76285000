"""The schemes by name, with what each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from core.quantization import blocks, k_quants

Granularity = Literal["tensor", "channel", "block"]
Method = Literal["nearest", "error_feedback", "activation_aware"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "float": "Shorter floats",
        "uniform": "Evenly spaced integers",
        "gguf": "GGUF blocks",
        "codebook": "Code books",
        "calibrated": "Calibrated on real inputs",
        "ternary": "Ternary",
    }
)
"""Kinds of schemes, in the order of a menu: key → title."""


@dataclass(frozen=True)
class Scheme:
    """One way to store weights. Change a knob with ``dataclasses.replace``."""

    name: str
    """Key in SCHEMES, such as "int4_absmax_block"."""

    title: str
    """Short name for a person, such as "int4, absmax, per block"."""

    family: str
    """Key in FAMILIES."""

    bits: float
    """Bits of one stored integer, without scales (nominal)."""

    granularity: Granularity = "block"
    """Which weights share a scale: all, one row, or ``block_size`` neighbours."""

    block_size: int = 0
    """Neighbours that share a scale; 0 unless the granularity is "block"."""

    symmetric: bool = True
    """Uniform schemes: absmax (True) or zero point (False)."""

    double_quant: bool = False
    """Code books: whether the scales are quantized too."""

    method: Method = "nearest"
    scale_bits: int = 16
    """Bits of one stored scale (uniform schemes; the scale is rounded to that float)."""

    knobs: tuple[str, ...] = ()
    """Fields that a person may change with ``dataclasses.replace``."""

    summary: str = ""
    """One sentence on the idea."""

    @property
    def needs_inputs(self) -> bool:
        """Whether ``quantize`` needs example inputs of the layer."""
        return self.method != "nearest"


def gguf_format(name: str) -> blocks.BlockFormat:
    """Return the layout of a GGUF format.

    Raises:
        KeyError: If no format has that name.
    """
    return (k_quants.FORMATS if name in k_quants.FORMATS else blocks.FORMATS)[name]


def _float(name: str, bits: int, title: str, summary: str) -> Scheme:
    return Scheme(
        name,
        title,
        "float",
        bits,
        granularity="tensor",
        scale_bits=32 if bits == 8 else 0,
        summary=summary,
    )


def _uniform(bits: int, granularity: Granularity, symmetric: bool) -> Scheme:
    rule = "absmax" if symmetric else "zero point"
    shared = {"tensor": "the whole matrix", "channel": "each row", "block": "each block"}
    return Scheme(
        name=f"int{bits}_{rule.replace(' ', '')}_{granularity}",
        title=f"int{bits} {rule}, per {granularity}",
        family="uniform",
        bits=bits,
        granularity=granularity,
        block_size=64 if granularity == "block" else 0,
        symmetric=symmetric,
        scale_bits=16 if granularity == "block" else 32,
        knobs=("block_size",) if granularity == "block" else (),
        summary=(
            f"{2**bits - symmetric} evenly spaced levels from "
            f"{'−absmax to +absmax' if symmetric else 'the smallest weight to the largest'} of "
            f"{shared[granularity]}."
        ),
    )


def _calibrated(bits: int, method: Method) -> Scheme:
    feeds_back = method == "error_feedback"
    return Scheme(
        name=f"int{bits}_{'feedback' if feeds_back else 'aware'}",
        title=f"int{bits} {'error feedback' if feeds_back else 'activation-aware'}",
        family="calibrated",
        bits=bits,
        block_size=64,
        symmetric=False,
        method=method,
        knobs=("block_size",),
        summary=(
            "Zero-point blocks; each column's error is made up for by the next ones (GPTQ)."
            if feeds_back
            else "Zero-point blocks; columns with large inputs are rounded more finely (AWQ)."
        ),
    )


def _gguf(name: str, bits: float, summary: str) -> Scheme:
    title = name.upper()
    return Scheme(
        name, title, "gguf", bits, block_size=gguf_format(name).n_weights, summary=summary
    )


def _book(name: str, title: str, bits: int, block_size: int, summary: str) -> Scheme:
    return Scheme(
        name,
        title,
        "codebook",
        bits,
        block_size=block_size,
        double_quant=name.endswith("_double"),
        scale_bits=32,
        knobs=("block_size",),
        summary=summary,
    )


_DOUBLE = "The same, with the scales stored in 8 bits too (double quantization)."

SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in [
            _float("fp16", 16, "fp16", "5 bits of exponent, 10 of fraction."),
            _float("bf16", 16, "bf16", "8 bits of exponent, 7 of fraction: half an fp32."),
            _float("fp8_e4m3", 8, "fp8 e4m3, scaled", "4 bits of exponent, 3 of fraction."),
            _float("fp8_e5m2", 8, "fp8 e5m2, scaled", "5 bits of exponent, 2 of fraction."),
            *[
                _uniform(bits, granularity, symmetric)
                for bits in (8, 4, 3, 2)
                for symmetric in (True, False)
                for granularity in ("tensor", "channel", "block")
            ],
            _gguf("q8_0", 8, "32 weights share a scale: absmax in 8 bits."),
            _gguf("q6_k", 6, "256 weights share a scale, 16 of them an 8-bit part of it."),
            _gguf("q5_1", 5, "32 weights share a scale and a minimum."),
            _gguf("q5_0", 5, "32 weights share a scale; the largest one is met exactly."),
            _gguf("q4_k", 4, "256 weights share two scales, 32 of them 6-bit parts of both."),
            _gguf("q4_1", 4, "32 weights share a scale and a minimum."),
            _gguf("q4_0", 4, "32 weights share a scale; the largest one is met exactly."),
            _gguf("mxfp4", 4, "4-bit floats; 32 of them share a power of two."),
            _book("nf4", "NF4", 4, 64, "16 levels placed for a bell curve of weights."),
            _book("nf4_double", "NF4, double", 4, 64, _DOUBLE),
            _book(
                "fp4", "FP4", 4, 64, "A 4-bit float: sign, two bits of exponent, one of fraction."
            ),
            _book("fp4_double", "FP4, double", 4, 64, _DOUBLE),
            _book("dynamic8", "8 bits, dynamic", 8, 256, "256 levels over seven powers of ten."),
            *[_calibrated(bits, "error_feedback") for bits in (4, 3, 2)],
            *[_calibrated(bits, "activation_aware") for bits in (4, 3, 2)],
            Scheme(
                "ternary",
                "Ternary",
                "ternary",
                1.6,
                granularity="tensor",
                scale_bits=32,
                summary="−1, 0 or +1 times the mean magnitude of the matrix.",
            ),
        ]
    }
)
"""Every scheme by name, in the order of a menu."""
