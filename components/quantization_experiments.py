"""The guided experiments of the quantization lab; answers are read off the computed result."""

from bisect import bisect
from typing import TYPE_CHECKING

from components import quantization_run_experiments
from components.experiments import Experiment, Revelation
from core.quantization import number_formats, rows, sizes

if TYPE_CHECKING:
    from components.quantization_matrix import Matrix
    from components.quantization_numbers import Numbers
    from components.quantization_sizes import Sizes

_VIEW = "quantization_lab_view"
_OUTLIER_LAYER = "encoder.layer.0.output.dense"
_CALM_LAYER = "encoder.layer.1.attention.self.value"


def _numbers(row: str, *, grid: str, bits: int, clip: bool = False, place: int = 1) -> dict:
    return {
        _VIEW: "One number",
        "quantization_lab_row": row,
        "quantization_lab_grid": grid,
        "quantization_lab_bits": bits,
        "quantization_lab_clip": clip,
        "quantization_lab_place": place,
    }


def _matrix(scheme: str, *, layer: str = _OUTLIER_LAYER, how: str = "keep", **more: object) -> dict:
    return {
        _VIEW: "A real matrix",
        "quantization_lab_matrix_model": "all-minilm-l6-v2",
        "quantization_lab_matrix": layer,
        "quantization_lab_scheme": scheme,
        "quantization_lab_matrix_row": None,
        "quantization_lab_matrix_col": None,
        "quantization_lab_edit": how,
        **more,
    }


def _size(model: str, scheme: str, *, n_tokens: int, ends: bool = False) -> dict:
    return {
        _VIEW: "How big",
        "quantization_lab_size_model": model,
        "quantization_lab_size_scheme": scheme,
        "quantization_lab_size_tokens": n_tokens,
        "quantization_lab_size_cache": "fp16",
        "quantization_lab_size_ends": ends,
    }


def _what_survives(numbers: "Numbers") -> Revelation:
    row = numbers.row
    n_left = len(row.values) - row.n_lost
    return Revelation(
        bisect((2, len(row.values) - 1), n_left),
        f"{row.n_lost} of {len(row.values)} became 0. A grid of whole numbers is made for numbers "
        "like 15; weights are mostly smaller than 0.1. First divide by a scale, then round: that "
        "is what absmax does.",
    )


def _closer_sixteen(numbers: "Numbers") -> Revelation:
    names = ("float16", "bfloat16")
    errors = [
        abs(number_formats.take_apart(numbers.value, number_formats.FORMATS[name]).error)
        for name in names
    ]
    return Revelation(
        0 if errors[0] < errors[1] else 1,
        f"fp16 misses it by {errors[0]:.2g}, bf16 by {errors[1]:.2g}. Of the 16 bits fp16 gives "
        "10 to the fraction, bf16 only 7, and reaches as far as fp32 in return.",
    )


def _wasted_half(numbers: "Numbers") -> Revelation:
    row = numbers.row
    symmetric = rows.quantize_row(row.values, bits=row.bits, grid="absmax")
    ratio = abs(symmetric.errors).max() / abs(row.errors).max()
    return Revelation(
        bisect((1.25, 5.0), ratio),
        f"The marks are {row.scale:.3g} apart instead of {symmetric.scale:.3g}, and the largest "
        f"error is {abs(row.errors).max():.3g} instead of {abs(symmetric.errors).max():.3g}: "
        f"{ratio:.2g} times smaller. The symmetric grid kept marks for negative numbers that never "
        "come.",
    )


def _clip_in_a_row(numbers: "Numbers") -> Revelation:
    row = numbers.row
    kept = rows.quantize_row(row.values, bits=row.bits, grid=row.grid)
    [place] = numbers.left_out
    return Revelation(
        bisect((1, kept.n_lost), row.n_lost) if row.n_lost < kept.n_lost else 2,
        f"With the outlier in the scale, {kept.n_lost} of the others became 0; now {row.n_lost} "
        f"did. The price: {row.values[place]:.4g} comes back as {row.restored[place]:.3g}.",
    )


def _one_against_all(matrix: "Matrix") -> Revelation:
    lost = matrix.studied.share_lost
    return Revelation(
        bisect((0.05, 0.3), lost),
        f"{lost:.0%} of them became 0. The largest weight is 175 standard deviations out and sets "
        f"the scale for all: marks are {float(matrix.studied.quantized.scales[0]):.3g} apart, and "
        "most weights lie nearer to 0 than half of that.",
    )


