"""The program that counts the memory of a model, with nothing but Python."""

from core.quantization import schemes
from core.quantization.known_models import ModelShape
from core.quantization.schemes import Scheme

_SIZE = '''\
"""Memory of {title} in {scheme}, with {n_tokens} tokens of text."""

# (part, rows, columns, how many)
matrices = {matrices}
in_vectors = {in_vectors}  # norms and biases; they stay in 16 bits


def bits_of(part, rows, columns):
    """Count a matrix in {scheme}, with all its scales."""
{keep_ends}{rule}


n_weights = in_vectors + sum(rows * columns * count for _, rows, columns, count in matrices)
n_bits = 16 * in_vectors
for part, rows, columns, count in matrices:
    n_bits += bits_of(part, rows, columns) * count

n_layer, n_windowed, window = {layers}
n_tokens = {n_tokens}
kept = (n_layer - n_windowed) * n_tokens + n_windowed * min(n_tokens, window or n_tokens)
cache_bits = 2 * kept * {cache_bits}  # a key and a value per token and layer

print("weights", n_weights)
print("bits_per_weight", n_bits / n_weights)
print("weights_bytes", n_bits // 8)
print("cache_bytes", cache_bits // 8)
total = (n_bits + cache_bits) / 8
print("total_bytes", int(total))
for card in (4, 8, 16, 24):
    print("fits in", card, "GB:", total <= 0.9 * card * 2**30)
'''


def size_script(
    shape: ModelShape, scheme: Scheme, *, n_tokens: int, cache: str, keep_ends: bool
) -> str:
    """Write the program behind one line of step 6.

    Args:
        shape: The model.
        scheme: How its matrices are stored.
        n_tokens: Length of the text.
        cache: How keys and values are kept.
        keep_ends: Whether embedding and head stay in 16 bits.
    """
    matrices = [(one.kind, one.rows, one.cols, one.count) for one in shape.matrices()]
    ends = '    if part in ("embedding", "head"):\n        return 16 * rows * columns\n'
    return _SIZE.format(
        title=shape.title,
        scheme=scheme.title,
        matrices="[\n" + "".join(f"    {one!r},\n" for one in matrices) + "]",
        in_vectors=shape.n_vector_weights,
        keep_ends=ends if keep_ends else "",
        rule=_rule(scheme),
        layers=(shape.n_layer, shape.n_windowed, shape.window),
        n_tokens=n_tokens,
        cache_bits=schemes.storage_bits(cache, 1, shape.n_kv_head * shape.head_size),
    )


def _rule(scheme: Scheme) -> str:
    """Write the count as one line: weights, and what each group of them costs in addition."""
    if scheme.granularity == "block":
        size = scheme.block_size
        whole = schemes.storage_bits(scheme, 1, size)
        if scheme.double_quant or scheme.method == "activation_aware" or scheme.family == "ternary":
            return _longer_rule(scheme)
        # A last block that is not full costs all of its scales, and in GGUF all of its integers.
        filled = f"-(-rows * columns // {size})"
        if scheme.family == "gguf":
            return f"    return {filled} * {whole}"
        per_group = whole - size * int(scheme.bits)
        return f"    return rows * columns * {int(scheme.bits)} + {filled} * {per_group}"
    return _longer_rule(scheme)


def _longer_rule(scheme: Scheme) -> str:
    bits, size = int(scheme.bits), scheme.block_size
    if scheme.family == "ternary":
        return "    return -(-rows * columns // 5) * 8 + 32  # five weights to a byte"
    if scheme.double_quant:
        return (
            f"    groups = -(-rows * columns // {size})\n"
            f"    return rows * columns * {bits} + groups * 8 + -(-groups // 256) * 32 + 32"
        )
    groups = {"tensor": "1", "channel": "rows", "block": f"-(-rows * columns // {size})"}
    extra = scheme.scale_bits + (0 if scheme.symmetric else bits)
    columns = " + 16 * columns" if scheme.method == "activation_aware" else ""
    return f"    return rows * columns * {bits} + {groups[scheme.granularity]} * {extra}{columns}"
