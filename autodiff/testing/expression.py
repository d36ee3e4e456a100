"""``Expression``: a function as text of the command line's language, at a point; how it is written."""

import inspect
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from autodiff.operators import Number
from autodiff.primitive import Primitive, rows
from autodiff.scalars import as_float
from autodiff.syntax import Program, evaluate, parse

# Its text, how tightly it binds, and how tightly each operand has to.
_OPERATORS = {
    "add": ("{} + {}", 1, (1, 2)),
    "sub": ("{} - {}", 1, (1, 2)),
    "mul": ("{}*{}", 2, (2, 3)),
    "div": ("{}/{}", 2, (2, 3)),
    "neg": ("-{}", 3, (3,)),
    "pow": ("{}**{}", 4, (5, 3)),
}
_MINUS, _ATOM = 3, 5


@final
@dataclass(frozen=True, init=False, repr=False)
class Expression:
    """A function of numbers of any kind, written as text, and a point to look at it.

    Arguments:
        text: in the language of the command line; one result.
        values: a number for each name in it, in the order of the function's arguments.

    Raises:
        ExpressionError: when the text cannot be read.
        ValueError: when it has several results, or the values are of other names.

    >>> import autodiff as ad
    >>> expression = Expression("x*y + sin(x)", x=0.0, y=3.0)
    >>> expression(*expression.point), ad.grad(expression)(*expression.point)
    (0.0, 4.0)
    """

    text: str
    inputs: tuple[str, ...]
    point: tuple[float, ...]
    _program: Program = field(compare=False)

    def __init__(self, text: str, /, **values: float) -> None:
        numbers = {name: as_float(number, name) for name, number in values.items()}
        program = parse(text)
        if {*program.inputs} != numbers.keys():
            needed, given = ", ".join(program.inputs), ", ".join(numbers) or "none"
            raise ValueError(f"{text!r} has the inputs {needed or 'none'}: there are values of {given}")
        for name, held in (
            ("text", text), ("inputs", tuple(numbers)), ("point", tuple(numbers.values())),
            ("_program", program), ("__signature__", _signature(numbers)),
        ):  # fmt: skip
            object.__setattr__(self, name, held)
        results = len(evaluate(program, numbers))
        if results != 1:
            raise ValueError(f"{text!r} has {results} results: an expression has one")

    def __call__(self, *numbers: Any) -> Any:
        """Return the result for floats, Values or Duals, one for each input."""
        if len(numbers) != len(self.inputs):
            raise TypeError(f"{self!r} takes {len(self.inputs)} numbers, not {len(numbers)}")
        pairs = zip(self.inputs, numbers, strict=True)
        values: dict[str, Any] = {
            name: x if isinstance(x, Number) else as_float(x, name) for name, x in pairs
        }
        (out,) = evaluate(self._program, values)
        return out

    @property
    def __name__(self) -> str:
        """What reports call the function: its text."""
        return self.text

    def __repr__(self) -> str:
        pairs = zip(self.inputs, self.point, strict=True)
        return f"Expression({', '.join([repr(self.text), *(f'{name}={x!r}' for name, x in pairs)])})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the same where Hypothesis and notebooks would print the fields."""
        printer.text(repr(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _expression, (self.text, dict(zip(self.inputs, self.point, strict=True)))


def _signature(names: Iterable[str]) -> inspect.Signature:
    """Return the signature of a function defined with parameters of these names."""
    kind = inspect.Parameter.POSITIONAL_ONLY
    return inspect.Signature([inspect.Parameter(name, kind) for name in names])


def _expression(text: str, values: dict[str, float]) -> Expression:
    return Expression(text, **values)


# ── how a drawn graph is written ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Part:
    """A part of an expression: an operation on earlier ones, a constant, or an input."""

    value: float
    row: Primitive | None = None
    operands: tuple["Part", ...] = ()
    is_input: bool = False


def written(out: Part) -> Expression:
    """Return the expression of a graph: what is used twice is named and written once.

    >>> import autodiff as ad
    >>> x = Part(0.5, is_input=True)
    >>> twice = Part(1.0, ad.mul, (x, Part(2.0)))
    >>> written(Part(1.0, ad.mul, (twice, twice)))
    Expression('a = x1*2.0; a*a', x1=0.5)
    """
    order = _parts_first(out)
    inputs = [part for part in order if part.is_input]
    named = {part: f"x{i + 1}" for i, part in enumerate(inputs)}
    values = {named[part]: part.value for part in inputs}
    uses = Counter(operand for part in order for operand in _written_operands(part))
    names = _names()
    texts: dict[Part, tuple[str, int]] = {}
    statements = []
    for part in order:
        texts[part] = (named[part], _ATOM) if part.is_input else _text(part, texts)
        if part.row is not None and uses[part] > 1:
            name = next(names)
            statements.append(f"{name} = {texts[part][0]}")
            texts[part] = name, _ATOM
    return Expression("; ".join([*statements, texts[out][0]]), **values)


def _names() -> Iterator[str]:
    """Yield names for parts: no function's, and no input's."""
    letters = "abcdefghijklmnopqrstuvw"
    numbered = (f"{letter}{i}" for i in itertools.count(1) for letter in letters)
    return (name for name in itertools.chain(letters, numbered) if name not in rows)


def _parts_first(out: Part) -> list[Part]:
    """Return the parts of a graph, every operand before what needs it, in the order of reading."""
    order: dict[Part, None] = {}
    pending = [out]
    while pending:
        part = pending[-1]
        missing = [operand for operand in part.operands if operand not in order]
        if missing:
            pending += reversed(missing)
            continue
        order[pending.pop()] = None
    return [*order]


def _written_operands(part: Part) -> Sequence[Part]:
    """Return the operands as often as they are written."""
    return part.operands * 2 if part.row is rows["where"] else part.operands


def _text(part: Part, texts: dict[Part, tuple[str, int]]) -> tuple[str, int]:
    """Return what a part is written as, and how tightly that binds."""
    if part.row is None:
        negative = repr(part.value).startswith("-")
        return repr(part.value), _MINUS if negative else _ATOM
    name = part.row.name
    if name in _OPERATORS:
        form, level, needed = _OPERATORS[name]
        shown = [_bracketed(texts[x], least) for x, least in zip(part.operands, needed, strict=True)]
        return form.format(*shown), level
    plain: Iterable[str] = [texts[operand][0] for operand in part.operands]
    if name == "where":
        return "where({0} > {1}, {0}, {1})".format(*plain), _ATOM
    return f"{name}({', '.join(plain)})", _ATOM


def _bracketed(text: tuple[str, int], least: int) -> str:
    return text[0] if text[1] >= least else f"({text[0]})"
