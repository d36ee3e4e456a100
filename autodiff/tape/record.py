"""Record: run a function once on Values and keep what it did as plain operations.

operation   (row of the table, operands): the operands are numbers of earlier variables
variable    one number of the recorded function: an input, a constant, or an operation's value
guard       a comparison that the function made, and what came out
"""

import gc
import inspect
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import nan
from typing import Any, NamedTuple, NoReturn

from autodiff import modes
from autodiff.errors import RecordingError, user_line
from autodiff.graph import topological_order
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.scalars import as_float
from autodiff.structure import Structure, flatten
from autodiff.value import Value

RELATIONS = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==",
    operator.ne: "!=",
}  # fmt: skip
_NONE: Mapping[str, Any] = {}


class Guard(NamedTuple):
    """A comparison of two variables, and its outcome while recording."""

    relation: str
    left: int
    right: int
    outcome: bool


class Operation(NamedTuple):
    """One recorded operation; ``hidden`` where no derivative goes back through it."""

    row: Primitive
    operands: tuple[int, ...]
    hidden: bool


class Recording(NamedTuple):
    """What one run of a function did.

    Variables ``0 … inputs-1`` are the inputs; ``operations`` gives the operation of each later
    variable, or the constant's number.
    """

    inputs: int
    operations: list[Operation | float]
    guards: list[Guard]
    outputs: list[int]
    structure: Structure  # of the function's result
    names: dict[int, str]
    strict: bool  # the function itself asks for strict mode


class Recorder:
    """What operations tell while a function is being recorded; ``modes.recorder`` finds it."""

    def __init__(self) -> None:
        self.start = Value(0.0).serial  # a leaf made before is not the function's own
        self.guards: list[tuple[Any, Any, Any, bool]] = []
        self.hidden: dict[Value, tuple[Primitive, tuple[Value, ...]]] = {}
        self.made: set[int] = set()  # the serials of what the operations gave
        self.inputs: Sequence[Value] = ()
        self.strict = False

    def owns(self, node: Any) -> bool:
        """Return whether ``node`` is an input, or what an operation gave."""
        node = _innermost(node)
        return isinstance(node, Value) and (
            node.serial in self.made or any(node is x for x in self.inputs)
        )

    def compared(self, relation: Callable[..., bool], left: Any, right: Any, outcome: bool) -> None:
        """Keep a comparison: a replay must decide it in the same way."""
        number = _innermost(right)
        if not isinstance(number, Value):
            relation, number = _by_a_float(relation, number)
        self.guards.append((relation, _innermost(left), number, outcome))

    def hide(self, constant: Value, row: Primitive, operands: tuple[Value, ...]) -> None:
        """Keep how a detached number came about: its value follows the inputs, its derivative is 0."""
        self.hidden[constant] = (row, operands)

    def is_fixed(self, node: Value) -> bool:
        """Return whether ``node`` holds the same number on every replay."""
        return node.is_constant and node not in self.hidden

    def refuse(self, deed: str, node: Value) -> None:
        """Raise ``RecordingError`` when a number that may differ on replay is taken out of the graph."""
        if self.is_fixed(node):
            return
        shown = node.name or (f"the result of {node.primitive.name}" if node.primitive else "a Value")
        line = user_line()
        raise RecordingError(
            f"the function {deed} {shown} while it is recorded: a replay would keep today's number. "
            "Stay with Values (comparisons may steer the function: they are checked on every replay)"
            + (f" ({line})" if line else "")
        )


def _innermost(number: Any) -> Any:
    while isinstance(number, Number) and not isinstance(number, Value):
        number = number.primal  # type: ignore[attr-defined]  # a Dual: comparisons look at its primal
    return number


def _by_a_float(relation: Callable[..., bool], number: Any) -> tuple[Callable[..., bool], float]:
    """Return the comparison with a float that every float decides as that with ``number``.

    Python compares a float with 1/3, or with 2**53 + 1, exactly; no float lies between such a number
    and the one next to it.
    """
    near = as_float(number)
    if near == number or near != near:
        return relation, near
    if relation in (operator.lt, operator.le):
        return (operator.lt if near > number else operator.le), near
    if relation in (operator.gt, operator.ge):
        return (operator.ge if near > number else operator.gt), near
    return relation, nan  # no float is equal to such a number


def recording_of(
    f: Callable[..., Any], numbers: Sequence[float], names: Sequence[str], call: Callable[..., Any]
) -> Recording:
    """Return what ``f`` does at ``numbers``.

    Arguments:
        numbers: the inputs, flat.
        names: what each input is called.
        call: given ``f`` and one Value for each input, calls it and returns the result.

    Raises:
        RecordingError: when ``f`` does something a replay could not repeat, or gives another graph
            the second time.
    """
    with modes.recorded_by(None):
        inputs = [Value(number, name=name) for number, name in zip(numbers, names, strict=True)]
    with without_collector():
        first = _run(f, inputs, call)
        again = _run(f, inputs, call)
        _check_pure(first, again)
    return first


