"""What nodes are called in tables, drawings and sentences.

A node goes by its name. Where several have the same, the numbers of their scopes tell them apart: w[1]
of "layer 2 / neuron 3" is w₂₃[1]. One without a name, or with one that an earlier node has, goes by its
number: a1, a2 … in the order of making. An adjoint wears a bar (ā4), a tangent a dot (ȧ4).
"""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_MACRON, _DOT = "\u0304", "\u0307"
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

_LATEX = {ord(c): f"\\{c}" for c in "#$%&_{}"} | {
    ord(c): f"\\{command}{{}}"
    for c, command in {
        "\\": "textbackslash",
        "^": "textasciicircum",
        "~": "textasciitilde",
        "<": "textless",
        ">": "textgreater",
        "|": "textbar",
        "…": "dots",
    }.items()
}
_LATEX |= {ord(c): f"$\\{command} $" for c, command in {"∂": "partial", "·": "cdot", "π": "pi"}.items()}
_LATEX |= {ord(c): f"$^{digit}$" for digit, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_LATEX |= {ord(c): f"$_{digit}$" for digit, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_ACCENT = {_MACRON: r"$\bar{%s}$", _DOT: r"$\dot{%s}$"}


def symbols(names: Sequence[str | None], scopes: Sequence[str] = ()) -> list[str]:
    """Return one symbol for each node, no two alike: its name, else its number.

    >>> symbols(["x", None, "a3", "x"])
    ['x', 'a2', 'a3', 'a4']
    >>> symbols(["w[1]", "w[1]", "b"], ["layer 1 / neuron 1", "layer 1 / neuron 2", "layer 1"])
    ['w₁₁[1]', 'w₁₂[1]', 'b']
    """
    taken: set[str] = set()
    chosen = []
    often = Counter(names)
    scoped = [
        _subscripted(name, scope) if name and often[name] > 1 else name
        for name, scope in zip(names, scopes or [""] * len(names), strict=True)
    ]
    for name, numbered in zip(scoped, numbers(scoped), strict=True):
        shown = _on_one_line(name or "")
        chosen.append(shown if shown and shown not in taken else numbered)
        taken.add(chosen[-1])
    return chosen


def _subscripted(name: str, scope: str) -> str:
    """Return the name with the numbers of the scope below its first word."""
    inside = re.findall(r"\d+", scope)
    joined = ("," if any(len(number) > 1 for number in inside) else "").join(inside)
    word = re.match(r"\w*", name)
    end = word.end() if word else 0
    return name[:end] + joined.translate(_BELOW) + name[end:]


def numbers(names: Sequence[str | None]) -> list[str]:
    """Return a1, a2 … for the nodes in order; another letter where a name would be mistaken for one.

    >>> numbers(["a2", "a1"])
    ['v1', 'v2']
    """
    given = {_on_one_line(name): f"{i + 1}" for i, name in enumerate(names) if name}
    for letter in itertools.chain("avtn", (f"a{'a' * i}" for i in itertools.count(1))):
        count = len(names)
        clashing = {f"{letter}{i + 1}" for i in range(count)} & given.keys()
        if all(given[name] == name.removeprefix(letter) for name in clashing):
            break
    return [f"{letter}{i + 1}" for i in range(count)]


def _on_one_line(name: str) -> str:
    """Return ``name`` with what has no glyph, such as a new line, written as Python writes it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name).strip()


def barred(symbol: str) -> str:
    """Return the symbol of a node's adjoint: ``ā4``, ``w̄``; ``adj(loss)`` for a longer name."""
    return _marked(symbol, _MACRON, "adj")


def dotted(symbol: str) -> str:
    """Return the symbol of a node's tangent: ``ȧ4``, ``ẇ``; ``dot(loss)`` for a longer name."""
    return _marked(symbol, _DOT, "dot")


def _marked(symbol: str, mark: str, word: str) -> str:
    if re.fullmatch(r"[^\W\d_]_?\d*", symbol):
        return unicodedata.normalize("NFC", symbol[0] + mark + symbol[1:])
    return f"{word}({symbol})"


def latex_symbol(symbol: str) -> str:
    r"""Return a symbol in LaTeX: ``a_{4}``, ``w_{1}``, ``\text{loss}``."""
    short = re.fullmatch(r"([^\W\d_])_?(\d*)", symbol)
    if short:
        return f"{short[1]}_{{{short[2]}}}" if short[2] else short[1]
    return rf"\text{{{latex_text(symbol)}}}"


def latex_text(words: str) -> str:
    r"""Return text in LaTeX as it is, its mathematical characters as mathematics.

    >>> latex_text("50% of ∂y/∂x_1")
    '50\\% of $\\partial $y/$\\partial $x\\_1'
    """
    escaped = unicodedata.normalize("NFD", words).translate(_LATEX)
    marked = re.sub(f"(\\w)({_MACRON}|{_DOT})", lambda found: _ACCENT[found[2]] % found[1], escaped)
    return unicodedata.normalize("NFC", marked)


def latex_barred(symbol: str) -> str:
    r"""Return an adjoint's symbol in LaTeX: ``\bar{a}_{4}``."""
    return _latex_marked(symbol, r"\bar")


def latex_dotted(symbol: str) -> str:
    r"""Return a tangent's symbol in LaTeX: ``\dot{a}_{4}``."""
    return _latex_marked(symbol, r"\dot")


def _latex_marked(symbol: str, accent: str) -> str:
    short = re.fullmatch(r"([^\W\d_])_?(\d*)", symbol)
    if short:
        index = f"_{{{short[2]}}}" if short[2] else ""
        return f"{accent}{{{short[1]}}}{index}"
    wide = {r"\bar": r"\overline", r"\dot": r"\dot"}[accent]
    return f"{wide}{{{latex_symbol(symbol)}}}"
