"""Record once, replay many: a model trained without making a node a second time."""

import numpy as np

import autodiff as ad


def loss(w, b, x, y):
    """One sample: the logistic loss of a line, for y = ±1."""
    score = ad.dot(w, x) + b
    return ad.softplus(-y * score)


g = ad.compile(loss, lanes=["x", "y"])  # x and y have one entry for each sample, w and b are shared

generator = np.random.default_rng(0)
x = generator.normal(size=(500, 2))
y = np.sign(x @ [1.0, -2.0] + 0.5 + 0.5 * generator.normal(size=500))

w, b = np.zeros(2), 0.0
for step in range(1001):
    values, (w_bar, b_bar) = g.value_and_grad(w, b, x, y)
    if step % 250 == 0:
        print(f"step {step:4}: mean loss {values.mean():.4f}")
    w -= 0.5 * w_bar / len(x)
    b -= 0.5 * b_bar / len(x)
print(f"w = ({w[0]:.3f}, {w[1]:.3f}), b = {b:.3f}")

branching = ad.compile(lambda x: x * x if x > 0 else -x, lanes=["x"])
values = branching([3.0, -2.0])
print(f"every lane takes its own branch: {values}, from {branching.stats().tapes} tapes")

counts = g.stats()
print(f"{counts.recorded} operations were recorded, the tape has {counts.lines} lines:")
source = g.source
print(source[source.index("def loss") :])
