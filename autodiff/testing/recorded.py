"""``Recorded``: one run of a function on Values, and what of it is differentiated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from autodiff.graph import topological_order
from autodiff.value import Value


@dataclass(frozen=True)
class Recorded:
    """A run on Values: what is differentiated is the weighted sum of its outputs."""

    outs: Sequence[Value]
    inputs: Sequence[Value]
    weights: Sequence[float]

    @cached_property
    def nodes(self) -> list[Value]:
        """The nodes in topological order."""
        return topological_order(*self.outs)

    def seeds(self) -> dict[Value, float]:
        """Return the seed of each output: one that is returned twice has both weights."""
        seeds: dict[Value, float] = {}
        for out, weight in zip(self.outs, self.weights, strict=True):
            seeds[out] = seeds.get(out, 0.0) + weight
        return seeds

    def value_at(self, moved: Mapping[Value, float]) -> float:
        """Return Σ weight · output for other numbers of some leaves, the graph being what it is."""
        numbers: dict[Value, float] = {}
        for node in self.nodes:
            if node.primitive is None:
                numbers[node] = moved.get(node, node.data)
            else:
                numbers[node] = node.primitive.evaluate(*[numbers[x] for x in node.operands])
        return sum(w * numbers[out] for w, out in zip(self.weights, self.outs, strict=True))
