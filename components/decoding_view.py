"""Ways to write: greedy, by dice, by beams, by contrast; step by step, with a tree of texts."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from components import cached, controls, experiments, generation, layout, sampling_lab, token_strip
from components.charts import beam_tree
from components.experiments import Experiment, Revelation
from core.language_models import branches, sampling, text_statistics, truncation

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

METHODS = ("Sampling", "Greedy", "Beam search", "Contrastive")
BOARD_KEY, RUN_KEY = "sampling_board", "sampling_tree_run"
BEAM_KEY, CONTRAST_KEY = "sampling_beam_run", "sampling_contrast_run"


@dataclass
class Board:
    """The texts that were tried from one prompt, kept in the session."""

    asked: tuple
    tree: branches.TextTree = field(default_factory=branches.TextTree)
    drawn: dict[int, generation.DrawnToken] = field(default_factory=dict)
    """Node of the tree to its token as the strip draws it."""
    node: int = branches.ROOT
    """The end of the text on screen."""

    def take(self, run: generation.Run) -> None:
        """Add what a run has written."""
        ids = [token.strip.token_id for token in run.tokens]
        log_probs = [-token.strip.surprisal_bits * math.log(2) for token in run.tokens]
        self.tree, self.node = self.tree.extend(branches.ROOT, ids, log_probs)
        for node, token in zip(self.tree.lineage(self.node), run.tokens, strict=True):
            self.drawn[node.node_id] = token


def _loops(tokens: list[generation.DrawnToken]) -> Revelation:
    rate = text_statistics.repetition_rate([token.strip.token_id for token in tokens])
    return Revelation(
        0 if rate < 0.3 else 1 if rate < 0.6 else 2,
        f"{rate:.0%} of the tokens occurred among the 32 before them. Always taking the likeliest "
        "token leads where the text has been before, and from there the same way again.",
    )


EXPERIMENTS = (
    Experiment(
        title="Greedy loops",
        task="Always the likeliest token, 80 times. Choose Run.",
        settings={"sampling_method": "Greedy", "sampling_tokens": 80},
        question="How many of the tokens will be repetitions?",
        choices=("under 30 %", "30 to 60 %", "over 60 %"),
        reveal=_loops,
    ),
)


def show(
    lm: "LoadedModel",
    prompt: str,
    chain: sampling.SamplingChain,
    *,
    seed: int,
    max_new_tokens: int,
) -> sampling.SamplingChain | None:
    """Show the view.

    Args:
        lm: The model, shared by all sessions.
        prompt: The text to continue.
        chain: The filters; only sampling uses them.
        seed: Seed of the dice.
        max_new_tokens: Where a text ends at the latest.

    Returns:
        The chain with which a script writes the same text; None where no dice are thrown.
    """
    method = controls.choice("Method", METHODS, key="sampling_method")
    if method == "Beam search":
        _beams(lm, prompt, min(max_new_tokens, 30))
        return None
    if method == "Contrastive":
        _contrastive(lm, prompt, max_new_tokens)
        return None
    if method == "Greedy":
        chain = sampling.SamplingChain((truncation.TopK(1),))
    asked = (lm, prompt, chain, seed, max_new_tokens)
    board = _board(lm.model_id, prompt)
    _buttons(board, asked)
    run: generation.Run | None = st.session_state.get(RUN_KEY)
    generation.generation_view(RUN_KEY, on_branch=lambda ids: _write(asked, ids, max_new_tokens))
    if run is not None and not run.active:
        _texts(lm, board)
    # Only a text that was written greedily, to its end, answers what greedy texts do.
    is_there = run is not None and not run.active and run.asked == ("Greedy", max_new_tokens)
    experiments.try_this(
        EXPERIMENTS, run.tokens if is_there and run.tokens else None, url_path="sampling_decode"
    )
    return chain


def _board(model_id: str, prompt: str) -> Board:
    board: Board | None = st.session_state.get(BOARD_KEY)
    if board is None or board.asked != (model_id, prompt):
        board = Board((model_id, prompt))
        st.session_state[BOARD_KEY] = board
        generation.stop(RUN_KEY)
        st.session_state.pop(RUN_KEY, None)
    run: generation.Run | None = st.session_state.get(RUN_KEY)
    if run is not None and not run.active:
        board.take(run)
    return board


def _buttons(board: Board, asked: tuple) -> None:
    lm, _, _, _, n_tokens = asked
    path = board.tree.path(board.node)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Run",
            icon=":material/play_arrow:",
            type="primary",
            key="sampling_tree_run_button",
            on_click=_write,
            args=(asked, path, n_tokens),
            disabled=len(path) >= n_tokens,
        )
        st.button(
            "Step",
            icon=":material/skip_next:",
            key="sampling_tree_step",
            on_click=_write,
            args=(asked, path, len(path) + 1),
        )
        st.button(
            "Back",
            icon=":material/skip_previous:",
            key="sampling_tree_back",
            on_click=_go,
            args=(board, board.tree.node(board.node).parent_id if path else branches.ROOT),
            disabled=not path,
        )
        forced = st.text_input(
            "Force what comes next",
            key="sampling_force",
            help="Its first token comes next, however unlikely. A word usually begins with a "
            "space.",
        )
        ids = cached.encoded_prompt(lm.model_id, forced).token_ids if forced else ()
        st.button(
            "Force it",
            key="sampling_tree_force",
            on_click=_write,
            args=(asked, (*path, *ids[:1]), len(path) + 1),
            disabled=not ids,
        )


def _write(asked: tuple, forced: tuple[int, ...], max_new_tokens: int) -> None:
    from core.language_models import decoding

    lm, prompt, chain, seed, n_tokens = asked
    read = cached.encoded_prompt(lm.model_id, prompt)
    steps = decoding.sample(
        lm,
        read.token_ids,
        chain=chain,
        seed=seed,
        max_new_tokens=max(max_new_tokens, len(forced)),
        forced=forced,
    )
    is_greedy = chain.stages == (truncation.TopK(1),)
    generation.begin(
        RUN_KEY,
        prompt=prompt,
        steps=steps,
        draw=partial(sampling_lab.drawn_token, lm),
        asked=("Greedy" if is_greedy else "Sampling", n_tokens),
        forced=forced,
    )


def _go(board: Board, node: int) -> None:
    generation.stop(RUN_KEY)
    board.node = node
    tokens = [board.drawn[one.node_id] for one in board.tree.lineage(node)]
    run = generation.Run(board.asked[1], iter(()), lambda token: token, ticket=-1, tokens=tokens)
    run.state = "stopped"
    st.session_state[RUN_KEY] = run
    st.session_state[token_strip.selection_key(f"{RUN_KEY}_strip")] = None


def _texts(lm: "LoadedModel", board: Board) -> None:
    leaves = [leaf for leaf in board.tree.leaves() if leaf.node_id != branches.ROOT]
    if not leaves:
        return
    st.markdown("**The texts you have tried**")
    texts = {leaf.node_id: lm.tokenizer.decode(board.tree.path(leaf.node_id)) for leaf in leaves}
    rows = [
        {
            "Text": texts[leaf.node_id],
            "Tokens": leaf.depth,
            "Joint probability": f"{board.tree.joint_prob(leaf.node_id):.2e}",
            "Log-probability (nats)": leaf.log_prob,
        }
        for leaf in leaves
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="sampling_texts",
        alt="Every text that was tried, with its joint probability",
        column_config={
            "Log-probability (nats)": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    with st.container(horizontal=True):
        for number, leaf in enumerate(leaves, start=1):
            st.button(
                f"Return to text {number}",
                key=f"sampling_return_{leaf.node_id}",
                on_click=_go,
                args=(board, leaf.node_id),
                disabled=leaf.node_id == board.node,
            )


def _beams(lm: "LoadedModel", prompt: str, n_tokens: int) -> None:
    st.markdown(
        "Beam search keeps the few likeliest beginnings at each step, and drops the others. It "
        "finds a likelier text than greedy does, and a duller one. At most 30 tokens here."
    )
    n_beams = controls.number_slider(
        "Beams", 1, 8, 4, step=1, key="sampling_beams", help="How many beginnings are kept."
    )
    asked = (lm.model_id, prompt, n_beams, n_tokens)
    st.button(
        "Search",
        icon=":material/account_tree:",
        type="primary",
        key="sampling_search",
        on_click=_start_beams,
        args=(lm, asked),
    )
    generation.progress_view(BEAM_KEY, partial(_show_beams, lm))


def _start_beams(lm: "LoadedModel", asked: tuple) -> None:
    from core.language_models import beams

    model_id, prompt, n_beams, n_tokens = asked
    ids = cached.encoded_prompt(model_id, prompt).token_ids
    steps = beams.search(lm, ids, n_beams=n_beams, max_new_tokens=n_tokens)
    generation.begin(BEAM_KEY, prompt=prompt, steps=steps, draw=lambda step: step, asked=asked)


def _show_beams(lm: "LoadedModel", run: generation.Run) -> None:
    if not run.tokens:
        return
    layout.draw(
        beam_tree.beam_tree(beam_rows(run.asked[0], run.tokens)),
        alt="The tree of beams: kept, dropped, and the best text",
        key="sampling_beam_tree",
    )
    finished = run.tokens[-1].finished
    rows = [
        {
            "Text": lm.tokenizer.decode(text.beam.token_ids),
            "Log-probability (nats)": text.beam.log_prob,
            "Per token": text.score,
            "Distinct words": text_statistics.distinct_n(text.beam.token_ids, 1),
        }
        for text in finished
    ]
    if rows:
        st.dataframe(
            pd.DataFrame(rows).round(3),
            hide_index=True,
            key="sampling_beam_texts",
            alt="The texts that the beams ended with",
        )
        st.caption("Best first, by log-probability per token. The best ones are nearly the same.")


def beam_rows(model_id: str, found: list[Any]) -> list[dict[str, Any]]:
    """Lay the candidates of a beam search out as a tree.

    Args:
        model_id: The model, for the names of its tokens.
        found: Its steps.

    Returns:
        One row per candidate, as ``beam_tree.beam_tree`` wants them.
    """
    best, winners = (found[-1].finished[0].beam if found[-1].finished else None), set()
    while best is not None:
        winners.add(id(best))
        best = best.parent
    rows: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for step in found:
        running = {id(beam) for beam in step.running}
        names = cached.token_names(model_id, tuple(beam.token_id for beam in step.candidates))
        rows += [
            {
                "Token": name,
                "Depth": step.index + 1,
                "Place": place,
                "Parent place": places.get(id(beam.parent), 1),
                "Log-probability": beam.log_prob,
                "Fate": beam_tree.FATES[2 if id(beam) in winners else int(id(beam) in running)],
            }
            for place, (beam, name) in enumerate(zip(step.candidates, names, strict=True), start=1)
        ]
        places = {id(beam): place for place, beam in enumerate(step.candidates, start=1)}
    return rows


def _contrastive(lm: "LoadedModel", prompt: str, n_tokens: int) -> None:
    st.markdown(
        "Contrastive search takes a likely token whose inner state resembles nothing that the text "
        "already holds. No dice are thrown."
    )
    left, right = st.columns(2)
    with left:
        k = controls.number_slider(
            "Candidates", 1, 8, 4, step=1, key="sampling_candidates", help="Likeliest tokens tried."
        )
    with right:
        alpha = controls.number_slider(
            "Weight of resemblance",
            0.0,
            1.0,
            0.6,
            step=0.05,
            key="sampling_alpha",
            help="0 takes the likeliest token each time.",
        )
    st.button(
        "Search",
        icon=":material/compare:",
        type="primary",
        key="sampling_contrast",
        on_click=_start_contrastive,
        args=(lm, (lm.model_id, prompt, k, alpha, n_tokens)),
    )
    generation.progress_view(CONTRAST_KEY, partial(_show_contrastive, lm))


def _start_contrastive(lm: "LoadedModel", asked: tuple) -> None:
    from core.language_models import contrastive

    model_id, prompt, k, alpha, n_tokens = asked
    ids = cached.encoded_prompt(model_id, prompt).token_ids
    steps = contrastive.search(lm, ids, k=k, alpha=alpha, max_new_tokens=n_tokens)
    generation.begin(CONTRAST_KEY, prompt=prompt, steps=steps, draw=lambda step: step, asked=asked)


def _show_contrastive(lm: "LoadedModel", run: generation.Run) -> None:
    if not run.tokens:
        return
    st.code(run.prompt + lm.tokenizer.decode([step.token_id for step in run.tokens]), None)
    model_id = run.asked[0]
    rows = []
    for step in run.tokens:
        (name,) = cached.token_names(model_id, (step.token_id,))
        (likeliest,) = cached.token_names(model_id, (step.candidates[0].token_id,))
        taken = next(one for one in step.candidates if one.token_id == step.token_id)
        rows.append(
            {
                "Taken": name,
                "Probability": taken.prob,
                "Resemblance": taken.similarity,
                "Score": taken.score,
                "Likeliest": likeliest,
                "Its resemblance": step.candidates[0].similarity,
            }
        )
    st.dataframe(
        pd.DataFrame(rows).round(3),
        hide_index=True,
        key="sampling_contrast_steps",
        alt="Each token taken, its probability and resemblance, and the likeliest one",
    )
