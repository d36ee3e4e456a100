"""A first gradient: write arithmetic, go backward, read the gradients off the leaves."""

import autodiff as ad

w = ad.Value(2.0, name="w")
x = ad.Value(3.0, name="x")
y = ad.Value(5.0, name="y")

loss = (y - w * x) ** 2 / 2
loss.backward()

print(f"loss = {loss:g}")
for leaf in (w, x, y):
    print(f"∂loss/∂{leaf.name} = {leaf.grad:g}")

# The same derivative of a plain Python function, without any Value in sight:
gradient = ad.grad(lambda w: (5.0 - w * 3.0) ** 2 / 2)
print(f"by ad.grad: {gradient(2.0):g}")
