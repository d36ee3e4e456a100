"""THE TABLE: every operation, one row each; everything else in the package is read off it.

A row: name, operands, value, partials (the local derivatives ∂out/∂operand, in order), and then

    domain      where the operation is defined on the reals (strict mode checks it)
    kinks       expressions that are 0 where the derivative jumps
    convention  what the derivative is at a kink or an edge, in one line
    formula     the textbook form of the value, where the value is computed in a more careful way
    textbook    the textbook form of the partials, likewise
    source      where the derivative can be looked up (DLMF: NIST Digital Library of Mathematical
                Functions)

The careful forms keep their digits where the textbook's lose them: 1 - tanh(20)**2 is 0 in floating
point, sech(20)**2 is not. Tests compare every row with its textbook form and with 50-digit numbers.
"""

from autodiff.rows import PRIMITIVES as PRIMITIVES, close_table, define

ANALYSIS = "any calculus textbook"
SUBGRADIENT = "smallest-magnitude subgradient"

# ── arithmetic ──────────────────────────────────────────────────────────────────────────────────
add = define("add", "x, y", "x + y", ["1", "1"], source=ANALYSIS)
sub = define("sub", "x, y", "x - y", ["1", "-1"], source=ANALYSIS)
mul = define("mul", "x, y", "x * y", ["y", "x"], source=ANALYSIS)
div = define(
    "div", "x, y", "x / y", ["1 / y", "-out / y"],
    domain="y != 0", textbook=["1 / y", "-x / y**2"], source=ANALYSIS,
)  # fmt: skip
neg = define("neg", "x", "-x", ["-1"], source=ANALYSIS)
pow = define(
    "pow", "x, y", "x ** y",
    ["y * x ** (y - 1) if y != 0 or abs(x) >= 1e-307 else 0", "0 if x == 0 and y > 0 else out * log(x)"],
    domain="x > 0 or x == 0 and y >= 0 or x < 0 and y == floor(y)",
    convention="x**0 has derivative 0 everywhere; the derivative by y at base 0 with y > 0 is 0",
    textbook=["y * x ** (y - 1)", "x ** y * log(x)"],
    source="DLMF §4.7(ii)",
)  # fmt: skip
square = define("square", "x", "x * x", ["2 * x"], source=ANALYSIS)
reciprocal = define(
    "reciprocal", "x", "1 / x", ["-out * out"],
    domain="x != 0", textbook=["-1 / x**2"], source=ANALYSIS,
)  # fmt: skip
identity = define("identity", "x", "x", ["1"], source="the definition")
abs = define(
    "abs", "x", "abs(x)", ["sign(x)"],
    kinks=["x"], convention=f"abs'(0) = 0: {SUBGRADIENT}", source=ANALYSIS,
)  # fmt: skip
sign = define(
    "sign", "x", "1 if x > 0 else -1 if x < 0 else x", ["0"],
    kinks=["x"], convention="sign'(0) = 0", source="the definition",
)  # fmt: skip
floor = define(
    "floor", "x", "floor(x)", ["0"],
    kinks=["x - floor(x)", "ceil(x) - x"],
    convention="floor' = 0, at the jumps too", source="the definition",
)  # fmt: skip
ceil = define(
    "ceil", "x", "ceil(x)", ["0"],
    kinks=["x - floor(x)", "ceil(x) - x"],
    convention="ceil' = 0, at the jumps too", source="the definition",
)  # fmt: skip
hypot = define(
    "hypot", "x, y", "hypot(x, y)", ["0 if out == 0 else x / out", "0 if out == 0 else y / out"],
    kinks=["hypot(x, y)"], convention=f"0, 0 at the origin: {SUBGRADIENT}",
    formula="sqrt(x**2 + y**2)", source=ANALYSIS,
)  # fmt: skip

# ── powers, exponentials, logarithms ────────────────────────────────────────────────────────────
sqrt = define(
    "sqrt", "x", "sqrt(x)", ["0.5 / out"],
    domain="x >= 0", textbook=["1 / (2 * sqrt(x))"], source=ANALYSIS,
)  # fmt: skip
cbrt = define(
    "cbrt", "x", "cbrt(x)", ["1 / (3 * square(out))"],
    formula="sign(x) * abs(x) ** (1 / 3)", source=ANALYSIS,
)  # fmt: skip
exp = define("exp", "x", "exp(x)", ["out"], textbook=["exp(x)"], source="DLMF §4.7(ii)")
expm1 = define("expm1", "x", "expm1(x)", ["exp(x)"], formula="exp(x) - 1", source="DLMF §4.7(ii)")
log = define("log", "x", "log(x)", ["1 / x"], domain="x > 0", source="DLMF §4.7(i)")
log1p = define(
    "log1p", "x", "log1p(x)", ["1 / (1 + x)"],
    domain="x > -1", formula="log(1 + x)", source="DLMF §4.7(i)",
)  # fmt: skip
log2 = define(
    "log2", "x", "log2(x)", ["1 / x / log(2)"],
    domain="x > 0", formula="log(x) / log(2)", source="DLMF §4.7(i)",
)  # fmt: skip
log10 = define(
    "log10", "x", "log10(x)", ["1 / x / log(10)"],
    domain="x > 0", formula="log(x) / log(10)", source="DLMF §4.7(i)",
)  # fmt: skip

