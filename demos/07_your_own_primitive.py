"""Your own primitive: one row of rule text, and it works in every mode."""

import autodiff as ad
from autodiff.testing import check_gradients

softsign = ad.custom_primitive(
    "softsign",
    operands="x",
    forward="x / (1 + abs(x))",
    partials="1 / (1 + abs(x))**2",
    source="Bergstra et al. 2009",
)

x = ad.Value(-1.0, name="x")
y = softsign(3 * x)
y.name = "y"
print(ad.explain(y))

print("on a float:       ", softsign(2.0))
print("forward mode:     ", ad.jvp(softsign, (2.0,), (1.0,)))
print("second derivative:", ad.grad(ad.grad(softsign))(2.0))
print(check_gradients(softsign, 2.0))

try:
    ad.custom_primitive("broken", operands="x", forward="x * t", partials="t")
except ad.RuleError as error:
    print(f"an unknown name is found at once: {error}")
