"""The Cython text of the lane unit: every row of the table as loops over lanes.

Needed only where the package is built. The functions of one lane are generated from the table, with
the elementary functions of this room in place of the C library's. A loop that only does arithmetic,
selects and inlined functions is vectorised by the C compiler; what is in no vector form yet calls
the C library once a lane.
"""

import re
from collections.abc import Iterable, Mapping

from autodiff.expressions import Rule
from autodiff.native.rules import LIBM, libm_declarations, row_functions
from autodiff.primitive import Primitive
from autodiff.tape import elementary
from autodiff.tape.lane_source import PREFIX, elementary_text
from autodiff.tape.straight import straightened

VECTORISED = tuple(
    name
    for name, function in vars(elementary).items()
    if name in LIBM and function.__module__.startswith(elementary.__name__)
)
"""The kernels that have a vector form."""

LANES = {**LIBM, **{name: PREFIX + name for name in VECTORISED}}
"""The C function for each kernel of one or two numbers, on lanes."""

UNROLLED = range(2, 7)
"""The sizes of a group of operands that have a loop of their own."""

_BEYOND = "beyond_limit_of_"  # the same row with the C library's functions

NEAR = 64
"""As many operands of one lane are gathered on the stack."""

_HEAD = """# cython: cdivision=True, boundscheck=False, wraparound=False
from libc.stdlib cimport free, malloc

cdef extern from *:
    # Written rows are no other rows than those read, or the very same: lanes do not touch each other.
    ctypedef double* row "double *__restrict"
"""


def unit_text(rows: Mapping[str, Primitive]) -> str:
    """Return the text of the lane unit for a table, whose rows are numbered in its order."""
    fixed = [row for row in rows.values() if not row.operands.variadic]
    variadic = [row for row in rows.values() if row.operands.variadic]
    lists = row_functions(variadic, LANES)
    limited = [
        _beyond(row) for row in fixed if _limited(row.forward) or any(map(_limited, row.partial_rules))
    ]
    return "\n\n".join([
        _HEAD + libm_declarations(),
        elementary_text(),
        _straight(row_functions(fixed, LANES), _vectorisable(fixed)),
        _straight(lists, {*_vectorisable(fixed), *re.findall(r"cdef inline double (\w+)\(", lists)}),
        row_functions(limited, LIBM),
        *(text for row in fixed for text in _fixed_loops(row)),
        *(text for row in variadic for text in _variadic_loops(row)),
        _value_dispatch(rows.values()),
        _partial_dispatch(rows.values()),
        f"codes = {{name: code for code, name in enumerate({tuple(rows)!r})}}\n",
    ])  # fmt: skip


def _vectorisable(rows: Iterable[Primitive]) -> set[str]:
    """Return the C functions that may be called for all lanes: those that call no libm function."""
    inlined = {LANES[name] for name in (*VECTORISED, "abs", "sqrt", "floor", "ceil")}
    table = {row.name: row for row in rows}
    pending = dict(table)
    while pending:
        free = [
            row for row in pending.values()
            if all(LANES.get(c.name, f"{c.name}_value") in inlined for c in row.forward.calls)
        ]  # fmt: skip
        if not free:
            break
        for row in free:
            inlined.add(f"{row.name}_value")
            del pending[row.name]
    return inlined


def _straight(functions: str, vectorisable: set[str]) -> str:
    """Return generated functions with those that only return an expression straightened."""
    texts = []
    for function in functions.split("\n\n"):
        *head, last = function.rstrip().splitlines()
        before, returned, expression = last.partition("    return ")
        if not before and head[-1].startswith("cdef inline double"):
            as_calls = expression.replace("<double>", "double_of")  # a cast is no Python
            calls, expression = straightened(as_calls, vectorisable)
            head += [f"    cdef double {call}" for call in calls]
            expression = expression.replace("double_of", "<double>")
        texts.append("\n".join([*head, before + returned + expression, ""]))
    return "\n".join(texts)


def _limited(rule: Rule) -> bool:
    return any(call.name in elementary.LIMITED for call in rule.calls)


