"""Train a network: build it, look at one neuron, learn, save it, read it back."""

from random import Random

import autodiff as ad
from autodiff import data, nn

generator = Random(0)
points, labels = data.circles(80, noise=0.05, generator=generator)

# One neuron, made of * and + nodes, step by step.
neuron = nn.Neuron(2, generator=generator, atomic=True)
a = neuron(points[0])
print(ad.explain(a))

# Gradient descent written out: forward, backward, step.
model = nn.MLP([2, 8, 1], "tanh", "logistic", generator=generator)
optimiser = nn.SGD(0.5)
for step in range(3):
    model.zero_grad()
    cost = nn.binary_cross_entropy.mean(model.batch(points), labels)
    cost.backward()
    optimiser.step(model.parameters())
    print(f"step {step}: cost {cost.data:.4f}")

# The same, in one call, replayed from a tape.
history = nn.fit(model, points, labels, loss="binary_cross_entropy", optimiser=nn.Adam(0.05), steps=300)
print(f"after {history.steps} more: cost {history.costs[-1]:.4f}")

model.save("circles.json")
again = nn.load("circles.json")
print("the model read back answers the same:", again(points[0])[0].data == model(points[0])[0].data)
right = sum((y > 0.5) == bool(d) for (y,), d in zip(nn.predictions(again, points), labels, strict=True))
print(f"{right} of {len(points)} points are told apart")
