"""Write docs/reference.md from the derivative table: ``python docs/make_reference.py``."""

from pathlib import Path

import autodiff as ad
from autodiff.expressions import Rule
from autodiff.formulas import general
from autodiff.notation import text
from autodiff.rows import built_in

INTRODUCTION = """# Reference: the derivative table

Made from `autodiff/primitives.py` by `python docs/make_reference.py`; a test keeps it up to date.
`out` is the operation's value, `xs` any number of operands. Every row works on floats, `Value`s and
`Dual`s, to any order. Outside its domain an operation gives nan or inf, and raises `DomainError` inside
`with ad.strict():`. A nan value has nan derivatives.

| operation | value | local derivatives | domain | at kinks | source |
|---|---|---|---|---|---|
"""


def cell(content: str) -> str:
    """Return ``content`` so that it stays inside its table cell."""
    return content.replace("|", "\\|")


def written(rule: Rule) -> str:
    """Return a rule as it is printed elsewhere."""
    return f"`{text(general(rule), {})}`"


def row(primitive: ad.Primitive) -> str:
    """Return the table row of one operation."""
    value = written(primitive.forward)
    if primitive.formula.text != primitive.forward.text:
        value += f", that is {written(primitive.formula)}"
    names = primitive.operands.names
    rules = zip(names, primitive.partial_rules, strict=True)
    partials = [f"{name}: {written(rule)}" for name, rule in rules]
    if primitive.textbook != primitive.partial_rules:
        partials.append("textbook: " + ", ".join(written(rule) for rule in primitive.textbook))
    domain = written(primitive.domain) if primitive.domain else "all numbers"
    cells = (
        f"`{primitive.name}({primitive.operands.text})`",
        value,
        "<br>".join(partials),
        domain,
        primitive.convention,
        primitive.source,
    )
    return "| " + " | ".join(cell(one) for one in cells) + " |"


def reference() -> str:
    """Return the whole page."""
    return (
        INTRODUCTION
        + "\n".join(row(ad.PRIMITIVES[name]) for name in ad.PRIMITIVES if name in built_in)
        + "\n"
    )


if __name__ == "__main__":
    target = Path(__file__).with_name("reference.md")
    target.write_text(reference(), encoding="utf-8")
    print(f"wrote {target.name}: {len(built_in)} operations")
