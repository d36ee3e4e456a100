"""Algorithms on a graph of nodes: order, local derivatives, adjoints, tangents.

A ``Node`` has a ``primitive`` (None for a leaf), ``operands`` (nodes, in order, repeated where used
twice), ``_data`` (its number), ``serial`` (the order of making), ``name`` and ``is_constant`` (a number
of the program, no variable).

    adjoint  x_bar = ∂out/∂x
    seed     the adjoint an output starts with
    place    where a node stands in a list of nodes: kept in the node itself, and believed only as far
             as the list has that very node there, because several lists may be at work at a time
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from autodiff import calls, modes, nodes
from autodiff.operators import Number

ONE = 1.0  # the seed of a recorded sweep; multiplying by it would only add nodes


class Label(NamedTuple):
    """What a node carries besides its numbers."""

    name: str | None = None
    scope: str = ""
    constant: bool = False  # a number written in the program, no variable
    changed: int = 0  # the serial at which the number was assigned anew, 0 for never
    changed_at: str = ""  # the user's line that did it
    operands: tuple[Any, ...] = ()  # when there are more than two


PLAIN = Label()

# What a gradient is before the first backward. Adding to -0.0 gives the other number, bit for bit, and
# no sum that starts at 0.0 is -0.0: so it needs no test, and no room of its own.
NOT_YET = -0.0


class Node(Number):
    """What the algorithms read of a node: its number, and where it came from."""

    # One operand or two have places of their own; a tuple of more hangs on the label.
    __slots__ = (
        "__weakref__", "_data", "_grad", "_label", "_left", "_place", "_right", "primitive", "serial",
    )  # fmt: skip

    def __init__(self, data: float) -> None:
        self._data = data
        self._grad = NOT_YET
        self._label = PLAIN
        self.primitive: Any = None
        self._left: Any = None
        self._right: Any = None
        self._place = 0
        self.serial: int = calls.next_serial()

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands of the operation that made the node, in order; none for a leaf."""
        if self._left is None:
            return self._label.operands
        return (self._left,) if self._right is None else (self._left, self._right)


def topological_order(*outs: Any) -> list[Any]:
    """Return every node that ``outs`` depend on, each once, operands before the nodes that use them.

    Operands are made before the node that uses them, so the order of making is such an order: the
    one in which the program ran. No recursion, and no hash or id has a say.

    >>> import autodiff as ad
    >>> x = ad.Value(2.0, name="x")
    >>> [node.name for node in topological_order(x * x + x)]
    ['x', None, None]
    """
    order = laid_out(outs)
    order.reverse()
    return order


WINDOW = 4096  # so many successive serials are looked at together, more where more nodes are waiting


def laid_out(outs: tuple[Any, ...]) -> list[Any]:
    """Return every node that ``outs`` depend on, newest first, each at its place.

    Most nodes of a graph were made one after the other, so that in a list for the nodes of successive
    serials, a window, the serials tell the places. One pass down a window finds all nodes in it, since
    those that need a node are newer than it is; what is older waits for the next window. Where
    a window stays almost empty the rest is sorted instead: so the time is linear in any case but that.
    """
    layout: list[Node] = []
    older: list[Node] = []  # those waiting
    for out in outs:
        _reach(older, out)
    size = found = 64
    while older and 8 * found >= size:
        size, found = max(min(2 * size, WINDOW), 4 * len(older)), 0
        newest = max([node.serial for node in older])
        window: list[Node | None] = [None] * size
        waiting, older = older, []
        for node in waiting:
            if newest - node.serial >= size:
                _reach(older, node)
            elif window[newest - node.serial] is None:
                window[newest - node.serial] = node
            else:
                return _sorted_out(outs)
        for entry in window:  # which is filled while it is walked
            if entry is None:
                continue
            user = nodes.as_node(entry)
            found += 1
            user._place = len(layout)
            layout.append(user)
            operand = user._left
            if operand is not None:
                i = newest - operand.serial
                if i >= size:
                    _reach(older, operand)
                elif window[i] is None:
                    window[i] = operand
                elif window[i] is not operand:
                    return _sorted_out(outs)
                operand = user._right
                if operand is not None:
                    i = newest - operand.serial
                    if i >= size:
                        _reach(older, operand)
                    elif window[i] is None:
                        window[i] = operand
                    elif window[i] is not operand:
                        return _sorted_out(outs)
            elif user.primitive is not None:
                for x in user.operands:
                    i = newest - x.serial
                    if i >= size:
                        _reach(older, x)
                    elif window[i] is None:
                        window[i] = x
                    elif window[i] is not x:
                        return _sorted_out(outs)
    return _placed(layout, _with_operands(older))


def _sorted_out(outs: tuple[Any, ...]) -> list[Any]:
    """Return what ``laid_out`` does where two nodes have the same serial, as copies have."""
    nodes: list[Node] = []
    for out in outs:
        _reach(nodes, out)
    return _placed([], _with_operands(nodes))


def _with_operands(nodes: list[Node]) -> list[Node]:
    """Return ``nodes`` and all that they depend on, newest first."""
    for node in nodes:  # grows while it is walked
        for operand in node.operands:
            _reach(nodes, operand)
    nodes.sort(key=attrgetter("serial"), reverse=True)
    return nodes


