"""An explanation as plain text: columns that line up, side by side where there is room."""

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len

from autodiff.explain.document import Cost, Derivative, Explanation, Sweep
from autodiff.explain.lines import Line, Symbol
from autodiff.notation import number, substituted, text
from autodiff.symbols import barred, dotted

_GAP = " " * 5


def plain(explanation: Explanation, *, digits: int = 4, why: bool = False, width: int = 120) -> str:
    """Return the explanation as text of at most ``width`` columns where that is possible."""
    blocks = [_forward_block(explanation.forward, digits)]
    blocks += [_sweep_block(sweep, digits, why, width) for sweep in explanation.sweeps]
    both = len({sweep.mode for sweep in explanation.sweeps}) == 2
    first = 1 if both else 0  # the values beside the one sweep; the two modes beside each other
    parts = blocks[:first]
    beside = _beside(*blocks[first : first + 2])
    if not why and all(cell_len(line) <= width for line in beside):
        parts += [beside, *blocks[first + 2 :]]
    else:
        parts = blocks
    parts.append(_derivatives(explanation.derivatives, digits, width))
    parts.append(_costs(explanation))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def written(symbol: Symbol) -> str:
    """Return a symbol as text: ``a4``, ``ā4``, ``ȧ4``."""
    if symbol.mark == "":
        return symbol.name
    return barred(symbol.name) if symbol.mark == "bar" else dotted(symbol.name)


def cells(line: Line, digits: int) -> tuple[str, str, str]:
    """Return a line's formula in symbols, the same with numbers, and the result."""
    result = number(line.result, digits)
    if line.formula is None:
        return "", "", result
    names = {placeholder: written(symbol) for placeholder, symbol in line.names.items()}
    put_in = substituted(line.formula, line.numbers, line.result, digits)
    if not names:  # a sum of contributions: there are only numbers
        return "", put_in, result
    return text(line.formula, names), put_in, result


def _forward_block(lines: Sequence[Line], digits: int) -> list[str]:
    rows = []
    for line in lines:
        formula, put_in, result = cells(line, digits)
        if line.formula is None:
            formula = line.symbol.name if line.symbol.name != line.label else ""
            rows.append((line.label, formula, "", result))
        else:
            rows.append((line.symbol.name, formula, put_in, result))
    return ["forward", *_aligned(rows)]


def _sweep_block(sweep: Sweep, digits: int, why: bool, width: int) -> list[str]:
    rows = []
    for line in sweep.lines:
        formula, put_in, result = cells(line, digits)
        head = written(line.symbol)
        rows.append((f"{head} +=" if line.operator == "+=" else head, formula, put_in, result))
    title = {
        "forward": f"forward mode, along {sweep.start.name}",
        "reverse": f"reverse, from {sweep.start.name}",
    }
    aligned = _aligned(rows)
    if why:
        with_reasons = []
        for row, line in zip(aligned, sweep.lines, strict=True):
            indented = textwrap.wrap(line.sentence, max(min(width, 100) - 6, 20))
            with_reasons += [row, *(f"      {reason}" for reason in indented)]
        aligned = with_reasons
    return [title[sweep.mode], *aligned]


def _aligned(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Return rows ``head formula = numbers = result`` with their columns lined up."""
    widths = [max((cell_len(row[i]) for row in rows), default=0) for i in range(4)]
    whole = max((_whole(row[3]) for row in rows), default=0)
    lines = []
    for head, formula, put_in, result in rows:
        line = f" {_padded(head, widths[0])}  {_padded(formula, widths[1])}"
        if widths[2]:
            line += f"  {'=' if put_in else ' '} {_padded(put_in, widths[2])}"
        lines.append(f"{line}  = {' ' * (whole - _whole(result))}{result}".rstrip())
    return lines


def _whole(result: str) -> int:
    """Return how many columns stand before the decimal point."""
    return len(result) - len(result.lstrip("-0123456789"))


def _padded(word: str, width: int) -> str:
    return word + " " * (width - cell_len(word))


def _beside(left: Sequence[str], right: Sequence[str]) -> list[str]:
    width = max(cell_len(line) for line in left)
    height = max(len(left), len(right))
    padded = [*left, *[""] * (height - len(left))]
    others = [*right, *[""] * (height - len(right))]
    return [f"{_padded(a, width)}{_GAP}{b}".rstrip() for a, b in zip(padded, others, strict=True)]


def _derivatives(derivatives: Sequence[Derivative], digits: int, width: int) -> list[str]:
    lines = []
    for out in dict.fromkeys(derivative.out for derivative in derivatives):
        own = [derivative_text(one, digits) for one in derivatives if one.out == out]
        own = list(dict.fromkeys(own))
        joined = "    ".join(own)
        lines += [joined] if cell_len(joined) <= width else own
    return lines


def derivative_text(derivative: Derivative, digits: int) -> str:
    """Return ``∂L/∂w = 3``; what is not connected says so."""
    target = f"∂{derivative.out}/∂{derivative.x}"
    if derivative.value is None:
        return f"{target}: not connected"
    return f"{target} = {number(derivative.value, digits)}"


def _costs(explanation: Explanation) -> list[str]:
    forward, reverse = explanation.costs
    if len({sweep.mode for sweep in explanation.sweeps}) == 2:
        return _cost_table(explanation.costs)
    if explanation.sweeps[0].mode == "forward":
        return [f"1 of {_passes(forward)}; reverse mode would need {reverse.passes}"]
    return [f"{_passes(reverse)}; forward mode would need {forward.passes}"]


def _passes(cost: Cost) -> str:
    return f"{cost.passes} {cost.mode} pass{'es' if cost.passes != 1 else ''}"


def _cost_table(costs: Sequence[Cost]) -> list[str]:
    heads = (
        "for all derivatives",
        "passes",
        "multiplications a pass",
        "additions a pass",
        "values kept",
    )
    rows = [
        (f"{one.mode} mode", *map(str, (one.passes, one.multiplications, one.additions, one.kept)))
        for one in costs
    ]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    table = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in [heads, *rows]
    ]
    forward, reverse = costs
    verdict = f"{min(costs, key=lambda cost: cost.passes).mode} mode is cheaper here"
    if forward.passes == reverse.passes:
        verdict = f"both need {forward.passes} here"
    return [*table, f"One pass costs about the same in both modes: {verdict}."]
