"""Forward against reverse: the same derivatives, another number of passes."""

import autodiff as ad

w0, w1, x = ad.Value(0.5, name="w0"), ad.Value(2.0, name="w1"), ad.Value(0.3, name="x")
a = w1 * x + w0
y1, y2 = ad.sin(a), ad.cos(a)
y1.name, y2.name = "y1", "y2"

print(ad.explain([y1, y2], mode="both", wrt=w1))

for inputs, function in [
    (1, lambda v: [ad.sin(v[0]), ad.cos(v[0]), ad.exp(v[0])]),
    (100, lambda v: [ad.sum(ad.sin(entry) for entry in v)]),
]:
    jacobian = ad.jacobian(function)
    rows = jacobian([0.01 * i for i in range(inputs)])
    print(f"outputs: {len(rows)}, inputs: {inputs}: {jacobian.chosen} mode, passes: {jacobian.passes}")
