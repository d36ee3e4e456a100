"""Recurrent cells: the same step for every element of a sequence.

x  the step's input        h  the state that is also the output       c  the LSTM's inner state
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from autodiff.nn.initialisers import Initialiser
from autodiff.nn.layers import Layer
from autodiff.nn.modules import Module, module_of
from autodiff.primitives import sigmoid, tanh


class LSTMCell(Module):
    """A cell with input, forget and output gates; its state is (h, c).

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.

    >>> cell = LSTMCell(1, 2, generator=Random(0))
    >>> h, c = cell.step([1.0], cell.start())
    >>> len(h), len(c)
    (2, 2)
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
    ) -> None:
        self.gates = _gates(
            ["input", "forget", "candidate", "output"], inputs, units, generator, initialiser
        )
        self.units = units

    def start(self) -> tuple[list[Any], list[Any]]:
        """Return the state before the first step: zeros."""
        return [0.0] * self.units, [0.0] * self.units

    def step(self, x: Sequence[Any], state: tuple[Any, Any]) -> tuple[list[Any], list[Any]]:
        """Return the state after ``x``."""
        h, c = state
        i, f, g, o = (gate([*x, *h]) for gate in self.gates)
        c = [
            sigmoid(fi) * ci + sigmoid(ii) * tanh(gi) for ii, fi, gi, ci in zip(i, f, g, c, strict=True)
        ]
        return [sigmoid(oi) * tanh(ci) for oi, ci in zip(o, c, strict=True)], c

    def arguments(self) -> dict[str, Any]:
        """Return what the cell was made with."""
        return {"inputs": self.gates[0].arguments()["inputs"] - self.units, "units": self.units}


class GRUCell(Module):
    """A cell with a reset and an update gate; its state is (h,).

    Source: Cho et al. 2014; the reset gate is applied after the candidate's recurrent sum, as in
    PyTorch and cuDNN.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
    ) -> None:
        self.gates = _gates(["reset", "update"], inputs, units, generator, initialiser)
        self.of_input = Layer(
            inputs, units, generator=generator, initialiser=initialiser, name="candidate of x"
        )
        self.of_state = Layer(
            units, units, generator=generator, initialiser=initialiser, name="candidate of h"
        )
        self.units = units

    def start(self) -> tuple[list[Any]]:
        """Return the state before the first step: zeros."""
        return ([0.0] * self.units,)

    def step(self, x: Sequence[Any], state: tuple[Any]) -> tuple[list[Any]]:
        """Return the state after ``x``."""
        (h,) = state
        r, z = (gate([*x, *h]) for gate in self.gates)
        new = []
        for ri, zi, of_x, of_h, hi in zip(r, z, self.of_input(x), self.of_state(h), h, strict=True):
            update = sigmoid(zi)
            candidate = tanh(of_x + sigmoid(ri) * of_h)
            new.append(candidate + update * (hi - candidate))
        return (new,)

    def arguments(self) -> dict[str, Any]:
        """Return what the cell was made with."""
        return {"inputs": self.of_input.arguments()["inputs"], "units": self.units}


def _gates(
    names: Sequence[str], inputs: int, units: int, generator: Random, initialiser: str | Initialiser
) -> list[Layer]:
    """Return one linear layer of input and state for each name."""
    return [
        Layer(inputs + units, units, generator=generator, initialiser=initialiser, name=name)
        for name in names
    ]


class Recurrent(Module):
    """A sequence to the last h of a cell, through a layer: a sample is a list of inputs.

    >>> model = Recurrent(GRUCell(1, 3, generator=Random(0)), Layer(3, 1, generator=Random(1)))
    >>> len(model([[0.0], [1.0], [1.0]]))
    1
    """

    def __init__(self, cell: LSTMCell | GRUCell, readout: Module) -> None:
        if not (hasattr(module_of(cell, "cell"), "start") and hasattr(cell, "step")):
            raise TypeError(f"cell: {cell!r} has no start() and step(x, state)")
        self.cell = cell
        self.readout = module_of(readout, "readout")

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return what the readout makes of the state after the last element."""
        state: Any = self.cell.start()
        for element in x:
            state = self.cell.step(list(element), state)
        return self.readout(state[0])

    @property
    def outputs(self) -> str:
        """What the readout says of its outputs."""
        return self.readout.outputs

    def arguments(self) -> dict[str, Any]:
        """Return the modules inside."""
        return {"cell": self.cell, "readout": self.readout}