def _delete_it(matrix: "Matrix") -> Revelation:
    kept, now = matrix.edited("keep"), matrix.studied
    error = now.output_error or 0.0
    return Revelation(
        bisect((0.8 * (kept.output_error or 0.0), 0.5), error),
        f"The others recover from {kept.others.snr_db:.1f} to {now.others.snr_db:.1f} dB. But the "
        f"output error went from {kept.output_error:.1%} to {error:.0%}: this one weight carried "
        "most of what the layer says. Outliers are not noise. That is why schemes give them room "
        "instead of cutting them.",
    )


def _scale_for_each_block(matrix: "Matrix") -> Revelation:
    tensor = matrix.compare("int4_absmax_tensor")
    block = matrix.studied
    gain = block.damage.snr_db - tensor.snr_db
    return Revelation(
        bisect((6, 12), gain),
        f"{tensor.snr_db:.1f} dB per tensor, {block.damage.snr_db:.1f} dB per block: {gain:.0f} dB "
        f"for {block.quantized.bits_per_weight - tensor.bits_per_weight:.2f} bits more a weight. "
        "An outlier now spoils 64 weights instead of all of them.",
    )


def _bell_shaped_levels(matrix: "Matrix") -> Revelation:
    even = matrix.compare("int4_absmax_block")
    ours = matrix.studied.damage
    return Revelation(
        0 if ours.mse < 0.99 * even.mse else 1 if ours.mse < 1.01 * even.mse else 2,
        f"Mean squared error {ours.mse:.2e} for NF4 and {even.mse:.2e} for even levels, with 64 "
        f"weights to a scale in both. {ours.snr_db - even.snr_db:+.1f} dB: these weights follow a "
        "bell curve, and NF4 has its levels close together where most of them are.",
    )


def _feedback(matrix: "Matrix") -> Revelation:
    nearest = matrix.compare("int3_zeropoint_block")
    now = matrix.studied
    weights_worse = now.damage.mse > nearest.mse
    outputs_worse = (now.output_error or 0.0) > (nearest.output_error or 0.0)
    return Revelation(
        0 if outputs_worse else 1 if weights_worse else 2,
        f"Error of the weights {now.damage.mse:.2e} against {nearest.mse:.2e} by rounding to "
        f"nearest; error of the outputs {now.output_error:.2%} against {nearest.output_error:.2%}, "
        "on sentences that neither has seen. Each weight moves a little further than it must, so "
        "that the errors cancel in the sum.",
    )


def _eight_bits(matrix: "Matrix") -> Revelation:
    error = matrix.studied.output_error or 0.0
    return Revelation(
        bisect((0.01, 0.1), error),
        f"The output moves by {error:.2%}, at {matrix.studied.quantized.bits_per_weight:.2f} bits "
        f"a weight, scales included. The error is {matrix.studied.damage.snr_db:.0f} dB below the "
        "weights. Whether a whole model notices is the matter of “Put it back”.",
    )


def _long_text(chosen: "Sizes") -> Revelation:
    counted = chosen.counted
    n_weights, n_cache = counted.weights_bytes / sizes.GIB, counted.cache_bytes / sizes.GIB
    return Revelation(
        0 if counted.fits(8) else 1 if n_cache < n_weights else 2,
        f"The weights take {n_weights:.2f} GB, the keys and values of {chosen.n_tokens:,} tokens "
        f"{n_cache:.2f} GB. Long texts fill the memory that few bits have freed; that is why keys "
        "and values are quantized too.",
    )


def _large_vocabulary(chosen: "Sizes") -> Revelation:
    without = sizes.footprint(chosen.shape, chosen.scheme, n_tokens=chosen.n_tokens)
    ratio = chosen.counted.weights_bytes / without.weights_bytes
    return Revelation(
        bisect((1.1, 1.4), ratio),
        f"{chosen.counted.weights_bytes / sizes.GIB:.2f} GB instead of "
        f"{without.weights_bytes / sizes.GIB:.2f} GB: {ratio:.2f} times. With a vocabulary of "
        f"{chosen.shape.vocab_size:,}, the embedding is "
        f"{chosen.shape.vocab_size * chosen.shape.n_embd / chosen.shape.n_parameters:.0%} of all "
        f"weights, and “4 bits” are {chosen.counted.bits_per_weight:.2f}.",
    )


