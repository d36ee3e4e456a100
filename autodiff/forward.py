"""Forward mode: ``Dual`` numbers carry a tangent along with the value.

primal   the value
tangent  x_dot = ∂x/∂t of the one direction t that is being followed
tag      which differentiation the tangent belongs to: nested ones do not mix
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, final

from autodiff import modes
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.structure import flatten, paired

_next_tag = itertools.count(1).__next__

STILL = float("0")  # this very object: the tangent of what does not depend on the direction at all


@final
class Dual(Number):
    """A number and its tangent, ``primal + tangent · ε`` with ε² = 0.

    Its parts may themselves be Values or Duals of an outer differentiation.

    >>> import autodiff as ad
    >>> ad.sin(Dual(0.0, 2.0, tag=1))
    Dual(0.0, tangent=2.0)
    """

    __slots__ = ("primal", "tag", "tangent")
    _precedence = 2

    def __init__(self, primal: Any, tangent: Any, tag: int) -> None:
        self.primal = primal
        self.tangent = tangent
        self.tag = tag

    @property
    def data(self) -> float:
        """The number alone."""
        primal: Any = self.primal
        number: float = primal.data if hasattr(primal, "data") else primal
        return number

    @property
    def _primal(self) -> float:
        primal: float = self.primal._primal if isinstance(self.primal, Number) else self.primal
        return primal

    @staticmethod
    def _apply(primitive: Primitive, operands: Sequence[Any]) -> "Dual":
        # The innermost differentiation has the highest tag; for it, all others' numbers are constants.
        tag = max(x.tag for x in operands if isinstance(x, Dual))
        moving = [isinstance(x, Dual) and x.tag == tag for x in operands]
        primals = [x.primal if moves else x for x, moves in zip(operands, moving, strict=True)]
        out = primitive.apply(primals)
        out_dot: Any = STILL
        for position, partial in enumerate(_partials(primitive, out, primals, moving)):
            # 0 · inf is nan, but an operand that stands still adds nothing to a proper value.
            if moving[position] and (operands[position].tangent is not STILL or out != out):
                term = partial * operands[position].tangent
                out_dot = term if out_dot is STILL else out_dot + term
        return Dual(out, out_dot, tag)

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, tangent={self.tangent!r})"


def _partials(
    primitive: Primitive, out: Any, primals: Sequence[Any], moving: Sequence[bool]
) -> Sequence[Any]:
    if any(isinstance(x, Number) for x in primals):
        return primitive.recorded_partials(out, primals, moving)
    values = [float(x) for x in primals]
    partials = primitive.partials(out, *values)
    if modes.active.blocks and modes.current().strict:
        for position, partial in enumerate(partials):
            if moving[position]:
                primitive.check_partial(position, partial, values)
    return partials


def tangent_of(number: Any, tag: int) -> Any:
    """Return the tangent that ``number`` carries for ``tag``: 0.0 where it does not depend on it."""
    return number.tangent if isinstance(number, Dual) and number.tag == tag else 0.0


def primal_of(number: Any, tag: int) -> Any:
    """Return ``number`` without the tangent for ``tag``."""
    return number.primal if isinstance(number, Dual) and number.tag == tag else number


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its directional derivative along ``tangents``: one forward pass.

    Arguments:
        f: any function written with ordinary arithmetic and this package's functions.
        primals: its arguments: scalars, nested lists, tuples and dicts of scalars, or arrays.
        tangents: one for each, of the same structure.

    Raises:
        ValueError: when a tangent has another structure than its primal.

    Source: forward accumulation, Griewank & Walther 2008, §3.1.

    >>> import autodiff as ad
    >>> ad.jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError("jvp takes the arguments, and their tangents, as tuples: jvp(f, (x,), (x_dot,))")
    tag = _next_tag()
    leaves, structure = flatten(tuple(primals), "primals")
    directions = paired(leaves, structure, tuple(tangents), "tangents")
    still = [type(x_dot) is float and x_dot == 0 for x_dot in directions]
    duals = [
        Dual(x, STILL if stands else x_dot, tag)
        for x, x_dot, stands in zip(leaves, directions, still, strict=True)
    ]
    out, out_structure = flatten(f(*structure.rebuild(duals)), "the result")
    return (
        out_structure.rebuild([primal_of(x, tag) for x in out]),
        out_structure.rebuild([tangent_of(x, tag) for x in out]),
    )
