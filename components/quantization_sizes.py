"""Step 6 of the quantization lab: how much memory any known model takes in any scheme."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from components import cached, controls, layout, quantization_scheme
from components.charts import quantization_sizes as charts
from core.quantization import known_models, schemes, size_scripts, sizes
from core.quantization.known_models import KNOWN_MODELS, ModelShape
from core.quantization.schemes import Scheme
from core.quantization.sizes import Footprint

SHOWN = (
    "fp16",
    "q8_0",
    "q6_k",
    "q5_1",
    "q5_0",
    "q4_k",
    "q4_0",
    "mxfp4",
    "nf4_double",
    "int3_zeropoint_block",
    "int2_zeropoint_block",
    "ternary",
)
"""Schemes in the pictures, from large to small."""

_SHOWN_FOR_ALL = ("fp16", "q8_0", "q6_k", "q4_k", "int3_zeropoint_block", "int2_zeropoint_block")
"""A phone has room for six columns."""

_CACHES = {"fp16": "16 bits", "q8_0": "8 bits", "q4_0": "4 bits"}
CODE = (sizes.footprint, sizes.cache_bytes, known_models.ModelShape.matrices)


@dataclass(frozen=True, eq=False)
class Sizes:
    """One model in one scheme, with the length of text to keep."""

    name: str
    shape: ModelShape
    scheme: Scheme
    n_tokens: int
    cache: str
    keep_ends: bool
    bandwidth_gb_s: float
    counted: Footprint

    def in_scheme(self, scheme: str) -> Footprint:
        """Count the same model in another scheme."""
        return sizes.footprint(
            self.shape, scheme, n_tokens=self.n_tokens, cache=self.cache, keep_ends=self.keep_ends
        )


def _key(name: str) -> str:
    return f"quantization_lab_{name}"


def read_sizes() -> Sizes:
    """Ask for a model, a scheme and a length of text, and count."""
    with st.sidebar:
        name = st.selectbox(
            "Model",
            list(KNOWN_MODELS),
            index=list(KNOWN_MODELS).index("llama-3.1-8b"),
            format_func=lambda one: KNOWN_MODELS[one].title,
            key=_key("size_model"),
            help="Published shapes. Nothing is loaded.",
            bind="query-params",
        )
        scheme = quantization_scheme.scheme_control(default="q4_k", key=_key("size_scheme"))
        n_tokens = st.select_slider(
            "Text so far (tokens)",
            [0, *(2**power for power in range(8, 18))],
            value=4_096,
            format_func=lambda n: f"{n:,}",
            key=_key("size_tokens"),
            help="For each token, every layer keeps a key and a value.",
            bind="query-params",
        )
        cache = controls.choice(
            "Keys and values in",
            sizes.CACHE_SCHEMES,
            key=_key("size_cache"),
            format_func=_CACHES.get,
            help="They can be quantized too: 8 bits is Q8_0, 4 bits is Q4_0.",
        )
        keep_ends = controls.switch(
            "Embedding and head in 16 bits",
            key=_key("size_ends"),
            help="bitsandbytes and GPTQ leave them; a GGUF file stores them in few bits too.",
        )
        bandwidth = controls.number_slider(
            "Memory speed (GB/s)",
            20.0,
            3_400.0,
            100.0,
            step=10.0,
            key=_key("size_speed"),
            help="About 100 for a laptop, 400 for its best, 1,000 for a large graphics card, 3,350 "
            "for an H100.",
            format="%g",
        )
    shape = KNOWN_MODELS[name]
    n_tokens = min(n_tokens, shape.context)
    counted = sizes.footprint(shape, scheme, n_tokens=n_tokens, cache=cache, keep_ends=keep_ends)
    return Sizes(name, shape, scheme, n_tokens, cache, keep_ends, bandwidth, counted)


def show_sizes(chosen: Sizes) -> None:
    """Show what it takes, where it fits, and the picture."""
    counted, shape = chosen.counted, chosen.shape
    shown = st.container(horizontal=True)
    shown.metric("Weights", _gb(counted.weights_bytes), help=f"{counted.n_parameters:,} weights.")
    shown.metric("Keys and values", _gb(counted.cache_bytes), help=_cache_help(chosen))
    shown.metric("Together", _gb(counted.total_bytes))
    shown.metric(
        "Bits per weight",
        f"{counted.bits_per_weight:.3f}",
        help="Exact: scales, and what stays in 16 bits.",
    )
    shown.metric(
        "Writes at most",
        f"{counted.tokens_per_second(chosen.bandwidth_gb_s):.3g} tokens/s",
        help=f"Each token reads {_gb(counted.read_bytes)} once. Nothing is faster than the memory.",
    )
    _cards(chosen)
    picture = controls.choice("Picture", ("This model", "All models"), key=_key("size_picture"))
    if picture == "This model":
        _one_model(chosen)
    else:
        _all_models(chosen)
    if chosen.n_tokens == shape.context:
        st.caption(f"{shape.title} was made for texts of up to {shape.context:,} tokens.")


def _cards(chosen: Sizes) -> None:
    """Say for each memory whether it fits, and how long the text may become."""
    shown = st.container(horizontal=True)
    for card in sizes.CARDS_GB:
        longest = sizes.longest_text(chosen.shape, chosen.counted, card, cache=chosen.cache)
        if chosen.counted.fits(card):
            mark, said = ":green-badge[:material/check: fits]", f"room for {longest:,} tokens"
        elif longest:
            mark, said = ":orange-badge[:material/content_cut: too long]", f"{longest:,} would fit"
        else:
            mark, said = ":red-badge[:material/close: does not fit]", "the weights alone are larger"
        shown.markdown(f"**{card} GB** {mark}  \n{said}")


def _one_model(chosen: Sizes) -> None:
    names = list(SHOWN)
    if chosen.scheme.name not in names:
        names.append(chosen.scheme.name)
    counted = [
        chosen.counted if name == chosen.scheme.name else chosen.in_scheme(name) for name in names
    ]
    layout.draw(
        charts.one_model(
            [schemes.SCHEMES[name].title for name in names],
            counted,
            chosen=names.index(chosen.scheme.name),
        ),
        alt=f"Memory of {chosen.shape.title} in {len(names)} schemes, with 4, 8, 16 and 24 GB",
        key=_key("size_one"),
    )
    st.caption(
        f"With {chosen.n_tokens:,} tokens of text. Dashed: memories of 4, 8, 16 and 24 GB (2³⁰ "
        "bytes each). It fits if a tenth stays free for what is being computed."
    )


def _all_models(chosen: Sizes) -> None:
    counted = cached.footprints(_SHOWN_FOR_ALL, chosen.n_tokens, chosen.cache, chosen.keep_ends)
    names = list(KNOWN_MODELS)
    layout.draw(
        charts.all_models(
            [KNOWN_MODELS[name].title for name in names],
            [schemes.SCHEMES[name].title.split(" ")[0] for name in _SHOWN_FOR_ALL],
            _by_place(counted, names),
        ),
        alt="Memory in GB of every model in six schemes, coloured by the smallest card it fits in",
        key=_key("size_all"),
    )
    st.caption(
        f"Memory in GB with {chosen.n_tokens:,} tokens of text, or what the model was made for if "
        "that is less. int3 and int2 have a zero point for each 64 weights."
    )


def _by_place(counted: Mapping, names: list[str]) -> dict[tuple[int, int], Footprint]:
    return {
        (i, j): counted[name, scheme]
        for i, name in enumerate(names)
        for j, scheme in enumerate(_SHOWN_FOR_ALL)
    }


def _gb(n_bytes: float) -> str:
    size = n_bytes / sizes.GIB
    return f"{size:.3g} GB" if size >= 1 else f"{n_bytes / 2**20:.3g} MB"


def _cache_help(chosen: Sizes) -> str:
    shape = chosen.shape
    windowed = (
        f" {shape.n_windowed} layers keep only the last {shape.window:,} tokens."
        if shape.n_windowed
        else ""
    )
    return (
        f"2 · {shape.n_layer} layers · {shape.n_kv_head} key/value heads · {shape.head_size} "
        f"numbers for each of {chosen.n_tokens:,} tokens.{windowed}"
    )


def script(chosen: Sizes) -> str:
    """Write the program that counts this memory."""
    return size_scripts.size_script(
        chosen.shape,
        chosen.scheme,
        n_tokens=chosen.n_tokens,
        cache=chosen.cache,
        keep_ends=chosen.keep_ends,
    )


def earned(chosen: Sizes) -> str:
    """Say with the sizes on screen what the bits buy."""
    full = chosen.in_scheme("fp16")
    card, before = sizes.smallest_card(chosen.counted), sizes.smallest_card(full)
    here = f"fits in {card} GB" if card else "fits in none of the four"
    there = f"needs {before} GB" if before else "fits in none of the four"
    return (
        f"{chosen.shape.title} takes {_gb(full.total_bytes)} in 16 bits and {there}. In "
        f"{chosen.scheme.title} it takes {_gb(chosen.counted.total_bytes)} and {here}."
    )