_OWN = (
    Experiment(
        "Whole numbers",
        "The guide's 15.234 becomes 15. Here are sixteen real weights on the same grid of whole "
        "numbers, in 8 bits.",
        _numbers(rows.REAL_ROW, grid="whole", bits=8, place=9),
        "How many of the sixteen come back as something other than 0?",
        ("One", "About half", "All of them"),
        _what_survives,
    ),
    Experiment(
        "The outlier",
        "The same weights in 4 bits, absmax. One of them is 7.91, the next largest 0.05. The scale "
        "is chosen without it: it is clipped.",
        _numbers(rows.REAL_ROW, grid="absmax", bits=4, clip=True, place=9),
        "With the outlier in the scale all fifteen others became 0. How many do now?",
        ("None", "Some", "All fifteen"),
        _clip_in_a_row,
    ),
    Experiment(
        "All positive",
        "Eight positive numbers in 3 bits, on a grid with a zero point.",
        _numbers(rows.ONE_SIDED_ROW, grid="zero_point", bits=3),
        "Against the symmetric grid with as many bits, the largest error is …",
        ("about the same", "about half", "about a tenth"),
        _wasted_half,
    ),
    Experiment(
        "fp16 or bf16",
        "15.234 as a floating-point number. Two formats have 16 bits.",
        _numbers(rows.GUIDE_ROW, grid="whole", bits=8),
        "Which one comes closer to 15.234?",
        ("fp16", "bf16"),
        _closer_sixteen,
    ),
    Experiment(
        "One against all",
        "A real matrix of 589,824 weights in 8 bits, with one scale for all of them.",
        _matrix("int8_absmax_tensor"),
        "How many of the weights become exactly 0?",
        ("Hardly any", "About a fifth", "About half"),
        _one_against_all,
    ),
    Experiment(
        "Delete it",
        "The same, with the largest weight deleted before the scale is chosen.",
        _matrix("int8_absmax_tensor", how="delete"),
        "The other weights recover. What does the output of the layer do?",
        ("It gets closer to the original", "It hardly changes", "It is ruined"),
        _delete_it,
    ),
    Experiment(
        "8 bits in blocks",
        "The same matrix with the outlier in it, in 8 bits, with a scale for each 64 weights.",
        _matrix("int8_absmax_block", quantization_lab_block=64),
        "How far do the outputs of the layer move?",
        ("Less than 1 %", "1 to 10 %", "More than 10 %"),
        _eight_bits,
    ),
    Experiment(
        "Tensor or block",
        "4 bits, with a scale for each 64 weights instead of one for the whole matrix.",
        _matrix("int4_absmax_block", quantization_lab_block=64),
        "How much does the signal to noise gain over one scale for all?",
        ("Less than 6 dB: one bit's worth", "6 to 12 dB", "More than 12 dB"),
        _scale_for_each_block,
    ),
    Experiment(
        "NF4 or int4",
        "NF4 has 16 levels as int4 does, but placed for a bell curve. A calm matrix, without "
        "outliers.",
        _matrix("nf4", layer=_CALM_LAYER, quantization_lab_block=64),
        "Against evenly spaced levels in the same blocks, the mean squared error of NF4 is …",
        ("smaller", "the same", "larger"),
        _bell_shaped_levels,
    ),
    Experiment(
        "Error feedback",
        "3 bits. Instead of rounding each weight to nearest, let the next columns make up for the "
        "error (GPTQ's idea).",
        _matrix("int3_feedback", quantization_lab_block=64),
        "Against rounding to nearest on the same grid …",
        (
            "the outputs get worse",
            "the outputs get better, the weights worse",
            "both get better",
        ),
        _feedback,
    ),
    Experiment(
        "Will it fit?",
        "Llama 3.1 8B in Q4_K, with a text as long as it was made for: 131,072 tokens.",
        _size("llama-3.1-8b", "q4_k", n_tokens=131_072),
        "Does it fit in 8 GB?",
        (
            "Yes, with room to spare",
            "No, the weights alone nearly fill it",
            "No, the text takes more than the weights",
        ),
        _long_text,
    ),
    Experiment(
        "A large vocabulary",
        "Gemma 2 2B in NF4, with embedding and head left in 16 bits, as bitsandbytes does.",
        _size("gemma-2-2b", "nf4_double", n_tokens=4_096, ends=True),
        "How much larger are the weights than with everything in NF4?",
        ("Less than a tenth", "A tenth to four tenths", "More than four tenths"),
        _large_vocabulary,
    ),
)

EXPERIMENTS = (*_OWN, *quantization_run_experiments.EXPERIMENTS)
"""All experiments of the lab, in the order of its steps."""


def of_view(view: str) -> tuple[Experiment, ...]:
    """Return the experiments of one step of the lab."""
    return tuple(one for one in EXPERIMENTS if one.settings[_VIEW] == view)


def key_of_view(view: str) -> str:
    """Return what the keys of a step's experiments begin with.

    Example:
        >>> key_of_view("Put it back")
        'quantization_lab_put_it_back'
    """
    return f"quantization_lab_{view.lower().replace(' ', '_')}"