# ── trigonometric and hyperbolic ────────────────────────────────────────────────────────────────
sin = define("sin", "x", "sin(x)", ["cos(x)"], source="DLMF §4.20")
cos = define("cos", "x", "cos(x)", ["-sin(x)"], source="DLMF §4.20")
tan = define("tan", "x", "tan(x)", ["1 + out * out"], textbook=["1 + tan(x)**2"], source="DLMF §4.20")
asin = define(
    "asin", "x", "asin(x)", ["1 / sqrt((1 - x) * (1 + x))"],
    domain="-1 <= x <= 1", textbook=["1 / sqrt(1 - x**2)"], source="DLMF §4.24(ii)",
)  # fmt: skip
acos = define(
    "acos", "x", "acos(x)", ["-1 / sqrt((1 - x) * (1 + x))"],
    domain="-1 <= x <= 1", textbook=["-1 / sqrt(1 - x**2)"], source="DLMF §4.24(ii)",
)  # fmt: skip
atan = define(
    "atan", "x", "atan(x)", ["square(1 / hypot(1, x))"],
    textbook=["1 / (1 + x**2)"], source="DLMF §4.24(ii)",
)  # fmt: skip
atan2 = define(
    "atan2", "y, x", "atan2(y, x)",
    ["x / hypot(x, y) / hypot(x, y)", "-y / hypot(x, y) / hypot(x, y)"],
    domain="x != 0 or y != 0", textbook=["x / (x**2 + y**2)", "-y / (x**2 + y**2)"],
    kinks=["y if x < 0 else 1"],
    convention="on the cut (y = 0, x < 0) the derivative of the continued angle",
    source="DLMF §4.24(ii), by the chain rule",
)  # fmt: skip
sinh = define("sinh", "x", "sinh(x)", ["cosh(x)"], formula="(exp(x) - exp(-x)) / 2", source="DLMF §4.34")
cosh = define("cosh", "x", "cosh(x)", ["sinh(x)"], formula="(exp(x) + exp(-x)) / 2", source="DLMF §4.34")
tanh = define(
    "tanh", "x", "tanh(x)", ["square(sech(x))"],
    formula="(exp(x) - exp(-x)) / (exp(x) + exp(-x))", textbook=["1 - out**2"], source="DLMF §4.34",
)  # fmt: skip
sech = define(
    "sech", "x", "2 * exp(-abs(x)) / (1 + exp(-2 * abs(x)))", ["-out * tanh(x)"],
    formula="2 / (exp(x) + exp(-x))", source="DLMF §4.34",
)  # fmt: skip
asinh = define(
    "asinh", "x", "asinh(x)", ["1 / hypot(1, x)"],
    formula="log(x + sqrt(x**2 + 1))", textbook=["1 / sqrt(1 + x**2)"], source="DLMF §4.38(ii)",
)  # fmt: skip
acosh = define(
    "acosh", "x", "acosh(x)", ["1 / (sqrt(x - 1) * sqrt(x + 1))"],
    domain="x >= 1", formula="log(x + sqrt(x**2 - 1))", textbook=["1 / sqrt(x**2 - 1)"],
    source="DLMF §4.38(ii)",
)  # fmt: skip
atanh = define(
    "atanh", "x", "atanh(x)", ["1 / ((1 - x) * (1 + x))"],
    domain="-1 < x < 1", formula="log((1 + x) / (1 - x)) / 2", textbook=["1 / (1 - x**2)"],
    source="DLMF §4.38(ii)",
)  # fmt: skip
erf = define("erf", "x", "erf(x)", ["2 / sqrt(pi) * exp(-x * x)"], source="DLMF §7.10")
erfc = define(
    "erfc", "x", "erfc(x)", ["-2 / sqrt(pi) * exp(-x * x)"],
    formula="1 - erf(x)", source="DLMF §7.10",
)  # fmt: skip