def _beyond(row: Primitive) -> Primitive:
    """Return a row of another name, and otherwise the same."""
    return Primitive(_BEYOND + row.name, row.operands, row.forward, row.partial_rules)


def _fixed_loops(row: Primitive) -> Iterable[str]:
    operands = row.operands.names
    yield _loop(f"{row.name}_value", operands, row.forward)
    for place, rule in enumerate(row.partial_rules):
        yield _loop(f"{row.name}_partial_{place}", ("out", *operands), rule)


def _loop(function: str, read: tuple[str, ...], rule: Rule) -> str:
    """Return the loop that writes ``function`` of the rows ``read`` to the row ``result``.

    Where the rule calls a function that has a limit, all lanes are looked at first.
    """
    arguments = ", ".join(f"{name}[lane]" for name in read)
    parameters = ", ".join(f"row {name}" for name in read)
    lines = [
        f"cdef void {function}_rows(row result, {parameters}, Py_ssize_t lanes) noexcept nogil:",
        "    cdef Py_ssize_t lane",
    ]
    if _limited(rule):
        limits = {
            call.name: elementary.LIMITED[call.name]
            for call in rule.calls
            if call.name in elementary.LIMITED
        }
        limit = min(limits.values())
        (x,) = set(read) - {"out"}
        lines += [
            "    cdef double largest = 0.0",
            "    for lane in range(lanes):",
            f"        largest = libm_abs({x}[lane]) if libm_abs({x}[lane]) > largest else largest",
            f"    if largest > {limit!r}:",
            "        for lane in range(lanes):",
            f"            if libm_abs({x}[lane]) > {limit!r}:",
            f"                result[lane] = {_BEYOND}{function}({arguments})",
            "            else:",
            f"                result[lane] = {function}({arguments})",
            "        return",
        ]
    lines += ["    for lane in range(lanes):", f"        result[lane] = {function}({arguments})"]
    return "\n".join(lines)


def _variadic_loops(row: Primitive) -> Iterable[str]:
    rules = [(f"{row.name}_value", False, "")]
    for place, group in enumerate(row.operands.groups):
        rules.append((f"{row.name}_partial_{place}", group, "out"))
    for function, gives_list, out in rules:
        counts = [size * max(1, row.operands.groups.count(True)) for size in UNROLLED]
        for count in counts:
            yield _unrolled(row, function, count, gives_list, out)
        yield _gathered(row, function, counts, gives_list, out)


def _groups(row: Primitive, count: object) -> list[tuple[str, str]]:
    """Return where each of a row's operands begins in ``xs``, and how many a group has."""
    return {
        (True,): [("xs", f"{count}")],
        (True, True): [("xs", f"{count} // 2"), (f"xs + {count} // 2", f"{count} // 2")],
        (False, True): [("xs[0]", ""), ("xs + 1", f"{count} - 1")],
    }[row.operands.groups]


def _call(row: Primitive, function: str, count: object, gives_list: bool, out: str) -> str:
    """Return the call of the function of one lane, its operands gathered in ``xs``."""
    arguments = [f"{out}[lane]"] if out else []
    arguments += [text for group in _groups(row, count) for text in group if text]
    return f"{function}({', '.join([*arguments, 'partials'] if gives_list else arguments)})"


def _unrolled(row: Primitive, function: str, count: int, gives_list: bool, out: str) -> str:
    """Return the loop for a certain count: the compiler unrolls the lists and does lanes by vectors."""
    size = count // max(1, row.operands.groups.count(True)) - (row.operands.groups == (False, True))
    results = [f"result_{place}" for place in range(size)] if gives_list else ["result"]
    xs = [f"x_{place}" for place in range(count)]
    read = [out, *xs] if out else xs
    call = _call(row, function, count, gives_list, out)
    lines = [
        f"cdef void {function}_of_{count}(",
        "    " + ", ".join(f"row {name}" for name in [*results, *read]) + ", Py_ssize_t lanes",
        ") noexcept nogil:",
        "    cdef Py_ssize_t lane",
        f"    cdef double[{count}] xs",
        *([f"    cdef double[{size}] partials"] if gives_list else []),
        "    for lane in range(lanes):",
        *(f"        xs[{place}] = {x}[lane]" for place, x in enumerate(xs)),
        f"        {call}" if gives_list else f"        result[lane] = {call}",
        *(f"        {r}[lane] = partials[{place}]" for place, r in enumerate(results) if gives_list),
    ]
    return "\n".join(lines)


