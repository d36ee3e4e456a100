"""The 64 bits of a float as an integer, and back: what the lane functions need besides arithmetic."""

import struct

WORD = 0xFFFFFFFFFFFFFFFF  # an integer that grew beyond 64 bits loses the upper ones, as a register does


def word(x: float) -> int:
    """Return the IEEE-754 bits of ``x`` as an integer from 0 to 2**64 - 1.

    >>> hex(word(1.0))
    '0x3ff0000000000000'
    """
    bits: int = struct.unpack("<Q", struct.pack("<d", x))[0]
    return bits


def number(n: int) -> float:
    """Return the float whose bits are the lower 64 bits of ``n``.

    >>> number(0x3FF << 52)
    1.0
    """
    x: float = struct.unpack("<d", struct.pack("<Q", n & WORD))[0]
    return x
