"""Next token: the model's distribution, the filters, the dice and the text that grows from them."""

from functools import partial

import streamlit as st

from components import (
    controls,
    decoding_view,
    experiments,
    filter_bench,
    generation,
    layout,
    model_loading,
    reading_view,
    sampling_lab,
    two_texts,
)
from components.sampling_experiments import EXPERIMENTS, FRANCE
from core.language_models import branches, dice, sampling, text_statistics, truncation

IDEA_MD = """
A language model never picks a word. It gives **every** token of its vocabulary a probability, and
then a dice is thrown. Change the prompt or the filters and watch the distribution of a real model.
"""
PICTURE_MD = """
Grey: what the model said. Blue: what is left to draw from. Vermilion: cut by a filter. ␣ is a space
that belongs to the token.
"""
DICE_MD = """
The blue distribution, laid end to end. The dice is one number between 0 and 1; the token it falls
on is the token you get.
"""
TEXT_MD = """
Throw the dice, add the token to the prompt, ask the model again. The same seed writes the same
text. Hover a token for its numbers.
"""

layout.lab_header("sampling", idea=IDEA_MD)
with st.sidebar:
    model_id = controls.model_picker("causal_lm", key="sampling_model")
    seed = controls.whole_number(
        "Seed", 0, 2**31 - 1, 7, key="sampling_seed", help="The same seed throws the same dice."
    )
    chain = filter_bench.chain_controls()
view = controls.choice(
    "View", ("One token", "Decode", "Two texts", "Read my text"), key="sampling_view"
)
if view == "Read my text":
    reading_view.show(model_loading.ready_causal_lm(model_id), seed=seed)
    layout.previous_and_next("sampling")
    st.stop()
prompt = controls.long_text(
    "Prompt", FRANCE, key="sampling_prompt", help="The text that the model continues.", height=68
)
sampling_lab.guard_prompt(prompt)

lm = model_loading.ready_causal_lm(model_id)
if view in ("Decode", "Two texts"):
    n_tokens = sampling_lab.length_control()
    shown = decoding_view if view == "Decode" else two_texts
    written_by = shown.show(lm, prompt, chain, seed=seed, max_new_tokens=n_tokens)
    if written_by is not None:
        layout.take_it_with_you(
            sampling_lab.script(model_id, prompt, written_by, seed=seed, n_tokens=n_tokens),
            url_path="sampling",
        )
    layout.read_the_code(
        branches.TextTree.extend,
        text_statistics.figures_of,
        text_statistics.first_divergence,
        url_path="sampling",
    )
    layout.previous_and_next("sampling")
    st.stop()
result = sampling_lab.next_token(model_id, prompt, chain, seed=seed)

sampling_lab.metrics(result)
sampling_lab.picture(result)
st.caption(f"{PICTURE_MD} {sampling_lab.prompt_note(result, lm)}")

st.subheader("Filter by filter", anchor=False)
sampling_lab.stages(result)

st.subheader("Throw the dice", anchor=False)
st.markdown(DICE_MD)
n_throws = controls.choice(
    "Throws", (1, 100, 10_000), key="sampling_throws", format_func="{:,}".format
)
if n_throws == 1:
    sampling_lab.throw_once(model_id, result, seed=seed)
else:
    sampling_lab.throw_many(result, n=n_throws, seed=seed)

st.subheader("Let it write", anchor=False)
st.markdown(TEXT_MD)
length, start = st.columns([3, 1], vertical_alignment="bottom")
with length:
    max_new_tokens = sampling_lab.length_control()
write = partial(
    sampling_lab.start_text, lm, prompt, chain, seed=seed, max_new_tokens=max_new_tokens
)
start.button(
    "Write", icon=":material/edit_note:", type="primary", key="sampling_write", on_click=write
)
generation.generation_view(sampling_lab.RUN_KEY, on_branch=lambda ids: write(forced=ids))

experiments.try_this(EXPERIMENTS, result, url_path="sampling")
layout.aha(
    "The model does not understand, it predicts.",
    because=f"All it gave for this prompt is one list of {result.trace.kept.size:,} probabilities. "
    "The word you read was chosen by a dice.",
)
layout.take_it_with_you(
    sampling_lab.script(model_id, prompt, chain, seed=seed, n_tokens=max_new_tokens),
    url_path="sampling",
)
layout.read_the_code(sampling.SamplingChain.apply, truncation.top_p, dice.draw, url_path="sampling")
layout.previous_and_next("sampling")