# ── activations ─────────────────────────────────────────────────────────────────────────────────
sigmoid = define(
    "sigmoid", "x", "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))", ["out * sigmoid(-x)"],
    formula="1 / (1 + exp(-x))", textbook=["out * (1 - out)"], source="the logistic equation",
)  # fmt: skip
softplus = define(
    "softplus", "x", "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))", ["sigmoid(x)"],
    formula="log(1 + exp(x))", source="Dugas et al. 2001",
)  # fmt: skip
logsigmoid = define(
    "logsigmoid", "x", "-softplus(-x)", ["sigmoid(-x)"],
    formula="log(1 / (1 + exp(-x)))", textbook=["1 - sigmoid(x)"], source="-softplus(-x)",
)  # fmt: skip
relu = define(
    "relu", "x", "0 if x <= 0 else x", ["1 if x > 0 else 0"],
    kinks=["x"], convention=f"relu'(0) = 0: {SUBGRADIENT}",
    source="Nair & Hinton 2010",
)  # fmt: skip
leaky_relu = define(
    "leaky_relu", "x, slope=0.01", "x if x > 0 else slope * x",
    ["1 if x > 0 else slope", "0 if x > 0 else x"],
    kinks=["x"], convention="leaky_relu'(0) = slope",
    source="Maas, Hannun & Ng 2013",
)  # fmt: skip
elu = define(
    "elu", "x, alpha=1", "x if x > 0 else alpha * expm1(x)",
    ["1 if x > 0 else alpha * exp(x) if x < 0 else 1 if alpha > 1 else alpha",
     "0 if x > 0 else expm1(x)"],
    kinks=["x"], convention=f"elu'(0) = min(1, alpha): {SUBGRADIENT}",
    formula="x if x > 0 else alpha * (exp(x) - 1)", source="Clevert, Unterthiner & Hochreiter 2016",
)  # fmt: skip
gelu = define(
    "gelu", "x", "0.5 * x * erfc(-x / sqrt(2))",
    ["0.5 * erfc(-x / sqrt(2)) + x * exp(-x * x / 2) / sqrt(2 * pi)"],
    formula="x * (1 + erf(x / sqrt(2))) / 2", source="Hendrycks & Gimpel 2016",
)  # fmt: skip
silu = define(
    "silu", "x", "x * sigmoid(x)", ["sigmoid(x) * (1 + x * sigmoid(-x))"],
    formula="x / (1 + exp(-x))", textbook=["out + sigmoid(x) * (1 - out)"],
    source="Elfwing, Uchibe & Doya 2018",
)  # fmt: skip

# ── choosing ────────────────────────────────────────────────────────────────────────────────────
clamp = define(
    "clamp", "x, low, high",
    "low if x < low <= high else high if x > high >= low else x if low <= x <= high else nan",
    ["1 if low < x < high else 0", "1 if x < low else 0", "1 if x > high else 0"],
    domain="low <= high", kinks=["x - low", "x - high"],
    convention="0 at both bounds", source="the definition",
)  # fmt: skip
maximum = define(
    "max", "*xs", "maximum(xs)", ["shares(xs, out)"],
    kinks=["maximum(xs) - runner_up(xs)"],
    convention="at a tie 1/k for each of the k largest; 0 where a plain number is as large",
    source="the mean of the subgradients of the k branches",
)  # fmt: skip
minimum = define(
    "min", "*xs", "minimum(xs)", ["shares(xs, out)"],
    kinks=["minimum(xs) + runner_up([-x for x in xs])"],
    convention="at a tie 1/k for each of the k smallest; 0 where a plain number is as small",
    source="the mean of the subgradients of the k branches",
)  # fmt: skip
lower_bound = define(
    "lower_bound", "x, bound", "x if x > bound else bound if x <= bound else x + bound",
    ["1 if x > bound else 0", "1 if x < bound else 0"],
    kinks=["x - bound"], convention=f"max(x, constant) at a tie gives 0: {SUBGRADIENT}",
    source="max(x, bound), the bound a constant",
)  # fmt: skip
upper_bound = define(
    "upper_bound", "x, bound", "x if x < bound else bound if x >= bound else x + bound",
    ["1 if x < bound else 0", "1 if x > bound else 0"],
    kinks=["x - bound"], convention=f"min(x, constant) at a tie gives 0: {SUBGRADIENT}",
    source="min(x, bound), the bound a constant",
)  # fmt: skip
taken = define("where", "x", "x", ["1"], source="the branch that was taken, alone")

# ── any number of operands ──────────────────────────────────────────────────────────────────────
sum = define("sum", "*xs", "total(xs)", ["[1 for x in xs]"], source=ANALYSIS)
mean = define("mean", "*xs", "total(xs) / count(xs)", ["[1 / count(xs) for x in xs]"], source=ANALYSIS)
prod = define("prod", "*xs", "product(xs)", ["products_of_others(xs)"], source=ANALYSIS)
dot = define("dot", "*xs, *ys", "dot(xs, ys)", ["[y for y in ys]", "[x for x in xs]"], source=ANALYSIS)
logsumexp = define(
    "logsumexp", "*xs", "logsumexp(xs)", ["[exp(x - out) for x in xs]"],
    formula="log(total([exp(x) for x in xs]))", source="Boyd & Vandenberghe 2004, §3.1.5",
)  # fmt: skip
softmax = define(
    "softmax", "x, *others", "1 / (1 + total([exp(y - x) for y in others]))",
    # exp(y - x + log(out)) is y's own softmax: no power overflows, no product of probabilities vanishes
    ["0 if out < 1e-307 else out * total([exp(y - x + log(out)) for y in others])",
     "[0 if out < 1e-307 else -out * exp(y - x + log(out)) for y in others]"],
    textbook=["out * (1 - out)", "[-out * (out * exp(y - x)) for y in others]"],
    formula="exp(x) / (exp(x) + total([exp(y) for y in others]))",
    source="Bridle 1990",
)  # fmt: skip

close_table()
