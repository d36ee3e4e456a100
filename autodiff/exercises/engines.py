"""Exercises with an engine that has a defect: find it and put it right."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autodiff.value as engine
from autodiff.exercises.exercise import Answers, Blank, Exercise, Judged

WORKING = """\
class Node:
    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.operands = operands
        self.partials = partials
        self.grad = 0.0

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        for node in order:
            if node.operands:
                node.grad = 0.0  # leaves accumulate, the others start anew
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in zip(node.operands, node.partials):
                operand.grad += node.grad * partial
"""


class Defect(NamedTuple):
    """One defect: what is replaced in the working engine by what, and a symptom."""

    name: str
    right: str
    wrong: str
    symptom: str


DEFECTS = (
    Defect(
        "no accumulation",
        "                operand.grad += node.grad * partial\n",
        "                operand.grad = node.grad * partial\n",
        "The gradient of `x*x + x` by `x` comes out as that of a single path.",
    ),
    Defect(
        "naive recursion",
        WORKING[WORKING.index("        order, seen"):],
        """\
        self.grad = 1.0
        self.pass_on()

    def pass_on(self):
        for operand, partial in zip(self.operands, self.partials):
            operand.grad += self.grad * partial
            operand.pass_on()
""",
        "`b = a + a; c = b + b` gives 6 where 4 is right, and large graphs take for ever.",
    ),
    Defect(
        "stale gradients",
        """\
        for node in order:
            if node.operands:
                node.grad = 0.0  # leaves accumulate, the others start anew
""",
        "",
        "A second `backward()` should double the gradients of the leaves. It makes more of them.",
    ),
)  # fmt: skip
"""The defects that are asked about, easiest first."""


def broken(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to repair a small engine; each seed has another defect than the one before."""
    defect = DEFECTS[(seed + difficulty - 1) % len(DEFECTS)]
    source = WORKING.replace(defect.right, defect.wrong)
    blanks = tuple(Blank(name, "", _judge(name)) for name in _BEHAVIOURS)
    prompt = (
        f"This engine has a defect. {defect.symptom} Find the place, and put it right.\n\n"
        f"```python\n{source}```\n\nThe answer is the class `Node`, repaired."
    )
    return Exercise(
        "engine", seed, difficulty, "Repair the engine", prompt, blanks, f"{source}\n\nanswers = Node",
        f"The defect: {defect.name}. It works with\n\n```python\n{defect.right}```",
    )  # fmt: skip


# ── what an engine must do: each builds one graph of any class of nodes, and returns gradients ───────


def _used_once(node: Callable[[float], Any]) -> list[float]:
    w, x = node(2.0), node(3.0)
    (w * x).backward()
    return [w.grad, x.grad]


def _used_twice(node: Callable[[float], Any]) -> list[float]:
    x = node(3.0)
    (x * x + x).backward()
    return [x.grad]


def _branches_meet(node: Callable[[float], Any]) -> list[float]:
    a = node(1.0)
    b = a + a
    c = b + b
    (c * c + b).backward()
    return [a.grad]


def _twice_backward(node: Callable[[float], Any]) -> list[float]:
    x = node(3.0)
    y = x * x
    out = y * y
    out.backward()
    out.backward()
    return [x.grad]


_BEHAVIOURS: dict[str, Callable[[Callable[[float], Any]], list[float]]] = {
    "a node used once": _used_once,
    "a node used twice": _used_twice,
    "branches that meet": _branches_meet,
    "backward twice": _twice_backward,
}
_HINTS = {
    "a node used once": "Error from above times the local derivative is not what arrives.",
    "a node used twice": "What a node receives along several edges has to be added up.",
    "branches that meet": "A node passed its adjoint on before all its users had contributed.",
    "backward twice": "Leaves accumulate over two calls; what is between must not.",
}


def _judge(behaviour: str) -> Callable[[Any, Answers], Judged]:
    def judge(answer: Any, _: Answers) -> Judged:
        if not isinstance(answer, type):
            return Judged(0.0, "The answer is the class, Node.")
        run = _BEHAVIOURS[behaviour]
        try:
            found: Sequence[float] = run(answer)
        except Exception as error:  # whatever a student's code does
            return Judged(0.0, f"It ends with {type(error).__name__}: {str(error)[:100]}")
        return Judged(1.0, "") if found == run(engine.Value) else Judged(0.0, _HINTS[behaviour])

    return judge
