"""``autodiff check``: the derivatives of an expression's outputs by all of its inputs."""

from collections.abc import Mapping
from dataclasses import replace
from inspect import Parameter, Signature
from typing import Any

from autodiff.graph import topological_order
from autodiff.paths import symbols_of
from autodiff.syntax import Computed, Program, evaluate
from autodiff.testing.checker import check_gradients
from autodiff.testing.report import Report


def check_program(program: Program, values: Mapping[str, float], computed: Computed) -> list[Report]:
    """Return a report for each output of a computed program."""
    symbols = symbols_of(topological_order(*computed.outputs))
    reports = []
    for index, out in enumerate(computed.outputs):
        report = check_gradients(
            _function(program, symbols[out], tuple(values), index), *values.values()
        )
        wrong = report.wrong and report.wrong._replace(line="")  # an expression has no line of Python
        reports.append(replace(report, wrong=wrong))
    return reports


def _function(program: Program, name: str, inputs: tuple[str, ...], index: int) -> Any:
    """Return one output of a program as a function of its inputs, called what the output is called."""

    def output(*numbers: Any) -> Any:
        return evaluate(program, dict(zip(inputs, numbers, strict=True)))[index]

    output.__name__ = name
    parameters = [Parameter(one, Parameter.POSITIONAL_ONLY) for one in inputs]
    output.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return output
