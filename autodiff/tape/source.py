"""The tape as a readable Python program that runs by itself.

``Statements`` writes the lines; ``standalone`` puts them into a program together with the few functions
they call, taken from the package's own source and from the rule texts. The NumPy replay uses the same
statements with arrays for lane variables.
"""

import ast
import inspect
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from autodiff import kernels
from autodiff.expressions import runnable
from autodiff.primitive import Primitive, rows
from autodiff.tape.lines import (
    MINUS_ONE,
    ONE,
    Affine,
    Evaluate,
    LaneSum,
    Line,
    Partial,
    Program,
)

_RESERVED = (
    "builtins", "math", "inf", "nan", "pi", "len", "range", "values", "lane", "lanes", "lane_sum",
    "where", "ok", "inputs",
)  # fmt: skip
_NONE: Mapping[int, str] = {}
_TERMS_A_LINE = 24  # Python's parser nests as deep as a sum has terms


class Argument(NamedTuple):
    """One argument of the recorded function: its name, and the path of each of its numbers."""

    name: str
    lane: bool
    paths: tuple[str, ...]  # "" for the argument itself, "[0][1]", "['b']"
    first: int  # the place of its first number among the inputs


def value_function(row: Primitive) -> str:
    """Return the name under which programs call the value of ``row``."""
    return f"{row.name}_value" if row.operands.variadic else row.name


def partial_function(row: Primitive, rule: int) -> str:
    """Return the name under which programs call a local derivative of ``row``."""
    return f"{row.name}_partial_{row.operands.names[rule]}"


