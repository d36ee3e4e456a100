"""``Value``: one node of a computation graph, and ``backward``.

A node is data, not behaviour: a number, the primitive that made it, and that primitive's operands.
Everything that is done with a graph (walking it backwards, stepping, drawing, recording) reads just
these three.
"""

import math
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from autodiff import calls, modes, nodes
from autodiff.errors import StaleValueError, user_line
from autodiff.graph import NOT_YET, PLAIN, Label, Node, laid_out, sweep, topological_order
from autodiff.later import room
from autodiff.modes import active
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.primitives import identity
from autodiff.scalars import as_float, is_real

_changing = threading.Lock()
_last_change = 0  # the serial at which a leaf's number was last assigned


_CONSTANT = Label(constant=True)


class Value(Node):
    """A node of the graph: a number and where it came from.

    Arguments:
        data: any real scalar.
        primitive: the operation that made it, None for a leaf.
        operands: that operation's operands, in order.
        name: what it is called in formulas, drawings and messages.

    Raises:
        TypeError: for text, complex numbers, arrays and None.

    >>> import autodiff as ad
    >>> x, y = ad.Value(2.0, name="x"), ad.Value(3.0, name="y")
    >>> z = x * y + ad.sin(x)
    >>> z.backward()
    >>> y.grad
    2.0
    """

    __slots__ = ()
    _precedence = 1

    def __init__(
        self,
        data: Any,
        primitive: Primitive | None = None,
        operands: Iterable["Value"] = (),
        *,
        name: str | None = None,
    ) -> None:
        Node.__init__(self, as_float(data, "Value"))
        scope = modes.current().scope if active.blocks else ""
        if name is not None or scope:
            self._label = Label(_text(name), scope)
        nodes = tuple(operands)
        if primitive is not None or nodes:
            if primitive is None or not nodes or any(type(x) is not Value for x in nodes):
                raise TypeError("a node has a primitive and Values as its operands, a leaf has neither")
            _link(self, primitive, nodes, self._label)

    @property
    def data(self) -> float:
        """The number. Assigning it is for leaves alone, and makes the graphs that used it stale."""
        if active.blocks and (recorder := modes.witness()):
            recorder.refuse("reads .data of", self)
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        if active.blocks and (recorder := modes.witness()):
            recorder.refuse("assigns .data of", self)
        if self.primitive is not None:
            raise AttributeError(
                f"the number of {self} follows from its operands: assign the leaves' .data instead, "
                "and compute it anew"
            )
        self._data = as_float(number, "data")
        _mark_changed(self, user_line())

    @property
    def grad(self) -> float:
        """∂out/∂self, as the last ``backward`` left it; 0.0 before the first."""
        if active.blocks and (recorder := modes.witness()):
            recorder.refuse("reads .grad of", self)
        return self._grad + 0.0

    @grad.setter
    def grad(self, number: Any) -> None:
        if number is not None and active.blocks and (recorder := modes.witness()):
            recorder.refuse("assigns .grad of", self)
        self._grad = NOT_YET if number is None else as_float(number, "grad") + 0.0

    @property
    def has_grad(self) -> bool:
        """Whether ``grad`` was computed (or set): "not computed yet" is not 0."""
        return self._grad != 0.0 or math.copysign(1.0, self._grad) > 0.0

    @property
    def name(self) -> str | None:
        """What the node is called, None where it has no name."""
        return self._label.name

    @name.setter
    def name(self, name: str | None) -> None:
        self._label = self._label._replace(name=_text(name))

    @property
    def scope(self) -> str:
        """The scopes the node was made in, outermost first, joined by `` / ``."""
        return self._label.scope

    @property
    def is_constant(self) -> bool:
        """Whether the node is a number written in the program: no variable, without a gradient."""
        return self._label.constant

    @property
    def _primal(self) -> float:
        return self._data

    def backward(self, seed: float = 1.0) -> None:
        """Add ∂(seed · self)/∂leaf to every leaf's ``.grad``, and set the intermediates'.

        Raises:
            StaleValueError: when a leaf's number was assigned after the graph had used it.
        """
        backward([self], [seed])

    def detach(self) -> "Value":
        """Return a constant with the same number: no derivative goes back through it.

        >>> import autodiff as ad
        >>> ad.grad(lambda x: x * x.detach())(3.0)
        3.0
        """
        twin = constant(self._data)
        _link(twin, None, (), _CONSTANT._replace(name=self.name, scope=self.scope))
        if active.blocks and (recorder := modes.witness()):
            recorder.hide(twin, identity, (self,))
        return twin

    @staticmethod
    def _apply(primitive: Primitive, operands: Sequence[Any]) -> "Value":
        nodes = tuple(x if type(x) is Value else constant(x, primitive.name) for x in operands)
        return record(primitive, nodes, primitive.evaluate(*[node._data for node in nodes]))

    # The three ways to make a node by an operator, each spared the detour through the primitive's
    # call: most nodes of a graph are made here.

    def _binary(self, primitive: Primitive, other: Any) -> Any:
        if type(other) is Value:
            return _made(primitive, self, other)
        if type(other) is float or type(other) is int:
            return _made(primitive, self, constant(other))
        return Number._binary(self, primitive, other)

    def _reflected(self, primitive: Primitive, other: Any) -> Any:
        if type(other) is float or type(other) is int:
            return _made(primitive, constant(other), self)
        return Number._reflected(self, primitive, other)

    def _unary(self, primitive: Primitive) -> Any:
        return _made(primitive, self, None)

    def __repr__(self) -> str:
        parts = [repr(self._data)]
        parts += [f"name={self.name!r}"] if self.name is not None else []
        parts += [f"primitive={self.primitive.name!r}"] if self.primitive is not None else []
        parts += [f"grad={self._grad!r}"] if self.has_grad else []
        return f"Value({', '.join(parts)})"

    def _repr_svg_(self) -> str | None:
        """Return what a notebook shows: the drawing of a computed number's graph, if it is small."""
        picture: str | None = room("draw").picture_of(self)
        return picture

    # ── copies: the graph is laid out flat, so that depth does not matter ───────────────────────
    # A twin keeps its original's serial, and with it the order of making: stale stays stale.

    def __copy__(self) -> "Value":
        return _twin(self, self.operands)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        for node in topological_order(self):
            if id(node) not in memo:
                memo[id(node)] = _twin(node, [memo[id(operand)] for operand in node.operands])
        copied: Value = memo[id(self)]
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        if active.blocks and (recorder := modes.witness()):
            recorder.refuse("pickles", self)
        if not self.operands:
            return (_leaf, (self._data, self._grad, self._label._replace(changed=0)))
        # Leaves go in as objects, so that graphs pickled together still share them.
        order = [node for node in topological_order(self) if node.operands]
        leaves = list(dict.fromkeys(x for node in order for x in node.operands if not x.operands))
        stale = dict.fromkeys(x for n in order for x in n.operands if x._label.changed > n.serial)
        place = {node: i for i, node in enumerate([*leaves, *order])}
        steps = [
            (
                n.primitive,
                [place[x] for x in n.operands],
                n._data,
                n._grad,
                n._label._replace(operands=()),
            )
            for n in order
        ]
        return (_rebuilt, (leaves, steps, [place[leaf] for leaf in stale]))