def plain_value(f: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Return ``f`` of the arguments as plain numbers; it computes with Values, as when recorded."""
    flat = [flatten(argument, "argument") for argument in arguments]
    lifted = [structure.rebuild([Value(x) for x in numbers]) for numbers, structure in flat]
    outs, structure = flatten(f(*lifted), "the function's result")
    return structure.rebuild([out._data if isinstance(out, Value) else out for out in outs])


def with_local_names(
    recording: Recording,
    f: Callable[..., Any],
    numbers: Sequence[float],
    names: Sequence[str],
    call: Callable[..., Any],
) -> Recording:
    """Return ``recording`` with what ``f`` calls its numbers: the names of its local variables.

    The function is run once more, and its variables are looked at as it returns.
    """
    inputs = [Value(number, name=name) for number, name in zip(numbers, names, strict=True)]
    found: dict[str, Any] = {}
    code = getattr(inspect.unwrap(f), "__code__", None)

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        named = _run(f, inputs, call, found)
    finally:
        sys.setprofile(before)
    return recording._replace(names=named.names)


def _run(
    f: Callable[..., Any],
    inputs: list[Value],
    call: Callable[..., Any],
    local: Mapping[str, Any] = _NONE,
) -> Recording:
    recorder = Recorder()
    recorder.inputs = inputs
    with modes.recorded_by(recorder):
        result = call(f, inputs)
    outs, structure = flatten(result, "the function's result")
    for out in outs:
        if isinstance(out, Number) and not isinstance(out, Value):
            _refuse("returns a Dual of a differentiation around it")
    return _Numbering(inputs, recorder).recording(outs, structure, dict(_named_nodes(local)))


def _named_nodes(variables: Mapping[str, Any]) -> Iterator[tuple[Value, str]]:
    """Yield each Value among ``variables``, or in a list among them, with what it is called."""
    for name, item in variables.items():
        if isinstance(item, Value):
            yield item, name
        elif isinstance(item, (list, tuple)):
            yield from ((x, f"{name}[{i}]") for i, x in enumerate(item) if isinstance(x, Value))


@contextmanager
def without_collector() -> Iterator[None]:
    """Return a context without the cycle collector: tapes have no cycles, it would only walk them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Numbering:
    """Gives each node that matters its number, in the order of making."""

    def __init__(self, inputs: list[Value], recorder: Recorder) -> None:
        self.recorder = recorder
        self.inputs = inputs
        self.place: dict[Any, int] = {node: i for i, node in enumerate(inputs)}
        self.operations: list[Operation | float] = []
        self.constants: dict[tuple[float, str], int] = {}

    def recording(
        self, outs: Sequence[Any], structure: Structure, local: Mapping[Value, str]
    ) -> Recording:
        guards = self.recorder.guards
        compared = [x for _, left, right, _ in guards for x in (left, right)]
        for node in self._reached([x for x in (*outs, *compared) if isinstance(x, Value)]):
            if node not in self.place:
                self._number(node)
        kept = dict.fromkeys(
            Guard(RELATIONS[relation], self._variable(left), self._variable(right), outcome)
            for relation, left, right, outcome in guards
        )
        names = {self.place[node]: name for node, name in local.items() if node in self.place}
        names |= {place: node.name for node, place in self.place.items() if node.name}
        outputs = [self._variable(out) for out in outs]
        return Recording(
            len(self.inputs),
            self.operations,
            list(kept),
            outputs,
            structure,
            names,
            self.recorder.strict,
        )

    def _reached(self, ends: list[Value]) -> list[Value]:
        """Return every node that ``ends`` depend on, in the order of making."""
        hidden = self.recorder.hidden
        if not hidden:
            return topological_order(*ends)
        nodes = list(dict.fromkeys(ends))
        seen = set(nodes)
        for node in nodes:  # grows while it is walked
            for operand in node.operands or (hidden[node][1] if node in hidden else ()):
                if operand not in seen:
                    seen.add(operand)
                    nodes.append(operand)
        nodes.sort(key=operator.attrgetter("serial"))
        return nodes

    def _number(self, node: Value) -> None:
        row, operands, is_hidden = node.primitive, node.operands, False
        if row is None and node in self.recorder.hidden:
            (row, operands), is_hidden = self.recorder.hidden[node], True
        if row is not None:
            place = self.place
            place[node] = len(self.inputs) + len(self.operations)
            self.operations.append(Operation(row, tuple([place[x] for x in operands]), is_hidden))
        elif node.is_constant or node.serial > self.recorder.start:
            self.place[node] = self._constant(node._data)
        else:
            _refuse(f"uses {node!r}, which is not among its arguments: hand it in as an argument")

    def _variable(self, number: Any) -> int:
        return self.place[number] if isinstance(number, Value) else self._constant(float(number))

    def _constant(self, number: float) -> int:
        key = (number, repr(number))  # 0.0 and -0.0 are two constants, all nans are one
        if key not in self.constants:
            self.constants[key] = len(self.inputs) + len(self.operations)
            self.operations.append(number)
        return self.constants[key]


def _check_pure(first: Recording, again: Recording) -> None:
    """Raise ``RecordingError`` where two runs at the same inputs gave two graphs."""
    for one, other in zip(first.operations, again.operations, strict=False):
        if one is not other and one != other and not (one != one and other != other):
            shown = " and then ".join(
                x.row.name if isinstance(x, Operation) else repr(x) for x in (one, other)
            )
            _refuse(f"does not do the same twice ({shown}): randomness, time and counters are arguments")
    same = (first.outputs, first.guards) == (again.outputs, again.guards)
    if not same or len(first.operations) != len(again.operations):
        _refuse("does not do the same twice: what changes from call to call belongs into its arguments")


def _refuse(reason: str) -> NoReturn:
    raise RecordingError(f"the function cannot be recorded: it {reason}")
