"""Why the order matters: depth first, without waiting, is wrong as soon as a node is used twice."""

import autodiff as ad

print(ad.why_order())

a = ad.Value(1.0, name="a")
b = a + a
c = b + b
c.backward()
print(f"backward() in topological order: ā = {a.grad:g}")
