"""An explanation as Markdown tables and as LaTeX."""

import re
from collections.abc import Sequence

from autodiff.explain.document import Cost, Derivative, Explanation, Sweep
from autodiff.explain.lines import Line, Symbol
from autodiff.explain.plain import cells, derivative_text, written
from autodiff.notation import as_written, latex as latex_formula, number
from autodiff.symbols import latex_barred, latex_dotted, latex_symbol, latex_text


def markdown(explanation: Explanation, *, digits: int = 4, why: bool = False) -> str:
    """Return the explanation as Markdown tables."""
    parts = ["### Forward", _markdown_table(explanation.forward, digits, why=False)]
    for sweep in explanation.sweeps:
        parts += [
            f"### {_title(sweep, _escaped(sweep.start.name))}",
            _markdown_table(sweep.lines, digits, why),
        ]
    found = [f"- {_escaped(derivative_text(one, digits))}" for one in explanation.derivatives]
    parts += ["\n".join(found)] if found else []
    head = "| mode | passes | multiplications a pass | additions a pass | values kept |"
    parts.append(
        "\n".join(
            [head, "|---|---|---|---|---|", *(_cost_row(cost, " | ") for cost in explanation.costs)]
        )
    )
    return "\n\n".join(parts) + "\n"


def _title(sweep: Sweep, start: str) -> str:
    return f"Forward mode, along {start}" if sweep.mode == "forward" else f"Reverse mode, from {start}"


def _markdown_table(lines: Sequence[Line], digits: int, why: bool) -> str:
    rows = [
        "| | rule | with numbers | result |" + (" why |" if why else ""),
        "|---|---|---|---|" + ("---|" if why else ""),
    ]
    for line in lines:
        formula, put_in, result = cells(line, digits)
        head = written(line.symbol) + (" +=" if line.operator == "+=" else "")
        row = [head, formula, put_in, result] + ([line.sentence] if why else [])
        rows.append("| " + " | ".join(_escaped(cell) for cell in row) + " |")
    return "\n".join(rows)


def _escaped(cell: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|$&~])", r"\\\1", cell)


def _cost_row(cost: Cost, separator: str) -> str:
    numbers = (cost.passes, cost.multiplications, cost.additions, cost.kept)
    row = separator.join([cost.mode, *map(str, numbers)])
    return f"| {row} |" if separator == " | " else row


def latex(explanation: Explanation, *, digits: int = 4, why: bool = False) -> str:
    """Return the explanation as LaTeX for the body of a document (amsmath)."""
    parts = [r"\paragraph{Forward}", _align(explanation.forward, digits)]
    for sweep in explanation.sweeps:
        parts += [rf"\paragraph{{{_title(sweep, f'${latex_symbol(sweep.start.name)}$')}}}"]
        parts.append(_align(sweep.lines, digits))
        if why:
            parts += [r"\begin{itemize}", *(_item(line) for line in sweep.lines), r"\end{itemize}"]
    if explanation.derivatives:
        found = " \\\\\n".join(_latex_derivative(one, digits) for one in explanation.derivatives)
        parts.append(f"\\begin{{align*}}\n{found}\n\\end{{align*}}")
    rows = "\\\\\n".join(_cost_row(cost, " & ") for cost in explanation.costs)
    head = "mode & passes & multiplications & additions & values kept\\\\\\hline\n"
    parts.append(f"\\begin{{tabular}}{{lrrrr}}\n{head}{rows}\n\\end{{tabular}}")
    return "\n".join(parts) + "\n"


def _latex_name(symbol: Symbol) -> str:
    return {"": latex_symbol, "bar": latex_barred, "dot": latex_dotted}[symbol.mark](symbol.name)


def _align(lines: Sequence[Line], digits: int) -> str:
    rows = []
    for line in lines:
        head = _latex_name(line.symbol)
        operator = r"\mathrel{+}=" if line.operator == "+=" else "="
        result = latex_number(number(line.result, digits))
        if line.formula is None:
            rows.append(f"{head} &{operator} {result}")
            continue
        steps = []
        if line.names:
            names = {placeholder: _latex_name(symbol) for placeholder, symbol in line.names.items()}
            steps.append(latex_formula(line.formula, names))
        computed, numbers = as_written(line.formula, line.numbers, line.result, digits)
        put_in = {placeholder: latex_number(value) for placeholder, value in numbers.items()}
        steps.append(latex_formula(computed, put_in))
        rows.append(f"{head} &{operator} {' = '.join([*steps, result])}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def latex_number(written_number: str) -> str:
    r"""Return a written number in LaTeX: ``1.2 \times 10^{-7}``, ``\infty``."""
    mantissa, e, exponent = written_number.partition("e")
    if e:
        return rf"{{{mantissa} \times 10^{{{int(exponent)}}}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\text{nan}"}.get(
        written_number, written_number
    )


def _latex_derivative(derivative: Derivative, digits: int) -> str:
    top, bottom = latex_symbol(derivative.out), latex_symbol(derivative.x)
    fraction = rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
    if derivative.value is None:
        return rf"{fraction} & \text{{: not connected}}"
    return f"{fraction} &= {latex_number(number(derivative.value, digits))}"


def _item(line: Line) -> str:
    return rf"\item {latex_text(line.sentence)}"
