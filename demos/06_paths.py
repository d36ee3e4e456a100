"""Paths: a gradient is the sum, over all paths, of the product of the local derivatives along each."""

import autodiff as ad

x = ad.Value(2.0, name="x")
u, v = x * x, ad.sin(x)
y = u * v + x
u.name, v.name, y.name = "u", "v", "y"
y.backward()

print(ad.paths(y, x))
print(f"backward() says the same: {x.grad:.4f}")

deep = x
for _ in range(40):
    deep = deep * 0.5 + deep * 0.5
deep.name = "deep"
print(ad.paths(deep, x))
