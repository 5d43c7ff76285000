"""What travels to the browser: all heads of a short text, or one layer of a long one."""

from dataclasses import dataclass

from core.language_models import attention_packing, attention_text
from core.language_models.attention_maps import AttentionMaps

THUMBNAIL_SIZE = 48
"""Pixels along a thumbnail of a head that does not travel itself."""


@dataclass(frozen=True)
class Parcel:
    """Packed attention and what is needed to open it."""

    n_layer: int
    n_head: int
    n_tokens: int
    causal: bool
    layer: int | None
    """The layer that travels alone; None if all travel."""

    thumbnail_size: int
    """Pixels along a thumbnail; 0 if none travel."""

    parts: tuple[bytes, ...]
    """The maps, and thumbnails of all heads if only one layer travels."""


def parcel(maps: AttentionMaps, *, layer: int) -> Parcel:
    """Pack as much of the attention as a browser should be sent at once.

    Args:
        maps: The attention of all heads.
        layer: The layer that must be in it.

    Returns:
        All layers of a text up to ``attention_text.SHORT_TOKENS`` tokens; beyond, that layer and
        a thumbnail of every head.

    Raises:
        ValueError: If there is no such layer.
    """
    if not 0 <= layer < maps.n_layer:
        raise ValueError(f"there is no layer {layer} among {maps.n_layer}")
    is_whole = maps.n_tokens <= attention_text.SHORT_TOKENS
    sent = maps.probs if is_whole else maps.probs[layer : layer + 1]
    parts = [attention_packing.pack(sent, causal=maps.causal)]
    if not is_whole:
        parts.append(attention_packing.thumbnails(maps.probs, size=THUMBNAIL_SIZE))
    return Parcel(
        n_layer=maps.n_layer,
        n_head=maps.n_head,
        n_tokens=maps.n_tokens,
        causal=maps.causal,
        layer=None if is_whole else layer,
        thumbnail_size=0 if is_whole else THUMBNAIL_SIZE,
        parts=tuple(parts),
    )