def _gathered(row: Primitive, function: str, counts: list[int], gives_list: bool, out: str) -> str:
    """Return the loop for any count: the operands of one lane after the other are gathered."""
    result = "double** results" if gives_list else "double* result"
    parameters = ", ".join([result, *([f"double* {out}"] if out else []), "double** operands"])
    lines = [
        f"cdef void {function}_rows({parameters}, int count, Py_ssize_t lanes) noexcept nogil:",
        "    cdef Py_ssize_t lane, place",
        f"    cdef double[{2 * NEAR}] near",
        "    cdef double* xs = near",
    ]
    for known in counts:
        size = known // max(1, row.operands.groups.count(True)) - (row.operands.groups == (False, True))
        written = [f"results[{place}]" for place in range(size)] if gives_list else ["result"]
        read = [*([out] if out else []), *(f"operands[{place}]" for place in range(known))]
        lines += [f"    if count == {known}:", f"        {function}_of_{known}("]
        lines += [f"            {', '.join([*written, *read])}, lanes", "        )", "        return"]
    lines += [
        f"    if count > {NEAR}:",
        "        xs = <double*> malloc(2 * count * sizeof(double))",
        "        if xs == NULL:",
        *(f"            {line}" for line in _no_memory(row, gives_list)),
        "    cdef double* partials = xs + count",
        "    for lane in range(lanes):",
        "        for place in range(count):",
        "            xs[place] = operands[place][lane]",
    ]
    call = _call(row, function, "count", gives_list, out)
    if gives_list:
        size_now = _groups(row, "count")[-1][1]
        lines += [f"        {call}", f"        for place in range({size_now}):"]
        lines += ["            results[place][lane] = partials[place]"]
    else:
        lines += [f"        result[lane] = {call}"]
    return "\n".join([*lines, f"    if count > {NEAR}:", "        free(xs)"])


def _no_memory(row: Primitive, gives_list: bool) -> list[str]:
    """Return what a loop does that cannot gather its operands: no lane has a number."""
    fill = "for lane in range(lanes):"
    if not gives_list:
        return [fill, "    result[lane] = c_nan", "return"]
    size = _groups(row, "count")[-1][1]
    return [
        f"for place in range({size}):",
        f"    {fill}",
        "        results[place][lane] = c_nan",
        "return",
    ]


def _value_dispatch(rows: Iterable[Primitive]) -> str:
    lines = [
        "cdef void value_rows(",
        "    int code, double* out, double** operands, int count, Py_ssize_t lanes",
        ") noexcept nogil:",
    ]
    for code, row in enumerate(rows):
        if row.operands.variadic:
            call = "out, operands, count, lanes"
        else:
            call = ", ".join(["out", *_pointers(row), "lanes"])
        lines += [
            f"    {'el' if code else ''}if code == {code}:",
            f"        {row.name}_value_rows({call})",
        ]
    return "\n".join(lines)


def _partial_dispatch(rows: Iterable[Primitive]) -> str:
    lines = [
        "cdef void partial_rows(",
        "    int code, int rule, double** results, double* out, double** operands, int count,",
        "    Py_ssize_t lanes",
        ") noexcept nogil:",
    ]
    for code, row in enumerate(rows):
        lines.append(f"    {'el' if code else ''}if code == {code}:")
        for place, group in enumerate(row.operands.groups):
            result = "results" if group else "results[0]"
            rest = ["operands", "count"] if row.operands.variadic else _pointers(row)
            call = ", ".join([result, "out", *rest, "lanes"])
            lines += [f"        {'el' if place else ''}if rule == {place}:"]
            lines += [f"            {row.name}_partial_{place}_rows({call})"]
    return "\n".join(lines)


def _pointers(row: Primitive) -> list[str]:
    return [f"operands[{place}]" for place in range(len(row.operands.names))]
