"""Modules: the parts of a model, functions whose numbers to be learned are their attributes.

parameter  a leaf Value to be learned
slot       where a parameter is kept: an attribute, or a place in a list
sample     what a module is called with: a list of numbers
batch      several samples
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any, ClassVar, NamedTuple

from autodiff.value import Value, zero_grad


class Slot(NamedTuple):
    """A place that holds a parameter."""

    path: str  # such as layers[0].neurons[2].w[1]
    holder: Any  # a module, or a list
    key: Any
    module: "Module"  # the innermost it belongs to

    @property
    def value(self) -> Any:
        """The parameter that is there now."""
        return self.holder[self.key] if isinstance(self.holder, list) else getattr(self.holder, self.key)

    def put(self, parameter: Any) -> None:
        """Keep another parameter there."""
        if isinstance(self.holder, list):
            self.holder[self.key] = parameter
        else:
            setattr(self.holder, self.key, parameter)


class Module:
    """A part of a model: call it with a sample.

    Parameters and inner modules are attributes, or in lists that are. A subclass defines ``__call__``;
    where what becomes of a sample depends on the others it defines ``batch``, too, and sets
    ``couples_samples``; where it draws random numbers in training it sets ``draws``.

    >>> import autodiff as ad
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = ad.Value(2.0), ad.Value(1.0)
    ...     def __call__(self, x):
    ...         return [self.slope * x[0] + self.offset]
    >>> line = Line()
    >>> list(line.named_parameters())
    ['slope', 'offset']
    >>> line([3.0])[0].data
    7.0
    """

    training = True  # batch statistics and drawn slopes; False at test time
    frozen = False  # whether training leaves the parameters alone
    couples_samples: ClassVar[bool] = False  # whether a sample's outputs depend on the rest of the batch
    draws: ClassVar[bool] = False  # whether it draws random numbers in training
    save: Callable[[str | PathLike[str]], None]  # nn.save, given by saving.py, which knows every kind

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the outputs for one sample."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does with a sample")

    def batch(self, X: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Return the outputs for each sample."""
        return [self(x) for x in X]

    @property
    def outputs(self) -> str:
        """What can be said of the outputs: "any", "probability" or "distribution"."""
        return "any"

    def arguments(self) -> dict[str, Any]:
        """Return what the class was called with, as JSON can keep it; a saved model has it."""
        raise NotImplementedError(
            f"{type(self).__name__} cannot be saved: it does not say with which arguments it is made"
        )

    # ── what is inside ──────────────────────────────────────────────────────────────────────────

    def slots(self) -> Iterator[Slot]:
        """Yield every slot, in the order of definition."""
        pending: list[tuple[str, Any, Any, Module, Any]] = [("", None, None, self, self)]
        while pending:
            path, holder, key, owner, item = pending.pop()
            if isinstance(item, Value):
                if isinstance(holder, tuple):
                    raise TypeError(f"{path} is in a tuple: keep parameters in a list")
                yield Slot(path, holder, key, owner)
            elif isinstance(item, Module):
                dot = f"{path}." if path else ""
                inner = [(f"{dot}{name}", item, name, item, own) for name, own in vars(item).items()]
                pending += reversed(inner)
            elif isinstance(item, dict) or str(getattr(item, "dtype", "")) == "object":
                own = item.values() if isinstance(item, dict) else item.flat
                if any(isinstance(x, (Value, Module)) for x in own):
                    raise TypeError(f"{path} is in a {type(item).__name__}: keep parameters in a list")
            elif isinstance(item, (list, tuple)):
                pending += reversed([(f"{path}[{i}]", item, i, owner, x) for i, x in enumerate(item)])

    def modules(self) -> Iterator["Module"]:
        """Yield this module and every one inside, outermost first."""
        pending: list[Any] = [self]
        while pending:
            item = pending.pop()
            if isinstance(item, Module):
                yield item
                pending += reversed(list(vars(item).values()))
            elif isinstance(item, (list, tuple)):
                pending += reversed(item)

    def named_parameters(self) -> dict[str, Value]:
        """Return every parameter by its path, each once."""
        found: dict[int, tuple[str, Value]] = {}
        for slot in self.slots():
            found.setdefault(id(slot.value), (slot.path, slot.value))
        return dict(found.values())

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of definition."""
        return list(self.named_parameters().values())

    def trainable(self) -> list[bool]:
        """Return for each parameter whether it is to be learned: no module around it is frozen."""
        frozen = {id(x) for module in self.modules() if module.frozen for x in module.parameters()}
        return [id(x) not in frozen for x in self.parameters()]

    def freeze(self, frozen: bool = True) -> None:
        """Let training leave this module's parameters alone, or not any more."""
        self.frozen = frozen

    def train(self, training: bool = True) -> None:
        """Put this module and every one inside into the state of training, or of testing."""
        for module in self.modules():
            module.training = training

    def eval(self) -> None:
        """Put this module and every one inside into the state of testing."""
        self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        zero_grad(self.parameters())

    @contextmanager
    def using(self, numbers: Sequence[Any]) -> Iterator[None]:
        """Return a context in which other numbers stand for the parameters, in their order.

        A tape is recorded so: with the parameters as arguments.
        """
        own = self.parameters()
        if len(numbers) != len(own):
            raise ValueError(f"{len(numbers)} numbers for {len(own)} parameters")
        stands_for = {id(x): number for x, number in zip(own, numbers, strict=True)}
        slots = [(slot, slot.value) for slot in self.slots()]
        for slot, parameter in slots:
            slot.put(stands_for[id(parameter)])
        try:
            yield
        finally:
            for slot, parameter in slots:
                slot.put(parameter)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self.parameters())} parameters>"


def module_of(x: Any, what: str) -> Module:
    """Return ``x``; raises ``TypeError`` where it is no module."""
    if not isinstance(x, Module):
        raise TypeError(f"{what}: expected a module, got {type(x).__name__} {x!r:.60}")
    return x


def of_width(x: Any, width: int, module: str) -> list[Any]:
    """Return a sample as a list of ``width`` numbers.

    Raises:
        ValueError: when it has another length.
        TypeError: when it is no list.
    """
    if not hasattr(x, "__len__"):
        raise TypeError(f"{module} takes a list of {width} numbers, not {type(x).__name__} {x!r}")
    if len(x) != width:
        raise ValueError(f"{module} takes {width} numbers, got {len(x)}")
    return list(x)
