"""Linear algebra: a matrix on the plane, products, likeness of words, low rank, a layer."""

from components import controls, experiments, layout, likeness_lab, plane_lab
from components import linear_algebra_lab as lab
from components.linear_algebra_experiments import EXPERIMENTS
from core.foundations import linear_algebra, matrix_products

IDEA_MD = """
A matrix is a machine that moves arrows. Multiplying is rows times columns, a dot product in every
cell. Turning the plane, comparing words, a layer of a network: all are this one operation.
"""
PARTS = ("Matrix", "Multiply", "Likeness", "Low rank", "Layer")

layout.lab_header("linear_algebra", idea=IDEA_MD)
part = controls.choice("Part", PARTS, key="linear_algebra_part")

if part == "Matrix":
    result = plane_lab.read_plane()
    plane_lab.show_plane(result)
    functions = (linear_algebra.transform, linear_algebra.eigen)
elif part == "Multiply":
    result = lab.read_product()
    lab.show_product(result)
    functions = (matrix_products.cell,)
elif part == "Likeness":
    result = likeness_lab.read_words()
    likeness_lab.show_words(result)
    functions = (matrix_products.compare, matrix_products.cosine_table)
elif part == "Low rank":
    result = lab.read_picture()
    lab.show_picture(result)
    functions = (matrix_products.low_rank,)
else:
    result = lab.read_layer()
    lab.show_layer(result)
    functions = (matrix_products.layer,)

experiments.try_this(EXPERIMENTS, result, url_path="linear_algebra")
layout.aha("Oh, it's just matrix multiplication.", because=lab.earned(result))
layout.take_it_with_you(lab.script(result), url_path="linear_algebra")
layout.read_the_code(*functions, url_path="linear_algebra")
layout.previous_and_next("linear_algebra")
