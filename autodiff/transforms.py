"""Functions from functions: ``grad``, ``vjp``, ``jacobian``, ``hessian``, ``hvp``, to any order.

Reverse mode lifts the arguments into Values, runs the function, and walks its graph backwards.
Numbers that are already being differentiated stay so: a Value goes in as a new node on top of the
old one, a Dual keeps its tangent around a Value. That is what makes every nesting right.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, cast

from autodiff import modes
from autodiff.forward import Dual, jvp, primal_of, tangent_of
from autodiff.graph import ONE, adjoints, recorded_adjoints, topological_order
from autodiff.operators import Number
from autodiff.primitives import identity
from autodiff.scalars import is_real
from autodiff.structure import Structure, flatten, paired
from autodiff.value import Value, check_fresh, constant, record


def gradients(out: Value, inputs: Any, create_graph: bool = False) -> Any:
    """Return ∂out/∂input for each of ``inputs``, without touching any ``.grad``.

    Arguments:
        out: the Value to differentiate.
        inputs: a Value, or a nested container of Values; they may be intermediates.
        create_graph: give Values that can be differentiated again, instead of floats.

    Raises:
        TypeError: when ``out`` or an input is no Value.
        StaleValueError: when a leaf's number was assigned after the graph had used it.

    >>> import autodiff as ad
    >>> x = ad.Value(2.0)
    >>> first = ad.gradients(x**3, x, create_graph=True)
    >>> ad.gradients(first, x)
    12.0
    """
    if not isinstance(out, Value):
        raise TypeError(f"gradients: out must be a Value, not {type(out).__name__} {out!r}")
    nodes, structure = flatten(inputs, "inputs")
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"gradients: inputs must be Values, not {type(node).__name__} {node!r}")
        if node.is_constant:
            raise TypeError(f"gradients: {node!r} is a constant: nothing is differentiated by it")
    if not create_graph and modes.active.blocks and (recorder := modes.recorder()):
        recorder.refuse("takes gradients (without create_graph=True) of", out)
    return structure.rebuild(_pullback(out, nodes, 1.0, create_graph))


def _pullback(out: Any, nodes: Sequence[Value], seed: Any, create_graph: bool) -> list[Any]:
    """Return seed · ∂out/∂node for each node, whatever kind of number ``out`` is."""
    tags = [number.tag for number in (out, seed) if isinstance(number, Dual)]
    if tags:  # (seed · out)˙ = seed · out˙ + seed˙ · out, for the innermost differentiation
        tag = max(tags)
        primal, factor = primal_of(out, tag), primal_of(seed, tag)
        primals = _pullback(primal, nodes, factor, create_graph)
        tangents = _pullback(tangent_of(out, tag), nodes, factor, create_graph)
        if isinstance(seed, Dual) and seed.tag == tag:
            more = _pullback(primal, nodes, seed.tangent, create_graph)
            tangents = [x + y for x, y in zip(tangents, more, strict=True)]
        return [Dual(x, x_dot, tag) for x, x_dot in zip(primals, tangents, strict=True)]
    if not isinstance(out, Value):
        return [constant(0.0) if create_graph else 0.0 for _ in nodes]  # not connected
    order = topological_order(out)
    check_fresh(order)
    if not create_graph:
        x_bar = adjoints(order, {out: seed})
        return [x_bar.get(node, 0.0) for node in nodes]
    with _recording():
        one = is_real(seed) and seed == 1.0
        recorded = recorded_adjoints(order, {out: ONE if one else seed})
    bars = [recorded.get(node, 0.0) for node in nodes]
    return [bar if isinstance(bar, Number) else constant(bar) for bar in bars]


def _recording() -> AbstractContextManager[None]:
    """Return a context that records even inside ``no_grad``: a derivative is asked for."""
    if modes.active.blocks and not modes.current().recording:
        return modes.recording()
    return nullcontext()


class _Lifted:
    """Arguments turned into nodes, the function's result on them, and what its graph depends on."""

    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Sequence[Any],
        argnums: Sequence[int],
        options: dict[str, Any],
    ) -> None:
        chosen = tuple(arguments[argnum] for argnum in argnums)
        numbers, self.structure = flatten(chosen, "argument")
        self.nodes: list[Value] = []
        with _recording():
            lifted = self.structure.rebuild([self._lift(number) for number in numbers])
            replaced = list(arguments)
            for argnum, argument in zip(argnums, lifted, strict=True):
                replaced[argnum] = argument
            self.result = f(*replaced, **options)
        # Plain numbers in, plain numbers out, unless the result hangs on somebody else's Values.
        self._outer = any(isinstance(_innermost(number), Value) for number in numbers)
        self._first = self.nodes[0].serial if self.nodes else 0
        self._captures: dict[int, bool] = {}

    def _lift(self, number: Any) -> Any:
        if isinstance(number, Dual):
            return Dual(self._lift(number.primal), number.tangent, number.tag)
        node = record(identity, (number,), number._data) if isinstance(number, Value) else Value(number)
        self.nodes.append(node)
        return node

    def pullback(self, out: Any, seed: Any = 1.0) -> list[Any]:
        """Return seed · ∂out/∂argument, flat: floats, or Values where an outer graph is at stake."""
        bars = _pullback(out, self.nodes, seed, self._keeps_graph(out))
        return [_hidden_on_a_tape(bar) for bar in bars]

    def plain(self, out: Any) -> Any:
        """Return ``out`` for the caller: a float, unless an outer graph is at stake."""
        if isinstance(out, Dual):
            return Dual(self.plain(out.primal), self.plain(out.tangent), out.tag)
        out = _hidden_on_a_tape(out)
        return out._data if isinstance(out, Value) and not self._keeps_graph(out) else out

    def _keeps_graph(self, out: Any) -> bool:
        """Return whether ``out`` depends on Values that were there before this call."""
        if isinstance(out, Dual):
            return self._keeps_graph(out.primal) or self._keeps_graph(out.tangent)
        if modes.recorder():
            return isinstance(out, Value)  # a tape must hold what the result is made of
        if not isinstance(out, Value) or (modes.active.blocks and not modes.current().recording):
            return False
        if id(out) not in self._captures:
            self._captures[id(out)] = self._outer or any(
                not node.operands and not node.is_constant and node.serial < self._first
                for node in topological_order(out)
            )
        return self._captures[id(out)]