nodes.finish(Value)


def constant(number: Any, place: str = "") -> Value:
    """Return a node for a number written in the program: no variable, and without a gradient."""
    data = number if type(number) is float else as_float(number, place)
    return nodes.node_of(Value, data, NOT_YET, _CONSTANT, None, None, None)


def _made(primitive: Any, x: Value, y: Value | None) -> Value:
    """Return the node that ``primitive`` makes of one operand or two."""
    data = primitive.evaluate(x._data) if y is None else primitive.evaluate(x._data, y._data)
    node: Value = nodes.node_of(Value, data, NOT_YET, PLAIN, primitive, x, y)
    if active.blocks:
        _obey_modes(node, primitive)
    return node


def record(primitive: Primitive, operands: tuple[Value, ...], data: float) -> Value:
    """Return the node that ``primitive`` made of ``operands``, as the modes in force want it."""
    node = constant(data)
    _link(node, primitive, operands, PLAIN)
    if active.blocks:
        _obey_modes(node, primitive)
    return node


def _link(node: Value, primitive: Primitive | None, operands: tuple[Value, ...], label: Label) -> None:
    """Make ``node`` what ``primitive`` gives for ``operands``."""
    count = len(operands)
    node.primitive = primitive
    node._left = operands[0] if 0 < count < 3 else None
    node._right = operands[1] if count == 2 else None
    node._label = label if count < 3 else label._replace(operands=operands)


def _obey_modes(node: Value, primitive: Primitive) -> None:
    """See to it that a new node is as the modes in force want it."""
    mode = modes.current()
    if mode.recorder:
        mode.recorder.made.add(node.serial)
    elif recorder := modes.witness():
        for operand in node.operands:
            recorder.refuse("computes with", operand)
    if mode.strict:
        if mode.recorder:
            mode.recorder.strict = True
        operands = node.operands
        names = [operand.name for operand in operands]
        primitive.check_domain([operand._data for operand in operands], node._data, names)
    if mode.scope:
        node._label = node._label._replace(scope=mode.scope)
    if not mode.recording:
        if mode.recorder:
            mode.recorder.hide(node, primitive, node.operands)
        _link(node, None, (), _own(node._label)._replace(constant=True))


def _own(label: Label) -> Label:
    """Return what a node's copy has on its label, too: all but the operands."""
    return label._replace(operands=())


def _text(name: Any) -> str | None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name: expected text, got {type(name).__name__} {name!r}")
    return name if name is None else str(name)


def _twin(node: Value, operands: Iterable[Value]) -> Value:
    twin = Value(node._data, node.primitive, operands)
    twin._label = node._label._replace(operands=twin._label.operands)
    twin._grad, twin.serial = node._grad, node.serial
    return twin


def _mark_changed(leaf: Value, place: str) -> None:
    global _last_change
    with _changing:  # a later change in another thread must not be overtaken by an earlier one
        _last_change = calls.next_serial()
        leaf._label = leaf._label._replace(changed=_last_change, changed_at=place)


