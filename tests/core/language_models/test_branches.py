import math

import pytest

from core.language_models import branches

HALF = math.log(0.5)


def test_texts_share_their_beginning():
    tree, one = branches.TextTree().extend(branches.ROOT, [5, 6, 7], [HALF] * 3)
    tree, other = tree.extend(branches.ROOT, [5, 6, 8], [HALF, HALF, math.log(0.25)])
    assert len(tree.nodes) == 5
    assert tree.path(one) == (5, 6, 7)
    assert tree.path(other) == (5, 6, 8)
    assert [node.token_id for node in tree.leaves()] == [7, 8]
    assert tree.joint_prob(one) == pytest.approx(0.125)
    assert tree.joint_prob(other) == pytest.approx(0.0625)
    assert tree.joint_prob(branches.ROOT) == 1


def test_a_branch_can_be_taken_from_any_node_and_returned_to():
    tree, end = branches.TextTree().extend(branches.ROOT, [1, 2], [HALF, HALF])
    middle = tree.lineage(end)[0]
    branched, other = tree.extend(middle.node_id, [9], [HALF])
    assert branched.path(other) == (1, 9)
    assert branched.path(end) == (1, 2)
    assert [node.token_id for node in branched.children(middle.node_id)] == [2, 9]


def test_extending_leaves_the_old_tree_as_it_was():
    tree, _ = branches.TextTree().extend(branches.ROOT, [1], [HALF])
    tree.extend(branches.ROOT, [2], [HALF])
    assert len(tree.nodes) == 2
    same, _ = tree.extend(branches.ROOT, [1], [HALF])
    assert same == tree
    assert hash(same) == hash(tree)


def test_nothing_added_is_the_node_itself():
    tree = branches.TextTree()
    assert tree.extend(branches.ROOT, [], []) == (tree, branches.ROOT)
    assert tree.path(branches.ROOT) == ()
    assert tree.leaves() == tree.nodes


def test_what_does_not_exist_is_refused():
    tree = branches.TextTree()
    for node_id in (-1, 1):
        with pytest.raises(ValueError, match="no node"):
            tree.extend(node_id, [1], [HALF])
        with pytest.raises(ValueError, match="no node"):
            tree.extend(node_id, [], [])
    with pytest.raises(ValueError, match="2 tokens with 1"):
        tree.extend(branches.ROOT, [1, 2], [HALF])