def _placed(layout: list[Node], nodes: list[Node]) -> list[Node]:
    """Return ``layout`` with ``nodes`` after it, each at its place."""
    last = None
    for node in nodes:
        if node is not last:  # twice if another thread gave it another place meanwhile
            node._place = len(layout)
            layout.append(node)
        last = node
    return layout


def _reach(nodes: list[Node], node: Node) -> None:
    """Append ``node`` unless it is there already."""
    if node._place >= len(nodes) or nodes[node._place] is not node:
        node._place = len(nodes)
        nodes.append(node)


def local_derivatives(node: Node) -> tuple[float, ...]:
    """Return ∂node/∂operand for each operand of ``node``, in order, as floats.

    Raises:
        DomainError: in strict mode, where one at finite operands is inf or nan.
    """
    operands = node.operands
    if not operands:
        return ()
    values = [operand._data for operand in operands]
    partials: tuple[float, ...] = node.primitive.partials(node._data, *values)
    if modes.active.blocks and modes.current().strict:
        names = [operand.name for operand in operands]
        for position, partial in enumerate(partials):
            if not operands[position].is_constant:
                node.primitive.check_partial(position, partial, values, names)
    return partials


def adjoints(order: list[Any], seeds: Mapping[Any, float]) -> dict[Any, float]:
    """Return ∂Σ(seed · out)/∂node for every node of ``order``, a topological order of the graph.

    Seeds that are themselves being differentiated make the adjoints such numbers, too.

    Source: reverse accumulation, Griewank & Walther 2008, §3.2.
    """
    if not any(isinstance(seed, Number) for seed in seeds.values()):
        layout = _placed([], order[::-1])
        return dict(zip(order, reversed(sweep(layout, seeds)), strict=True))
    x_bar: dict[Any, Any] = {**dict.fromkeys(order, 0.0), **seeds}
    for node in reversed(order):
        for operand, partial in zip(node.operands, local_derivatives(node), strict=True):
            x_bar[operand] += x_bar[node] * partial
    return x_bar


def sweep(layout: list[Any], seeds: Mapping[Any, float]) -> Sequence[float]:
    """Return the adjoint for each place of a layout."""
    count = len(layout)
    x_bar = calls.zeros(count)
    for out, seed in seeds.items():
        x_bar[place_of(out, layout)] = seed
    careful = modes.active.blocks > 0
    for i in range(count):
        node = nodes.as_node(layout[i])
        left = node._left
        right = node._right
        out_bar = x_bar[i]
        if left is not None and right is not None and not careful:  # the usual case, spared a loop
            x_partial, y_partial = node.primitive.partials(node._data, left._data, right._data)
            place = left._place
            if place >= count or layout[place] is not left:
                place = place_of(left, layout)
            x_bar[place] += out_bar * x_partial  # += : an operand may feed several nodes
            place = right._place
            if place >= count or layout[place] is not right:
                place = place_of(right, layout)
            x_bar[place] += out_bar * y_partial
        elif left is not None and not careful:
            x_partial = node.primitive.partial(node._data, left._data)
            x_bar[place_of(left, layout)] += out_bar * x_partial
        elif node.primitive is not None:
            for operand, partial in zip(node.operands, local_derivatives(node), strict=True):
                x_bar[place_of(operand, layout)] += out_bar * partial
    return x_bar


def place_of(node: Node, layout: list[Any]) -> int:
    """Return where ``node`` stands: looked for if another thread has given it another place since."""
    place: int = node._place
    if place < len(layout) and layout[place] is node:
        return place
    return [id(other) for other in layout].index(id(node))


def recorded_adjoints(order: Sequence[Node], seeds: Mapping[Node, Any]) -> dict[Node, Any]:
    """Return what ``adjoints`` does as nodes themselves, so that it can be differentiated again.

    Adjoints that are numerically zero are recorded too: their derivative need not be zero.
    """
    x_bar: dict[Node, Any] = dict(seeds)
    recorder = modes.recorder()
    for node in reversed(order):
        operands = node.operands
        # Constants enter the rules as floats, so that nothing is recorded about them; but a tape must
        # know the detached ones, whose number follows the inputs.
        fixed = [x.is_constant and (recorder is None or recorder.is_fixed(x)) for x in operands]
        numbers = [x._data if stays else x for x, stays in zip(operands, fixed, strict=True)]
        wanted = [not x.is_constant for x in operands]
        partials = node.primitive.recorded_partials(node, numbers, wanted) if operands else []
        for operand, partial in zip(operands, partials, strict=True):
            if partial is not None:
                contribution = partial if x_bar[node] is ONE else x_bar[node] * partial
                held = x_bar.get(operand)
                x_bar[operand] = contribution if held is None else held + contribution
    return x_bar


def tangents(order: Sequence[Node], seeds: Mapping[Node, float]) -> dict[Node, float]:
    """Return ẋ = Σ ∂x/∂input · seed for every node that moves: one forward-mode pass.

    What does not depend on a seeded input is left out: its tangent is 0.
    """
    x_dot = dict(seeds)
    for node in order:
        moving = [position for position, x in enumerate(node.operands) if x in x_dot]
        partials = local_derivatives(node) if moving else ()
        for position in moving:
            contribution = partials[position] * x_dot[node.operands[position]]
            x_dot[node] = x_dot.get(node, 0.0) + contribution
    return x_dot
