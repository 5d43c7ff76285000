"""Four ways to tell attention where a word stands: their numbers, and products against distance."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import cached, controls, layout, rope_view
from components.charts import sequences_self_attention as charts
from components.matrix_tables import Table, matrix_tables
from components.plain import plain
from components.self_attention_numbers import shown
from core.model_store import catalog, errors
from core.sequences import attention, learned_positions, positions
from core.sequences.attention import Array

WAYS = ("Waves", "Learnt", "RoPE", "ALiBi")
N_PLACES = 32
_BASES = (10_000, 100, 100_000)


@dataclass(frozen=True, eq=False)
class Places:
    """One way of telling places apart."""

    way: str
    products: Array
    """What two places contribute to a score, place by place; shape (n, n)."""

    codes: Array | None = None
    """What is added to the words, shape (n, C); None where nothing is."""

    base: float = 0.0
    n_head: int = 0
    head: int = 0
    model_id: str = ""
    q: Array | None = None
    k: Array | None = None

    @property
    def spread(self) -> float:
        """Largest difference between two products of the same distance."""
        size = len(self.products)
        lines = [np.diagonal(self.products, -distance) for distance in range(size)]
        return float(max(np.ptp(line) for line in lines))


def read_places() -> Places:
    """Ask for a way and its settings, and compute it."""
    way = controls.choice("How", WAYS, key="self_attention_way")
    if way == "Learnt":
        return _learnt()
    if way == "ALiBi":
        return _alibi()
    with st.sidebar:
        base = float(
            controls.choice(
                "Base",
                _BASES,
                key="self_attention_base",
                format_func="{:,}".format,
                help="The larger, the slower the slowest pair turns. 10,000 in the papers, "
                "100,000 in SmolLM2.",
            )
        )
        size = controls.number_slider(
            "Numbers per word",
            4,
            64 if way == "Waves" else 16,
            32 if way == "Waves" else 8,
            step=4,
            key=f"self_attention_size_{way.lower()}",
            help="They form pairs; each pair turns at its own speed.",
        )
    if way == "Waves":
        codes = positions.sinusoidal(N_PLACES, size, base=base)
        return Places(way, codes @ codes.T, codes, base=base)
    # The same arrow in every pair of both, so that the places alone make the difference.
    arrows = np.repeat([1.0, 0.0], size // 2)  # number i is paired with number i + size/2
    products = positions.rope_products(arrows, arrows, N_PLACES, base=base)
    return Places(way, products, base=base, q=arrows, k=arrows)


def _learnt() -> Places:
    stored = learned_positions.stored_models()
    if not stored:
        layout.ask_again(
            "No model with learnt positions is on this machine yet. Open “A real head” and choose "
            "all-MiniLM-L6-v2 there: it is fetched once."
        )
    with st.sidebar:
        model_id = st.selectbox(
            "Model",
            stored,
            format_func=lambda one: catalog.CATALOG[one].title,
            key="self_attention_table",
            help="Models in the store that learnt a table of positions. GPT-2 joins the list once "
            "it has been fetched in another lab.",
            bind="query-params",
        )
    try:
        table = cached.position_table(model_id)
    except errors.ModelUnavailableError as problem:
        layout.ask_again(str(problem))
    rows = table[:N_PLACES]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return Places("Learnt", unit @ unit.T, rows, model_id=model_id)


def _alibi() -> Places:
    with st.sidebar:
        n_head = controls.number_slider(
            "Heads",
            1,
            16,
            8,
            step=1,
            key="self_attention_alibi_heads",
            help="Each head has its own slope.",
        )
        head = controls.whole_number(
            "Head", 1, 16, 1, key="self_attention_alibi_head", help="Whose penalties are drawn."
        )
    head = min(head, n_head) - 1
    bias = positions.alibi_bias(N_PLACES, n_head)[head]
    return Places("ALiBi", bias, n_head=n_head, head=head)


def show_places(places: Places) -> None:
    """Draw the way."""
    {"Waves": _show_waves, "Learnt": _show_learnt, "RoPE": _show_rope, "ALiBi": _show_alibi}[
        places.way
    ](places)


def _table(name: str, title: str, array: Array, **settings: object) -> Table:
    """Make a table whose rows are places, and whose columns are places or numbers of a code."""
    words = [f"place {place}" for place in range(N_PLACES)]
    n_columns = array.shape[1]
    columns = words if name != "codes" else [f"number {one}" for one in range(n_columns)]
    rows = [str(place) for place in range(N_PLACES)]
    return Table(name, title, array, rows, row_words=words, column_words=columns, **settings)


def _show_waves(places: Places) -> None:
    matrix_tables(
        [
            _table("codes", "Code of each place", places.codes, say="wave"),
            _table("products", "Code · code", places.products, say="product", of="codes"),
        ],
        key="self_attention_waves",
        alt="Sine and cosine waves, fast on the left and slow on the right, and their products.",
        start=("products", 10, 4),
        turns=positions.frequencies(places.codes.shape[1], base=places.base),
    )
    _distance_chart(places, "Product of two codes")
    st.caption(
        "Each code is added to its word. The product of two codes is Σ cos(speed · distance): it "
        f"depends on the distance alone. Measured: products at the same distance differ by at "
        f"most {shown(places.spread)}."
    )


def _show_learnt(places: Places) -> None:
    codes = places.codes[:, :64]
    matrix_tables(
        [
            _table("codes", f"Row of each place, {codes.shape[1]} of its numbers", codes),
            _table("products", "Cosine of two rows", places.products, say="likeness", largest=1.0),
        ],
        key="self_attention_learnt",
        alt="A table that the model learnt: neighbours are alike.",
        start=("products", 10, 9),
    )
    _distance_chart(places, "Cosine of two rows")
    near = float(np.diagonal(places.products, -1)[1:].mean())
    far = float(np.diagonal(places.products, -16)[1:].mean())
    st.caption(
        f"{plain(catalog.CATALOG[places.model_id].title)} began with random rows and learnt these "
        f"from text. Neighbouring places have a cosine of {near:.2f} on average, places 16 apart "
        f"{far:.2f}. Nobody told it that 4 comes after 3. The band shows that here distance is "
        "not all that matters."
    )


def _show_rope(places: Places) -> None:
    rope_view.rope_view(
        places.q,
        places.k,
        positions.frequencies(places.q.size, base=places.base),
        key="self_attention_rope",
    )
    table, line = st.columns(2)
    with table:
        matrix_tables(
            [_table("products", "q · k at every two places", places.products, say="turned")],
            key="self_attention_rope_table",
            alt="Every diagonal has one colour.",
            start=("products", 7, 4),
        )
    with line:
        _distance_chart(places, "q · k, the query after the key")
    st.caption(
        "Rows: place of the query. Columns: place of the key. Every diagonal is one distance and "
        f"has one number: along a diagonal the products differ by at most {shown(places.spread)}. "
        "Nothing is added to the words, and lengths stay as they are. Query and key are the same "
        "arrow (1, 0) in every pair here, so that their product is Σ cos(speed · distance); in a "
        "real head they are what the words ask and offer."
    )


def _show_alibi(places: Places) -> None:
    slopes = positions.alibi_slopes(places.n_head)
    hidden = np.where(attention.causal_mask(N_PLACES), places.products, -np.inf)
    shares = attention.softmax(-slopes[:, None] * np.arange(N_PLACES))
    title = f"What head {places.head + 1} adds to the scores"
    matrix_tables(
        [
            _table("products", title, hidden, say="penalty"),
            _table("shares", "Shares, all products equal", attention.softmax(hidden), say="share"),
        ],
        key="self_attention_alibi",
        alt="Penalties grow with distance; shares shrink with it.",
        start=("products", 10, 4),
        slope=float(slopes[places.head]),
    )
    layout.draw(
        charts.penalties(shares, slopes),
        alt="Share of the last word by distance, a line per head: steep heads look close by",
        key="self_attention_penalties",
    )
    st.caption(
        f"Slopes: {', '.join(f'{slope:.3g}' for slope in slopes)}. No code and no turn: each "
        "head loses a fixed amount per place, so some look close by and some far back."
    )


def _distance_chart(places: Places, what: str) -> None:
    layout.draw(
        charts.by_distance(*positions.by_distance(places.products), what=what),
        alt=f"{what} against how far apart the two places are",
        key=f"self_attention_distance_{places.way.lower()}",
    )


def earned(places: Places) -> str:
    """Say with a number on screen what positions do to dot products."""
    if places.way == "Learnt":
        return "Learnt rows are added to the words; what is compared are still dot products."
    if places.way == "ALiBi":
        return "One number per place of distance is taken off each dot product, nothing else."
    return (
        "Shift both words by as much as you like: their dot product changes by at most "
        f"{shown(places.spread)}, which is rounding."
    )
