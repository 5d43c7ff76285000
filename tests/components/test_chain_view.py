"""Where the nodes of a graph stand."""

from components import chain_view
from core.foundations import chain_rule


def test_every_node_stands_right_of_all_that_it_uses():
    graph = chain_rule.build("(tanh(w*x + b) - y)^2", {"w": 1.0, "x": 2.0, "b": 0.5, "y": 1.0})
    places = chain_view.places(graph)
    for node in graph.nodes:
        assert all(places[i][0] < places[node.index][0] for i in node.inputs)


def test_no_two_nodes_stand_in_one_place():
    graph = chain_rule.build("x*y + x*y*x + sin(x)", {"x": 1.0, "y": 2.0})
    places = chain_view.places(graph)
    assert len(set(places)) == len(places) == len(graph.nodes)


def test_a_formula_of_one_letter_has_one_node_in_the_first_column():
    assert chain_view.places(chain_rule.build("x", {"x": 1.0})) == [(0, 0.5)]
