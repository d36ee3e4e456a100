"""What every operation looks at while nodes are made: its own code, and whether a mode is in force.

In the compiled core ``evaluate``, ``partial`` and ``partials`` of an operation with a place in the table
are C functions, generated from its row; ``operation.pxd`` chooses them.
"""

last_serial = 0  # counted up by the compiled core; elsewhere an itertools.count is


class Operation:
    """An operation as the arithmetic sees it.

    code: its place in the table; for others (of three operands or more, or the user's own) minus the
    number of operands, or -3.
    """

    __slots__ = ("code",)


class Active:
    """How many blocks of the modes are open, in all threads together."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks = 0