def _hidden_on_a_tape(number: Any) -> Any:
    """Return ``number``; where a tape is made inside ``no_grad``, as a constant."""
    if not modes.active.blocks or modes.recorder() is None or modes.current().recording:
        return number
    if isinstance(number, Dual):
        return Dual(_hidden_on_a_tape(number.primal), _hidden_on_a_tape(number.tangent), number.tag)
    return number.detach() if isinstance(number, Value) else number


def _innermost(number: Any) -> Any:
    return _innermost(number.primal) if isinstance(number, Dual) else number


def _scalar(result: Any, transform: str) -> Any:
    numbers, structure = flatten(result, f"{transform}: the function's result")
    if structure.shape != () or structure.is_array:
        raise TypeError(
            f"{transform} needs a function with one number as its result, this one returned "
            f"{structure.description}: use ad.jacobian or ad.vjp"
        )
    return numbers[0]


def _check_argnums(argnums: Sequence[int], arguments: Sequence[Any]) -> None:
    count = len(arguments)
    for argnum in argnums:
        if not isinstance(argnum, int) or not -count <= argnum < count:
            raise TypeError(f"argnum {argnum!r}: only {count} positional arguments were given")


def value_and_grad(f: Callable[..., Any], argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives ``f``'s value and its gradient.

    Arguments:
        f: a function with one number as its result.
        argnum: which positional argument to differentiate by; several give a tuple. Arguments are
            scalars, nested containers of scalars, or NumPy arrays, and so is the gradient.

    Raises:
        TypeError: from the returned function, when ``f`` does not return one number.

    >>> import autodiff as ad
    >>> ad.value_and_grad(lambda w: w[0] * w[1])([3.0, 4.0])
    (12.0, [4.0, 3.0])
    """
    argnums = (argnum,) if isinstance(argnum, int) else tuple(argnum)

    def value_and_gradient(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        _check_argnums(argnums, arguments)
        lifted = _Lifted(f, arguments, argnums, options)
        out = _scalar(lifted.result, "grad")
        gradient = lifted.structure.rebuild(lifted.pullback(out))
        return lifted.plain(out), gradient[0] if isinstance(argnum, int) else gradient

    return value_and_gradient


def grad(f: Callable[..., Any], argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives ``f``'s gradient; nest it for higher derivatives.

    Arguments and errors are those of ``value_and_grad``.

    >>> import autodiff as ad
    >>> ad.grad(ad.grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(f, argnum)

    def gradient(*arguments: Any, **options: Any) -> Any:
        return both(*arguments, **options)[1]

    return gradient


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """Return ``f(*primals)``, and the function from the result's adjoints to the arguments' adjoints.

    That function takes adjoints of the result's structure and gives one entry for each argument.

    >>> import autodiff as ad
    >>> out, pull = ad.vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> out, pull([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    lifted = _Lifted(f, primals, range(len(primals)), {})
    outs, structure = flatten(lifted.result, "the result")

    def pull(out_bar: Any) -> tuple[Any, ...]:
        seeds = paired(outs, structure, out_bar, "adjoints")
        total: list[Any] = [0.0] * len(lifted.nodes)
        for out, seed in zip(outs, seeds, strict=True):
            total = [x + y for x, y in zip(total, lifted.pullback(out, seed), strict=True)]
        return cast(tuple[Any, ...], lifted.structure.rebuild(total))

    return structure.rebuild([lifted.plain(out) for out in outs]), pull


class Jacobian:
    """The function that gives the Jacobian of ``f``; ``jacobian`` makes it.

    After a call ``chosen`` says which mode ran, and ``passes`` how many passes it took.
    """

    def __init__(
        self, f: Callable[..., Any], mode: Literal["auto", "forward", "reverse"], argnum: int
    ) -> None:
        if mode not in ("auto", "forward", "reverse"):
            raise ValueError(f"mode must be 'auto', 'forward' or 'reverse', not {mode!r}")
        self.f, self.mode, self.argnum = f, mode, argnum
        self.chosen: str | None = None
        self.passes = 0

    def __repr__(self) -> str:
        ran = f", {self.chosen} mode, {self.passes} passes" if self.chosen else ""
        return f"<Jacobian of {getattr(self.f, '__name__', self.f)}{ran}>"

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        _check_argnums([self.argnum], arguments)
        inputs, in_structure = flatten(arguments[self.argnum], "argument")
        only_forward = self.mode == "forward" and len(inputs) > 0
        lifted = None if only_forward else _Lifted(self.f, arguments, [self.argnum], options)
        rows: list[list[Any]]  # one for each output
        if lifted is not None:
            outs, out_structure = flatten(lifted.result, "the result")
            # A pass costs the same in both modes: take the one that needs fewer.
            reverse = self.mode == "reverse" or len(inputs) > len(outs) or not inputs
        if lifted is not None and reverse:
            self.chosen, self.passes = "reverse", len(outs)
            rows = [lifted.pullback(out) for out in outs]
        else:
            self.chosen, self.passes = "forward", len(inputs)
            columns = []
            for i in range(len(inputs)):
                direction = [float(i == j) for j in range(len(inputs))]
                column, out_structure = self._column(arguments, options, inputs, in_structure, direction)
                columns.append(column)
            rows = [list(row) for row in zip(*columns, strict=True)]
        return _matrix(rows, in_structure, out_structure)

    def _column(
        self,
        arguments: Sequence[Any],
        options: dict[str, Any],
        inputs: list[Any],
        structure: Structure,
        direction: list[float],
    ) -> tuple[list[Any], Structure]:
        def of_one(argument: Any) -> Any:
            replaced = [*arguments]
            replaced[self.argnum] = argument
            return self.f(*replaced, **options)

        _, out_dot = jvp(of_one, (structure.rebuild(inputs),), (structure.rebuild(direction),))
        return flatten(out_dot, "the result")


def _matrix(rows: list[list[Any]], in_structure: Structure, out_structure: Structure) -> Any:
    """Return the rows as an array where arrays went in or came out, else as nested containers."""
    arrays = in_structure.is_array or out_structure.is_array
    if arrays and in_structure.shape is not None and out_structure.shape is not None:
        import numpy as np

        numbers = [number for row in rows for number in row]
        kind = object if any(isinstance(number, Number) for number in numbers) else float
        flat = np.empty(len(numbers), dtype=kind)
        flat[:] = numbers
        return flat.reshape(out_structure.shape + in_structure.shape)
    nested: list[Any] = [in_structure.rebuild(row) for row in rows]
    return out_structure.rebuild(nested)


def jacobian(
    f: Callable[..., Any], mode: Literal["auto", "forward", "reverse"] = "auto", argnum: int = 0
) -> Jacobian:
    """Return the function that gives ∂out_i/∂x_j, one row for each output.

    Arguments:
        f: a function from numbers to numbers, scalars or containers of them.
        mode: ``forward`` takes one pass for each input, ``reverse`` one for each output; ``auto``
            takes the cheaper. The returned function's ``chosen`` says which one ran.
        argnum: which positional argument to differentiate by.

    For arrays the result has the shape of the output followed by that of the input.

    >>> import autodiff as ad
    >>> J = ad.jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])
    >>> J([3.0, 4.0]), J.chosen
    ([[4.0, 3.0], [1.0, 1.0]], 'forward')
    """
    return Jacobian(f, mode, argnum)


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """Return the function that gives the second derivatives of ``f``: forward over reverse mode.

    >>> import autodiff as ad
    >>> ad.hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    return Jacobian(grad(f, argnum), "forward", argnum)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Return the Hessian of ``f`` at ``x`` times ``v``, for the cost of a few gradients.

    Source: Pearlmutter 1994.

    >>> import autodiff as ad
    >>> ad.hvp(lambda x: x[0] ** 2 * x[1], [3.0, 4.0], [1.0, 0.0])
    [8.0, 6.0]
    """
    return jvp(grad(f), (x,), (v,))[1]
