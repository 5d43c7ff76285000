"""A tree of texts: every choice that was tried, with the probability of getting there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

ROOT = 0


@dataclass(frozen=True)
class Node:
    """One token of the tree."""

    node_id: int
    parent_id: int
    token_id: int
    prob: float
    """The model's own probability of this token after its path."""
    log_prob: float
    """Joint log-probability of the path from the root to here, in nats."""
    depth: int
    """Tokens from the root to here."""


@dataclass(frozen=True)
class TextTree:
    """Texts that begin with the same prompt; it never changes, extending gives another tree.

    Node 0 is the root: it stands for the prompt.
    """

    nodes: tuple[Node, ...] = (Node(ROOT, -1, -1, 1.0, 0.0, 0),)

    def extend(
        self, node_id: int, token_ids: Sequence[int], log_probs: Sequence[float]
    ) -> tuple["TextTree", int]:
        """Add a run of tokens behind a node; what is there already is walked, not added again.

        Args:
            node_id: Where the run begins.
            token_ids: The tokens.
            log_probs: Log-probability of each token, in nats, given all before it.

        Returns:
            The new tree, and the node of the last token.

        Raises:
            ValueError: If the node does not exist, or there are not as many log-probabilities as
                tokens.

        Example:
            >>> tree, first = TextTree().extend(ROOT, [5, 6], [math.log(0.5), math.log(0.5)])
            >>> tree, second = tree.extend(ROOT, [5, 7], [math.log(0.5), math.log(0.25)])
            >>> len(tree.nodes), tree.path(second), round(tree.joint_prob(second), 4)
            (4, (5, 7), 0.125)
        """
        if len(token_ids) != len(log_probs):
            raise ValueError(f"{len(token_ids)} tokens with {len(log_probs)} log-probabilities")
        tree = self
        for token_id, log_prob in zip(token_ids, log_probs, strict=True):
            tree, node_id = tree._step(node_id, int(token_id), float(log_prob))
        tree.node(node_id)
        return tree, node_id

    def node(self, node_id: int) -> Node:
        """Give a node by its id.

        Args:
            node_id: The id.

        Returns:
            The node.

        Raises:
            ValueError: If there is none.
        """
        if not 0 <= node_id < len(self.nodes):
            raise ValueError(f"the tree has no node {node_id}")
        return self.nodes[node_id]

    def lineage(self, node_id: int) -> tuple[Node, ...]:
        """Give the nodes from the first token to this one; empty for the root."""
        backwards = []
        node = self.node(node_id)
        while node.node_id != ROOT:
            backwards.append(node)
            node = self.nodes[node.parent_id]
        return tuple(reversed(backwards))

    def path(self, node_id: int) -> tuple[int, ...]:
        """Give the token ids from the first token to this one; empty for the root."""
        return tuple(node.token_id for node in self.lineage(node_id))

    def children(self, node_id: int) -> tuple[Node, ...]:
        """Give the nodes that continue this one, in the order in which they were added."""
        return tuple(node for node in self.nodes[1:] if node.parent_id == node_id)

    def leaves(self) -> tuple[Node, ...]:
        """Give the nodes that nothing continues: the ends of the texts."""
        parents = {node.parent_id for node in self.nodes}
        return tuple(node for node in self.nodes if node.node_id not in parents)

    def joint_prob(self, node_id: int) -> float:
        """Give the probability of the whole path to a node."""
        return math.exp(self.node(node_id).log_prob)

    def _step(self, node_id: int, token_id: int, log_prob: float) -> tuple["TextTree", int]:
        parent = self.node(node_id)
        for child in self.children(node_id):
            if child.token_id == token_id:
                return self, child.node_id
        added = Node(
            node_id=len(self.nodes),
            parent_id=node_id,
            token_id=token_id,
            prob=math.exp(log_prob),
            log_prob=parent.log_prob + log_prob,
            depth=parent.depth + 1,
        )
        return replace(self, nodes=(*self.nodes, added)), added.node_id
