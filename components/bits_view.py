"""One number in five formats, bit by bit: flip a bit and see what the number becomes."""

from pathlib import Path

import streamlit as st

from components.charts import palette
from core.quantization import number_formats

_FOLDER = Path(__file__).parent

_BITS_VIEW = st.components.v2.component(
    "llm_labs_bits_view",
    html='<div class="formats"></div>',
    css=(_FOLDER / "bits_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "bits_view.js").read_text(encoding="utf-8"),
)


def bits_view(value: float, *, key: str) -> None:
    """Draw the bits of a number in every format.

    Args:
        value: The number.
        key: Widget key, unique in the app.
    """
    _BITS_VIEW(
        key=key,
        data={
            "value": value,
            "formats": [
                {
                    "title": one.title,
                    "exponentBits": one.exponent_bits,
                    "fractionBits": one.fraction_bits,
                    "bias": one.bias,
                    "largestCode": one.largest_code,
                    "hasInfinity": one.has_infinity,
                    "code": number_formats.take_apart(value, one).code,
                }
                for one in number_formats.FORMATS.values()
            ],
            "colours": {
                "sign": palette.NEGATIVE,
                "exponent": palette.MARKED,
                "fraction": palette.AFTER,
            },
        },
        height="content",
    )
