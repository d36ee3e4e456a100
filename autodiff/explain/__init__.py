"""A trace in words and formulas: the table of steps, as text, Markdown and LaTeX."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from autodiff.trace import Trace
from autodiff.value import Value

if TYPE_CHECKING:  # what makes the formats is loaded when one is asked for
    from autodiff.explain.document import Explanation
    from autodiff.explain.order import NaiveReplay


def explain(
    outs: Value | Sequence[Value] | Trace,
    *,
    mode: Literal["reverse", "forward", "both"] = "reverse",
    format: Literal["text", "markdown", "latex"] = "text",
    wrt: Value | None = None,
    why: bool = False,
    digits: int = 4,
) -> str:
    """Return backpropagation through a graph, step by step: rule, numbers put in, result.

    Arguments:
        outs: one output or several, reverse mode makes one sweep for each; or a trace, which is
            explained as it is, whatever ``mode`` and ``wrt`` say.
        mode: ``reverse`` (adjoints, the barred column), ``forward`` (tangents, the dotted column), or
            ``both``, with what each of them costs.
        format: ``text``, ``markdown`` or ``latex``.
        wrt: the input that forward mode follows; the first one unless given.
        why: add the sentence that gives the reason to each line.
        digits: decimals of the numbers shown; 17 shows them in full.

    Raises:
        ValueError: for an unknown mode or format, no output, or an input that is not in the graph.
        StaleValueError: when a leaf's number was assigned after the graph had used it.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> L = w * x
    >>> L.name = "L"
    >>> print(ad.explain(L))
    forward                    reverse, from L
     a1  w             = 2      L̄                   = 1
     a2  x             = 3      w̄ +=  L̄·x  = 1 · 3  = 3
     L   w·x  = 2 · 3  = 6      x̄ +=  L̄·w  = 1 · 2  = 2
    <BLANKLINE>
    ∂L/∂w = 3    ∂L/∂x = 2
    <BLANKLINE>
    1 reverse pass; forward mode would need 2
    <BLANKLINE>
    """
    from autodiff.explain.document import explanation, of_traces

    if isinstance(outs, Trace):
        return rendered(of_traces([outs]), format, digits=digits, why=why)
    document = explanation(outs, mode=mode, wrt=wrt)
    return rendered(document, format, digits=digits, why=why)


def rendered(
    document: "Explanation", format: str, *, digits: int = 4, why: bool = False, width: int = 120
) -> str:
    """Return an explanation in one of the formats; ``width`` is the columns that text may take."""
    from autodiff.explain import markup, plain

    if not isinstance(digits, int) or digits < 0:
        raise ValueError(f"digits must be a whole number from 0 to 17, not {digits!r}")
    if format == "text":
        return plain.plain(document, digits=digits, why=why, width=width)
    if format == "markdown":
        return markup.markdown(document, digits=digits, why=why)
    if format == "latex":
        return markup.latex(document, digits=digits, why=why)
    raise ValueError(f"format must be 'text', 'markdown' or 'latex', not {format!r}")


def why_order(out: Value | None = None) -> "NaiveReplay":
    """Return the naive depth-first replay of a graph beside the right one: why a topological order.

    The naive replay goes down into an operand as soon as a contribution has arrived there, with
    whatever adjoint the operand has by then. Where a node feeds another one twice, that is too early.

    Arguments:
        out: the output to start from; ``b = a + a; c = b + b`` with a = 1 unless given.

    Raises:
        ValueError: when the graph has so many paths that the naive replay would not come to an end.

    >>> import autodiff as ad
    >>> print(ad.why_order())
    naive depth-first replay from c
      c̄ = 1 is passed on to b, b
      b̄ = 1 is passed on to a, a   too early: complete, it is 2
      b̄ = 2 is passed on to a, a
    first wrong node: a. The naive replay gives ā = 6, the right adjoint is 4
    In a topological order every node waits until all its users have contributed: b̄ = 2 goes on once.
    """
    from autodiff.explain.order import naive_replay

    return naive_replay(out)
