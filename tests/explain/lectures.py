"""The two graphs of the lectures (LECTURES.md, items 5 and 6)."""

import autodiff as ad


def named(**values: float) -> list[ad.Value]:
    return [ad.Value(x, name=name) for name, x in values.items()]


def half_square() -> ad.Value:
    """Return L = ½(y - wx)² at w = 2, x = 3, y = 5."""
    w, x, y = named(w=2.0, x=3.0, y=5.0)
    L = (y - w * x) ** 2 / 2
    L.name = "L"
    return L


def sine_and_cosine() -> list[ad.Value]:
    """Return y1 = sin(w1·x + w0) and y2 = cos(w1·x + w0) at w0 = 0.5, w1 = 2, x = 0.3."""
    w0, w1, x = named(w0=0.5, w1=2.0, x=0.3)
    a5 = w1 * x + w0
    y1, y2 = ad.sin(a5), ad.cos(a5)
    y1.name, y2.name = "y1", "y2"
    return [y1, y2]
