"""Step through it: the trace of one forward and one backward sweep, forwards and backwards."""

import autodiff as ad
from autodiff.paths import symbols_of
from autodiff.trace import Replay

x = ad.Value(3.0, name="x")
a = x * x
y = a + x
a.name, y.name = "a", "y"

trace = ad.trace(y)
symbols = list(symbols_of([x, a, y]).values())
replay = Replay(trace)


def known(numbers: tuple[float | None, ...]) -> str:
    """Return what is known of each node; not computed yet is not 0."""
    return "  ".join(
        f"{symbol}: {'–' if number is None else f'{number:g}'}"
        for symbol, number in zip(symbols, numbers, strict=True)
    )


print(f"{len(trace)} events; every step, and the adjoints known after it")
while replay.position < len(trace):
    event = replay.next()
    what = f"{event.kind:16} {symbols[event.node]} {event.value:3g}"
    print(f"{replay.position:3}  {what}   {known(replay.state.derivatives)}")

for _ in range(4):
    replay.back()
print(f"four steps back: {known(replay.state.derivatives)}")
replay.goto(0)
print(f"at the start:    {known(replay.state.derivatives)}")
