"""The derivative table as Cython text: every row's value and partials as C functions on doubles.

Read off the table and off the Python source of the list kernels, so no rule stands anywhere twice.
The text is included in a Cython module. Compiled with ``COMPILER_FLAGS``, each function gives the bits
that ``evaluate`` and ``partials`` give in Python. For a row of fixed operands, such as ``mul``::

    double mul_value(double x, double y)
    double mul_partial_0(double out, double x, double y)      ∂out/∂x; mul_partial_1: ∂out/∂y

A group of operands (``*xs``) is a pointer and a count, after the single operands::

    double softmax_value(double x, const double* others, Py_ssize_t others_count)
    double softmax_partial_0(double out, double x, const double* others, Py_ssize_t others_count)
    void   softmax_partial_1(double out, double x, const double* others, Py_ssize_t others_count,
                             double* result)

The number behind ``partial`` is the place of the rule in its row. A rule for a group writes one
partial for each of the group's operands to ``result``. A nan value has nan partials.
"""

import ast
from collections.abc import Iterable, Mapping

from autodiff import kernels
from autodiff.native.translate import LIST_KERNELS, Translator, function, parameters_of, scope_of
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES

LIBM = {
    name: f"libm_{name}"
    for name in kernels.__all__
    if name not in LIST_KERNELS and name != "div"  # "/" is C's own division
}
"""The C function for each kernel of one or two numbers: the C library's."""

_EXACT = {"abs", "ceil", "floor", "sqrt"}  # correctly rounded, whoever computes them

COMPILER_FLAGS = [
    "-ffp-contract=off",  # x * y + z rounds twice, as it does in Python
    "-fno-math-errno",  # sqrt is one instruction; nobody reads errno
    # exp(2.0) is computed by the library, as in Python, not by the compiler: its digits may differ.
    *(f"-fno-builtin-{name}" for name in LIBM if name not in _EXACT),
]
"""What GCC and Clang must be told."""

_C_NAMES = {"abs": "fabs"}  # the C library's name, where it is another
_TWO_NUMBERS = {"atan2", "hypot", "pow"}


def libm_declarations() -> str:
    """Return the Cython declarations that the functions need: ``cython``, constants, ``LIBM``.

    >>> "double libm_abs 'fabs'(double)" in libm_declarations().replace('"', "'")
    True
    """
    lines = ["cimport cython", 'cdef extern from "math.h" nogil:']
    lines += ['    const double c_nan "NAN"', '    const double c_inf "INFINITY"']
    for name, c_name in LIBM.items():
        parameters = "double, double" if name in _TWO_NUMBERS else "double"
        lines.append(f'    double {c_name} "{_C_NAMES.get(name, name)}"({parameters}) noexcept')
    return "\n".join(lines) + "\n"


def row_functions(rows: Iterable[Primitive], kernel_functions: Mapping[str, str] = LIBM) -> str:
    """Return the Cython functions of all ``rows``: the value, and the partial by each operand.

    Arguments:
        rows: the rows; a row that a rule calls must be among them.
        kernel_functions: the C function for each kernel of one or two numbers. They are declared
            elsewhere: see ``libm_declarations``.

    >>> import autodiff as ad
    >>> print(row_functions([ad.sin]))
    @cython.cdivision(True)
    cdef inline double sin_value(double x) noexcept nogil:
        return libm_sin(x)
    <BLANKLINE>
    @cython.cdivision(True)
    cdef inline double sin_partial_0(double out, double x) noexcept nogil:
        return out if out != out else libm_cos(x)
    <BLANKLINE>
    """
    table = {row.name: row for row in rows}
    translator = Translator(kernel_functions, table)
    texts = [text for row in table.values() for text in _functions_of(row, translator)]
    return "\n".join([*translator.texts.values(), *texts])


def _functions_of(row: Primitive, translator: Translator) -> Iterable[str]:
    scope = scope_of(row.operands.names, row.operands.groups)
    parameters = parameters_of(scope)
    value = ast.unparse(translator.number(row.forward.tree, scope, row.name))
    yield function("double", f"{row.name}_value", parameters, [f"return {value}"])
    inside = scope.also(out=ast.Name("out", ast.Load()))
    for place, (rule, group) in enumerate(zip(row.partial_rules, row.operands.groups, strict=True)):
        name = f"{row.name}_partial_{place}"
        if group:
            lines = [
                "cdef Py_ssize_t place",
                "if out != out:",
                f"    for place in range({row.operands.names[place]}_count):",
                "        result[place] = out",
                "    return",
                *translator.stored(rule.tree, inside, row.name),
            ]
            yield function("void", name, ["double out", *parameters, "double* result"], lines)
        else:
            partial = ast.unparse(translator.number(rule.tree, inside, row.name))
            lines = [f"return out if out != out else {partial}"]
            yield function("double", name, ["double out", *parameters], lines)


def dispatchers(rows: Iterable[Primitive]) -> str:
    """Return the Cython functions that choose a row's functions by its code.

    ``value(code, x, y)``, ``partial(code, out, x)`` and ``partials(code, out, x, y)`` serve the rows
    that have a place in the table; rows of one operand take no notice of ``y``.
    """
    coded = [row for row in rows if row.code >= 0]
    one = [row for row in coded if len(row.operands.names) == 1]
    two = [row for row in coded if len(row.operands.names) == 2]
    values = {row.code: f"{row.name}_value(x)" for row in one}
    values |= {row.code: f"{row.name}_value(x, y)" for row in two}
    partial = {row.code: f"{row.name}_partial_0(out, x)" for row in one}
    pair = "({0}_partial_0(out, x, y), {0}_partial_1(out, x, y))"
    partials = {row.code: pair.format(row.name) for row in two}
    return "\n".join(
        [
            _chosen("double", "value", ["double x", "double y"], values, "c_nan"),
            _chosen("double", "partial", ["double out", "double x"], partial, "c_nan"),
            _chosen(
                "(double, double)", "partials", ["double out", "double x", "double y"], partials,
                "(c_nan, c_nan)",
            ),
        ]
    )  # fmt: skip


def _chosen(
    kind: str, name: str, parameters: list[str], results: Mapping[int, str], otherwise: str
) -> str:
    lines: list[str] = []
    for code, result in results.items():
        lines += [f"{'el' if lines else ''}if code == {code}:", f"    return {result}"]
    return function(kind, name, ["int code", *parameters], [*lines, f"return {otherwise}"])


def table_text() -> str:
    """Return the whole of ``table.pxd``: what the compiled core includes of the table."""
    rows = PRIMITIVES.values()
    return "\n".join([libm_declarations(), row_functions(rows), dispatchers(rows)])
