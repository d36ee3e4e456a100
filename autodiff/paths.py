"""The paths from an input to an output: each one's product of local derivatives, and their sum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autodiff import modes
from autodiff.graph import adjoints, local_derivatives, topological_order
from autodiff.value import Value, check_fresh


@dataclass(frozen=True)
class Path:
    """One way from an input to an output.

    ``nodes`` runs from the input to the output, ``partials`` are the local derivatives along it
    (``partials[i]`` is ∂nodes[i+1]/∂nodes[i]), and ``positions`` which operand each edge is.
    """

    nodes: tuple[Value, ...]
    positions: tuple[int, ...]
    partials: tuple[float, ...]

    @property
    def product(self) -> float:
        """The product of the local derivatives, multiplied from the output down."""
        result = 1.0
        for partial in reversed(self.partials):
            result *= partial
        return result


@dataclass(frozen=True, repr=False)
class Paths:
    """The paths from ``x`` to ``out``: a sequence of ``Path``, empty where there are too many to list.

    ``count`` is how many there are, ``total`` their sum: ∂out/∂x.
    """

    out: Value
    x: Value
    count: int
    total: float
    listed: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.listed)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.listed)

    def __getitem__(self, index: int) -> Path:
        return self.listed[index]

    def __repr__(self) -> str:
        return f"<Paths: {self.count} from {self.x!r} to {self.out!r}, together {self.total!r}>"

    def __str__(self) -> str:
        return self.text()

    def text(self, digits: int = 4, within: Sequence[Value] = ()) -> str:
        """Return the paths, one a line, and their sum; ``within`` is the graph that names the nodes."""
        from autodiff.formulas import name, product_of
        from autodiff.notation import number, substituted

        symbols = symbols_of(within or topological_order(self.out))
        out = symbols.get(self.out, "a constant")
        if self.x in symbols and not self.count:
            return f"no path: {symbols[self.x]} and {out} are not connected"
        if self.x not in symbols:
            return f"no path: {self.x.name or repr(self.x)} and {out} are not connected"
        target = f"∂{out}/∂{symbols[self.x]}"
        lines = []
        for path in self.listed:
            way = " → ".join(symbols[node] for node in path.nodes)
            factors = {f"${i}": partial for i, partial in enumerate(reversed(path.partials))}
            formula = product_of([name(factor) for factor in factors])
            put_in = substituted(formula, factors, path.product, digits)
            lines.append(f"{way}: {put_in} = {number(path.product, digits)}")
        if not self.listed:
            lines.append(f"{self.count} paths, too many to list")
        elif self.count > 1:
            lines.append(f"sum of {self.count} paths")
        return "\n".join([*lines, f"{target} = {number(self.total, digits)}"])


def paths(out: Value, x: Value, *, most: int = 1000) -> Paths:
    """Return the paths from ``x`` to ``out``; the sum of their products is ∂out/∂x.

    Where there are more than ``most`` they are counted and summed, but not listed.

    Raises:
        TypeError: when an end is no Value.
        StaleValueError: when a leaf's number was assigned after the graph had used it.

    Source: Bauer's formula, Griewank & Walther 2008, §2.2.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0, name="x")
    >>> print(ad.paths(x * x + x, x))
    x → a2 → a3: 1 · 3 = 3
    x → a2 → a3: 1 · 3 = 3
    x → a3: 1 = 1
    sum of 3 paths
    ∂a3/∂x = 7
    """
    for end in (out, x):
        if not isinstance(end, Value):
            raise TypeError(f"paths run between Values, not {type(end).__name__} {end!r}")
    if modes.active.blocks and (recorder := modes.witness()):
        recorder.refuse("sums the paths to", out)
    order = topological_order(out)
    check_fresh(order)
    ways = dict.fromkeys(order, 0)  # the number of paths from x to each node
    if x in ways and not x.is_constant:
        ways[x] = 1
    for node in order:
        if node is not x:
            for operand in node.operands:
                ways[node] += ways[operand]
    count = ways[out]
    total = adjoints(order, {out: 1.0}).get(x, 0.0) if count else 0.0
    listed = tuple(_walk(out, x, ways)) if 0 < count <= most else ()
    return Paths(out, x, count, total, listed)


def _walk(out: Value, x: Value, ways: dict[Value, int]) -> Iterator[Path]:
    """Yield every path, found from ``out`` down along the edges that reach ``x``."""
    pending: list[tuple[Value, _Way | None]] = [(out, None)]
    while pending:
        node, way = pending.pop()
        if node is x:
            yield _path(x, way)
            continue
        local = local_derivatives(node)
        for position in reversed(range(len(node.operands))):
            if ways[node.operands[position]]:
                step = _Way(node, position, local[position], way)
                pending.append((node.operands[position], step))


class _Way(NamedTuple):
    """One edge, up to ``node``, and the way from there to the output: ways share their ends."""

    node: Value
    position: int
    partial: float
    onward: "_Way | None"


def _path(x: Value, way: _Way | None) -> Path:
    edges = []
    while way is not None:
        edges.append(way)
        way = way.onward
    return Path(
        (x, *(edge.node for edge in edges)),
        tuple(edge.position for edge in edges),
        tuple(edge.partial for edge in edges),
    )


def symbols_of(nodes: Sequence[Value]) -> dict[Value, str]:
    """Return what each node of a graph is called: its name, else a1, a2 … in the order of making."""
    from autodiff.symbols import symbols

    variables = [node for node in nodes if not node.is_constant]
    return dict(
        zip(
            variables,
            symbols([node.name for node in variables], [node.scope for node in variables]),
            strict=True,
        )
    )
