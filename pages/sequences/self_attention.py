"""Self-attention by hand: every number of it, on a few words or in a real head."""

from components import controls, experiments, layout
from components import self_attention_lab as lab
from components.self_attention_experiments import EXPERIMENTS

IDEA_MD = """
Every word asks a question, offers a key and carries a value. Attention compares them all.
"""

layout.lab_header("self_attention", idea=IDEA_MD)
part = controls.choice("Part", tuple(lab.PARTS), key="self_attention_part")
read, show = lab.PARTS[part]
result = read()
show(result)

experiments.try_this(EXPERIMENTS, result, url_path="self_attention")
layout.aha("Attention is just comparing all words to each other.", because=lab.earned(result))
layout.take_it_with_you(lab.script(result), url_path="self_attention")
layout.read_the_code(*lab.code(result), url_path="self_attention")
layout.previous_and_next("self_attention")
