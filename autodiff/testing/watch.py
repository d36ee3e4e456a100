"""``Watch``: what is told of a run of a function on Values."""

from typing import Any

from autodiff.errors import user_line


class Watch:
    """What is told of the comparisons that a function makes, and of what it hides; it refuses nothing.

    Attributes:
        comparisons: both sides of each.
        hidden: what was detached, on purpose, and by which line.
        read: what was taken out of the graph otherwise, and by which line.
    """

    strict = False

    def __init__(self) -> None:
        self.made: set[int] = set()
        self.comparisons: list[tuple[Any, Any]] = []
        self.hidden: list[str] = []
        self.read: list[str] = []

    def owns(self, node: Any) -> bool:
        """Return False: nothing that happens elsewhere is of interest."""
        return False

    def is_fixed(self, node: Any) -> bool:
        """Return True: here a constant stays what it is."""
        return True

    def compared(self, relation: Any, left: Any, right: Any, outcome: bool) -> None:
        """Keep what was compared; a number with itself is a test for nan."""
        if left is not right:
            self.comparisons.append((left, right))

    def hide(self, constant: Any, row: Any, operands: Any) -> None:
        """Keep where a number was detached, or computed in no_grad."""
        if any(not x.is_constant for x in operands):
            self.hidden.append(f"hides a derivative ({user_line()})")

    def refuse(self, deed: str, node: Any) -> None:
        """Keep where a number was read; nothing is replayed, so it may be."""
        if not node.is_constant:
            self.read.append(f"{deed} {node.name or 'a Value'} ({user_line()})")
