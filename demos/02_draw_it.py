"""Draw it: the graph of the lecture's example, with values, gradients and local derivatives."""

import autodiff as ad

w0, w1, x = ad.Value(0.5, name="w0"), ad.Value(2.0, name="w1"), ad.Value(0.3, name="x")
y = ad.sin(w1 * x + w0)
y.name = "y"
y.backward()

drawing = ad.draw(y, highlight=ad.paths(y, w1))
for name in ("backprop.svg", "backprop.png", "backprop.dot"):
    print(f"wrote {drawing.save(name)}")
print("On an edge stands its local derivative.")
print(f"∂y/∂w1 = {w1.grad:.4f} is the product along the thick path.")