def _leaf(data: float, grad: float, label: Label) -> Value:
    leaf = Value(data)
    leaf._grad, leaf._label = grad, label
    return leaf


def _rebuilt(leaves: list[Value], steps: list[tuple[Any, ...]], stale: Sequence[int]) -> Value:
    nodes = list(leaves)
    for primitive, places, data, grad, label in steps:
        node = Value(data, primitive, [nodes[place] for place in places])
        node._grad = grad
        node._label = label._replace(operands=node._label.operands)
        nodes.append(node)
    for place in stale:
        _mark_changed(nodes[place], nodes[place]._label.changed_at)
    return nodes[-1]


def backward(outs: Value | Iterable[Value], seeds: float | Iterable[float] | None = None) -> None:
    """Add Σ seed · ∂out/∂leaf to every leaf's ``.grad``, and set the intermediates' to theirs.

    Leaves accumulate: a second call doubles them. Intermediates are overwritten.

    Arguments:
        outs: one Value or several.
        seeds: the adjoint each output starts with, 1.0 unless given.

    Raises:
        StaleValueError: when a leaf's number was assigned after the graph had used it.
        ValueError: when there are not as many seeds as outputs.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0)
    >>> ad.backward([x * x, 2 * x], [1.0, 10.0])
    >>> x.grad
    26.0
    """
    seed_of = seeds_of(outs, seeds)
    for out in seed_of:
        if active.blocks and (recorder := modes.witness()):
            recorder.refuse("calls backward from", out)
        if out.is_constant:
            raise ValueError(
                f"backward from {out!r} reaches nothing: it is a constant, detached or made in no_grad"
            )
    layout = laid_out(tuple(seed_of))
    check_fresh(reversed(layout))
    _deposit(layout, sweep(layout, seed_of))


def _deposit(layout: list[Value], x_bar: Sequence[float]) -> None:
    """Write the adjoints into ``grad``: leaves add them up, constants have none.

    Each node is taken out of ``layout``, while it is at hand: memory is what a large graph waits for.
    """
    while layout:
        node = layout.pop()
        adjoint = x_bar[len(layout)]
        if node.primitive is not None:
            node._grad = adjoint + 0.0  # + 0.0 : a seed may be -0.0
        elif not node._label.constant:
            node._grad = node._grad + adjoint + 0.0


def outputs_of(outs: Value | Iterable[Value]) -> list[Value]:
    """Return the outputs as a list.

    Raises:
        TypeError: when they are no Values.
        ValueError: when there are none.
    """
    nodes: list[Any] = list(outs) if hasattr(outs, "__iter__") else [outs]
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"expected a Value or several, got {type(node).__name__} {node!r}")
    if not nodes:
        raise ValueError("there is no output: expected a Value or several")
    return nodes


def seeds_of(outs: Value | Iterable[Value], seeds: float | Iterable[float] | None) -> dict[Value, float]:
    """Return the seed of each output; an output that is named twice gets the sum."""
    nodes = outputs_of(outs)
    if seeds is None:
        seeds = [1.0] * len(nodes)
    numbers = [seeds] if is_real(seeds) else list(seeds)  # type: ignore[arg-type]
    if len(numbers) != len(nodes):
        raise ValueError(f"one seed is needed for each output: {len(nodes)}, not {len(numbers)}")
    seed_of = dict.fromkeys(nodes, 0.0)
    for node, seed in zip(nodes, numbers, strict=True):
        seed_of[node] += as_float(seed, "seed")
    return seed_of


def check_fresh(order: Iterable[Value]) -> None:
    """Raise ``StaleValueError`` when a leaf of the graph was assigned anew after it had been used."""
    for node in order:  # in the order of making, so the check ends early
        if node.serial > _last_change:
            return
        for operand in node.operands:
            if operand._label.changed > node.serial:
                raise StaleValueError(_staleness(node, operand))


def _staleness(node: Value, leaf: Value) -> str:
    name = leaf.name or "a leaf"
    made = f"{node.primitive.name}(…) = {node._data!r}" if node.primitive else ""
    called = f" called {node.name!r}" if node.name else ""
    where = f" ({leaf._label.changed_at})" if leaf._label.changed_at else ""
    return (
        f"{name} was used by {made}{called} and then assigned the number {leaf._data!r}{where}: "
        "the graph no longer describes it. Compute the graph anew before going backward"
    )


def zero_grad(values: Value | Iterable[Any]) -> None:
    """Forget the gradients of the given Values (any nesting of lists): ``.grad`` is 0.0 again.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0)
    >>> (x * x).backward()
    >>> ad.zero_grad([x])
    >>> x.grad, x.has_grad
    (0.0, False)
    """
    pending: list[Any] = [values]
    while pending:
        item = pending.pop()
        if isinstance(item, Value):
            item.grad = None
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif hasattr(item, "__iter__") and not isinstance(item, str):
            pending.extend(item)
        else:
            raise TypeError(f"zero_grad takes Values, not {type(item).__name__} {item!r}")
