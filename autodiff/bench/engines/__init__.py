"""The engines that are timed: each in one file here, written the way its own users would write it.

A file defines one function for each workload it takes part in, named like the workload, and returning a
``Prepared``. Only the worker process of an engine imports its file, so that no engine meets another.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Engine(NamedTuple):
    """What the parent process has to know of an engine."""

    title: str
    module: str  # the file in this folder
    needs: str = "autodiff"  # the module that its users import
    install: str = ""  # what pip calls its package
    environment: Mapping[str, str] = {}
    native: bool = False  # needs autodiff's compiled core
    tenth: bool = False  # so slow that large graphs are a tenth as large


ENGINES: Mapping[str, Engine] = {
    "pure": Engine("autodiff, pure Python", "eager", environment={"AUTODIFF_PURE": "1"}),
    "native": Engine("autodiff, native", "eager", native=True),
    "compiled": Engine("autodiff, compiled", "compiled"),
    "floats": Engine("plain Python floats, forward only", "floats"),
    "micrograd": Engine("micrograd", "micrograd", "micrograd.engine", "micrograd", tenth=True),
    "autograd-scalars": Engine(
        "autograd, scalars", "autograd_scalars", "autograd", "autograd", tenth=True
    ),
    "autograd": Engine("autograd, arrays", "autograd_arrays", "autograd", "autograd"),
    "torch-scalars": Engine(
        "PyTorch, scalar tensors", "torch_scalars", "torch", "torch==2.13.0", tenth=True
    ),
    "torch": Engine("PyTorch, tensors", "torch_tensors", "torch", "torch==2.13.0"),
    "xad": Engine("XAD", "xad", "xad.adj_1st", "xad"),
    "casadi": Engine("CasADi SX, mapped", "casadi", "casadi", "casadi"),
    "jax": Engine("JAX jit", "jax", "jax", "jax"),
    "numpy": Engine("NumPy, gradients by hand", "numpy", "numpy", "numpy"),
}