class Statements:
    """Writes lines as Python statements; variables keep the user's names."""

    def __init__(
        self, program: Program, arrays: bool = False, given: Mapping[int, str] = _NONE,
        reserved: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self.program = program
        self.arrays = arrays
        self._names = dict(given)
        self._taken = {*_called(program), *_RESERVED, *given.values(), *reserved}
        self._name_all()

    def _name_all(self) -> None:
        for variable, name in self.program.variables.names.items():
            if variable not in self._names:
                self._names[variable] = self._free(name)
        constants = self.program.variables.constants
        for x, x_bar in self.program.adjoints.items():
            if x_bar >= 0 and x_bar not in self._names and x_bar not in constants:
                self._names[x_bar] = self._free(self.name(x) + "_bar")

    def _free(self, wish: str) -> str:
        name = re.sub(r"\W+", "_", wish).strip("_") or "v"
        name = _unlike(f"v{name}" if name[0].isdigit() else name, self._taken)
        self._taken.add(name)
        return name

    def name(self, variable: int) -> str:
        """Return what ``variable`` is called: a name, or the number of a constant."""
        number = self.program.variables.constants.get(variable)
        if number is not None:
            text = repr(number)
            return f"({text})" if text.startswith("-") else text
        if variable not in self._names:
            self._names[variable] = self._free(f"v{variable}")
        return self._names[variable]

    def of(self, line: Line) -> Iterator[str]:
        """Yield the statements of one line."""
        if isinstance(line, Affine):
            yield from self._affine(line)
        elif isinstance(line, Evaluate):
            call = self._called(line.out, value_function(line.row), line.operands)
            yield f"{self.name(line.out)} = {call}"
        elif isinstance(line, Partial):
            function = partial_function(line.row, line.rule)
            outs = ", ".join(map(self.name, line.outs))
            comma = "," if line.row.operands.groups[line.rule] else ""
            operands = (line.value, *line.operands)
            yield f"{outs}{comma} = {self._called(line.outs[0], function, operands)}"
        elif isinstance(line, LaneSum):
            for b, target in line.terms:
                term = f"lane_sum({self.name(line.a)}, {self.name(b)})" if self.arrays else ""
                yield f"{self.name(target)} += {term or self._product(line.a, b)}"
        elif self.arrays:
            comparison = f"{self.name(line.left)} {line.relation} {self.name(line.right)}"
            yield f"ok &= ({comparison}) == {line.outcome}"
        else:
            comparison = f"{self.name(line.left)} {line.relation} {self.name(line.right)}"
            wrong = comparison if not line.outcome else f"not {comparison}"
            yield f"if {wrong}:"
            yield f"    raise ValueError({f'recorded where {comparison} was {line.outcome}'!r})"

    def _called(self, out: int, function: str, operands: Sequence[int]) -> str:
        prefix = "lanes." if self.arrays and self.program.variables.lane[out] else ""
        return f"{prefix}{function}({', '.join(map(self.name, operands))})"

    def _affine(self, line: Affine) -> Iterator[str]:
        out = self.name(line.out)
        for start in range(0, len(line.terms), _TERMS_A_LINE):
            text = "" if start == 0 else out
            for a, b in line.terms[start : start + _TERMS_A_LINE]:
                negative = MINUS_ONE in (a, b)
                term = (
                    self._product(b if a == MINUS_ONE else a, ONE) if negative else self._product(a, b)
                )
                text += (" - " if negative else " + ") + term if text else f"-{term}" * negative or term
            yield f"{out} = {text}"
        if line.nan_of >= 0:
            value = self.name(line.nan_of)
            if self.arrays and self.program.variables.lane[line.out]:
                yield f"{out} = where({value} != {value}, {value}, {out})"
            else:
                yield f"{out} = {value} if {value} != {value} else {out}"

    def _product(self, a: int, b: int) -> str:
        factors = [self.name(x) for x in (a, b) if x != ONE]
        return " * ".join(factors) or "1.0"


def _called(program: Program) -> Iterator[str]:
    """Yield the names of the functions that the lines of ``program`` call."""
    for line in program.lines:
        if isinstance(line, Evaluate):
            yield value_function(line.row)
        elif isinstance(line, Partial):
            yield partial_function(line.row, line.rule)


def _unlike(wish: str, taken: Collection[str]) -> str:
    """Return a name like ``wish`` that is not taken."""
    while wish in taken or keyword.iskeyword(wish):
        wish += "_"
    return wish


def standalone(program: Program, arguments: Sequence[Argument], title: str, several: bool) -> str:
    """Return ``program`` as the text of a Python module with one function.

    Arguments:
        program: what to write.
        arguments: the recorded function's own.
        title: what the function is called.
        several: whether the function returns several numbers, as a tuple.
    """
    for argument in arguments:
        for path in argument.paths:
            if not _is_python(path):
                raise ValueError(
                    f"there is no source: {argument.name} has a key that Python text cannot say, {path}"
                )
    definitions = _definitions(program)
    arguments = _named_apart(arguments, {*definitions, *_RESERVED})
    given = {program.inputs[a.first]: a.name for a in arguments if not a.lane and a.paths == ("",)}
    statements = Statements(program, False, given, [*definitions, *(a.name for a in arguments)])
    title = _unlike(title, {*definitions, *_RESERVED})
    lanes = [argument.name for argument in arguments if argument.lane]
    body: list[str] = [*_unpacked(program, statements, arguments, False)]
    body += _swept(program.before, "shared by all lanes" if lanes else "forward sweep", statements)
    if lanes:
        body += [f"{statements.name(target)} = 0.0" for target in program.sums]
        body += ["values = []", f"for lane in range(len({lanes[0]})):"]
        inner = [*_unpacked(program, statements, arguments, True)]
        inner += _swept(program.lanes, "forward sweep", statements)
        inner += _swept(program.lanes_back, "reverse sweep", statements)
        inner.append(f"values.append({_results(program, statements, several)})")
        body += ["    " + text for text in inner]
    body += _swept(program.after, "shared adjoints" if lanes else "reverse sweep", statements)
    result = "values" if lanes else _results(program, statements, several)
    if program.gradient:
        result += f", ({', '.join(_gradients(program, statements, arguments))},)"
    signature = ", ".join(argument.name for argument in arguments)
    head = f"def {title}({signature}):\n"
    text = head + "".join(f"    {line}\n" for line in body) + f"    return {result}\n"
    functions = "".join(f"\n\n{definition}" for definition in definitions.values())
    return f"import builtins\nimport math\nfrom math import inf, nan, pi\n{functions}\n\n{text}"


def _is_python(path: str) -> bool:
    """Return whether ``path`` can stand after a name."""
    try:
        ast.parse(f"x{path}", mode="eval")
    except SyntaxError:
        return False
    return True


def _named_apart(arguments: Sequence[Argument], taken: Collection[str]) -> list[Argument]:
    """Return the arguments with other names where the program means something else by theirs."""
    names = {argument.name for argument in arguments}
    apart = []
    for argument in arguments:
        free = argument.name not in taken
        name = argument.name if free else _unlike(argument.name, {*taken, *names})
        names.add(name)
        apart.append(argument._replace(name=name))
    return apart


def _swept(lines: Sequence[Line], title: str, statements: Statements) -> Iterator[str]:
    if lines:
        yield f"# {title}"
    for line in lines:
        yield from statements.of(line)


def _results(program: Program, statements: Statements, several: bool) -> str:
    names = [statements.name(out) for out in program.outputs]
    return f"({', '.join(names)},)" if several else names[0]


def _unpacked(
    program: Program, statements: Statements, arguments: Sequence[Argument], lane: bool
) -> Iterator[str]:
    used = set(_used(program))
    for argument in arguments:
        if argument.lane == lane:
            for place, path in enumerate(argument.paths, argument.first):
                variable = program.inputs[place]
                name = statements.name(variable)
                source = f"{argument.name}{'[lane]' if lane else ''}{path}"
                if variable in used and name != source:
                    yield f"{name} = {source}"


def _used(program: Program) -> Iterator[int]:
    yield from program.outputs
    yield from program.gradient
    for line in program.lines:
        if isinstance(line, Affine):
            for term in line.terms:
                yield from term
            yield line.nan_of
        elif isinstance(line, (Evaluate, Partial)):
            yield from line.operands
        elif isinstance(line, LaneSum):
            yield line.a
            yield from (b for b, _ in line.terms)
        else:
            yield from (line.left, line.right)


def _gradients(program: Program, statements: Statements, arguments: Sequence[Argument]) -> Iterator[str]:
    for argument in arguments:
        if not argument.lane:
            places = range(argument.first, argument.first + len(argument.paths))
            bars = [program.gradient[place] for place in places]
            names = [statements.name(bar) if bar >= 0 else "0.0" for bar in bars]
            yield names[0] if argument.paths == ("",) else f"[{', '.join(names)}]"


# ── the functions that a program calls ──────────────────────────────────────────────────────────


def _definitions(program: Program) -> dict[str, str]:
    """Return the definition of every function that ``program`` needs, by its name."""
    definitions: dict[str, str] = {}
    for line in program.lines:
        if isinstance(line, Evaluate):
            _define_value(line.row, definitions)
        elif isinstance(line, Partial):
            _define_partial(line.row, line.rule, definitions)
    return definitions


def _define_value(row: Primitive, definitions: dict[str, str]) -> None:
    name = value_function(row)
    if name in definitions:
        return
    if row.name in kernels.__all__ and not row.operands.variadic:
        _define_kernel(row.name, definitions)
        return
    definitions[name] = ""  # its place, before those that it calls: a rule may call itself
    _define_called(row, row.forward.tree, definitions)
    body = f"{row.operands.preamble}    return {runnable(row.forward)}\n"
    definitions[name] = f"def {name}({row.operands.parameters}):\n{body}"


def _define_partial(row: Primitive, rule: int, definitions: dict[str, str]) -> None:
    name, spec = partial_function(row, rule), row.operands
    if name in definitions:
        return
    definitions[name] = ""
    _define_called(row, row.partial_rules[rule].tree, definitions)
    nans = "[out] * len(operands)" if spec.preamble else f"[out] * len({spec.names[rule]})"
    nothing = nans if spec.groups[rule] else "out"
    definitions[name] = (
        f"def {name}(out, {spec.parameters}):\n{spec.preamble}"
        f"    return {nothing} if out != out else {runnable(row.partial_rules[rule])}\n"
    )


def _define_called(row: Primitive, tree: ast.expr, definitions: dict[str, str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Pow)):
            _define_kernel("div" if isinstance(node.op, ast.Div) else "pow", definitions)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in kernels.__all__:
                _define_kernel(node.func.id, definitions)
            else:
                _define_value(rows[node.func.id], definitions)


def _define_kernel(name: str, definitions: dict[str, str]) -> None:
    """Add a kernel and all that it calls, as they stand in the package's source."""
    statements = _kernel_statements()
    if name in definitions or name not in statements:
        return
    definitions[name] = ""
    for node in ast.walk(statements[name]):
        if isinstance(node, ast.Name) and node.id != name:
            _define_kernel(node.id, definitions)
    text = ast.unparse(statements[name])
    definitions[name] = definitions.pop(name) + text + "\n"


@cache
def _kernel_statements() -> dict[str, ast.stmt]:
    """Return the statement of ``kernels.py`` that defines each of its names."""
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(inspect.getsource(kernels)).body:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = _bare(statement)
        elif isinstance(statement, ast.Assign):
            for target in ast.walk(statement.targets[0]):
                if isinstance(target, ast.Name):
                    found[target.id] = statement
    return found


def _bare(function: ast.FunctionDef) -> ast.FunctionDef:
    """Return ``function`` without annotations: they name types that a program need not know."""
    function.returns = None
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    body: list[ast.stmt] = []
    for statement in function.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            plain = ast.Assign([statement.target], statement.value)
            body.append(ast.copy_location(plain, statement))
        else:
            body.append(statement)
    function.body = body
    return ast.fix_missing_locations(function)
