"""Making nodes, and what their class needs for it; in the compiled core ``nodes.pxd`` does it in C.

There it also frees them: a chain as long as you like without recursion, as Python itself does here.
"""

from typing import Any, NoReturn, TypeVar

from autodiff.calls import next_serial

T = TypeVar("T")


def as_node(node: Any) -> Any:
    """Return ``node``, which is known to be one: the compiled core need not look."""
    return node


def node_of(
    kind: type[T], data: float, grad: float, label: Any, primitive: Any, left: Any, right: Any
) -> T:
    """Return a new node: its fields, and the next serial."""
    node: Any = kind.__new__(kind)
    node._data = data
    node.serial = next_serial()
    node._place = 0
    node._left = left
    node._right = right
    node.primitive = primitive
    node._grad = grad
    node._label = label
    return node  # type: ignore[no-any-return]


def finish(kind: type) -> None:
    """Let nobody derive from the class of nodes, as nobody can from the compiled one."""

    def refuse(cls: type) -> NoReturn:
        raise TypeError(f"type '{kind.__module__}.{kind.__name__}' is not an acceptable base type")

    kind.__init_subclass__ = classmethod(refuse)  # type: ignore[assignment]
