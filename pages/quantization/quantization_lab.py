"""Quantization: the same real weights through every scheme, put back, and judged."""

from components import controls, experiments, layout, quantization_experiments
from components import quantization_lab as lab

IDEA_MD = """
A weight is a number, and a number can be written with fewer bits: round it to a grid, keep the
place on the grid. Round real weights in every scheme in use, and see what is lost.
"""

layout.lab_header("quantization_lab", idea=IDEA_MD)
view = controls.choice("View", lab.VIEWS, key="quantization_lab_view")
step = lab.step(view)

result = step.show()

experiments.try_this(
    quantization_experiments.of_view(view),
    result,
    url_path=quantization_experiments.key_of_view(view),
)
if result is not None:
    layout.aha("Quantization is just rounding.", because=step.earned(result))
    layout.take_it_with_you(step.script(result), url_path="quantization_lab")
layout.read_the_code(*step.code, url_path="quantization_lab")
layout.previous_and_next("quantization_lab")
