"""Write pytorch.json: what PyTorch computes for the modules, losses and optimisers of autodiff.nn.

Run once, with PyTorch installed: ``python tests/nn/reference/make.py``. The tests read the file only.

theta  a module's parameters, one after the other in the order of ``parameters()``; for a layer, that
       is each neuron's weights and then its bias: the rows of [W b]
x      the inputs
y_bar  the adjoint of the outputs y: what is differentiated is Σ y_bar · y
*_bar  the derivative by what is named
"""

import json
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

Case = dict[str, list[float]]


def main() -> None:
    torch.manual_seed(20240531)
    recorded = {
        "pytorch": torch.__version__,
        "modules": modules(),
        "losses": losses(),
        "optimisers": optimisers(),
    }
    path = Path(__file__).with_name("pytorch.json")
    path.write_text(json.dumps(recorded, indent=1) + "\n")


def case(of: Callable[[Tensor, Tensor], Tensor], parameters: int, *shape: int) -> Case:
    """Return inputs, outputs and derivatives of a function of theta and x at random numbers."""
    theta = torch.randn(parameters, requires_grad=True)
    x = torch.randn(*shape, requires_grad=True)
    y = of(theta, x)
    y_bar = torch.randn(y.shape)
    theta_bar, x_bar = torch.autograd.grad(y, (theta, x), y_bar, materialize_grads=True)
    named = {"theta": theta, "x": x, "y": y, "y_bar": y_bar, "theta_bar": theta_bar, "x_bar": x_bar}
    return {name: tensor.tolist() for name, tensor in named.items()}


# ── modules ─────────────────────────────────────────────────────────────────────────────────────

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda a: a,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "softmax": lambda a: F.softmax(a, dim=-1),
}


def modules() -> dict[str, Case]:
    cases = {
        f"layer {name}": case(lambda theta, x, of=of: of(linear(theta, x, 4)), 4 * 4, 3)
        for name, of in ACTIVATIONS.items()
    }
    # PyTorch has no maxout: three units of four pieces
    cases["maxout"] = case(lambda theta, x: linear(theta, x, 12).view(3, 4).amax(1), 12 * 3, 2)
    cases["residual"] = case(lambda theta, x: x + torch.tanh(linear(theta, x, 3)), 3 * 4, 3)
    cases["gated"] = case(gated, 2 * 4 * 4, 3)
    cases["batch norm in training"] = case(
        lambda theta, X: F.batch_norm(X, None, None, theta[:3], theta[3:], training=True), 6, 5, 3
    )
    cases["batch norm in testing"] = batch_norm_in_testing()
    cases["lstm"] = case(lstm, 4 * 3 * 6, 4, 2)
    cases["gru"] = case(gru, 2 * 3 * 6 + 3 * 3 + 3 * 4, 4, 2)
    cases["attention"] = case(
        lambda theta, x: F.scaled_dot_product_attention(x[:4, :3], x[4:, :3], x[4:, 3:]), 0, 9, 5
    )
    cases["self attention"] = case(self_attention, 3 * 4 * 2, 5, 2)
    return cases


def linear(theta: Tensor, x: Tensor, units: int) -> Tensor:
    """Return W x + b."""
    rows = theta.view(units, -1)
    return F.linear(x, rows[:, :-1], rows[:, -1])


def gated(theta: Tensor, x: Tensor) -> Tensor:
    content, gate = theta.chunk(2)
    return F.glu(torch.cat([torch.tanh(linear(content, x, 4)), linear(gate, x, 4)]), dim=0)


def batch_norm_in_testing() -> Case:
    whole = torch.randn(7, 3)
    mean, variance = whole.mean(0), whole.var(0, correction=0)
    found = case(lambda theta, X: F.batch_norm(X, mean, variance, theta[:3], theta[3:]), 6, 5, 3)
    return found | {"whole": whole.tolist()}


def lstm(theta: Tensor, x: Tensor) -> Tensor:
    """Return h after every step, and the last c; PyTorch's gates are in our order: i, f, g, o."""
    rows = theta.view(12, 6)  # two inputs, three units, one bias
    cell = torch.nn.LSTMCell(2, 3)
    weights = {
        "weight_ih": rows[:, :2], "weight_hh": rows[:, 2:5], "bias_ih": rows[:, 5],
        "bias_hh": torch.zeros(12),
    }  # fmt: skip
    h, c = torch.zeros(3), torch.zeros(3)
    outs = []
    for element in x:
        h, c = torch.func.functional_call(cell, weights, (element, (h, c)))
        outs.append(h)
    return torch.cat([*outs, c])


def gru(theta: Tensor, x: Tensor) -> Tensor:
    """Return h after every step; PyTorch's order is r, z, n, and n has a bias in both of its sums."""
    gates, of_input, of_state = theta.split([6 * 6, 3 * 3, 3 * 4])
    rows, rows_x, rows_h = gates.view(6, 6), of_input.view(3, 3), of_state.view(3, 4)
    cell = torch.nn.GRUCell(2, 3)
    weights = {
        "weight_ih": torch.cat([rows[:, :2], rows_x[:, :2]]),
        "weight_hh": torch.cat([rows[:, 2:5], rows_h[:, :3]]),
        "bias_ih": torch.cat([rows[:, 5], rows_x[:, 2]]),
        "bias_hh": torch.cat([torch.zeros(6), rows_h[:, 3]]),
    }
    h = torch.zeros(3)
    outs = []
    for element in x:
        h = torch.func.functional_call(cell, weights, (element, h))
        outs.append(h)
    return torch.cat(outs)


def self_attention(theta: Tensor, x: Tensor) -> Tensor:
    query, key, value = (x @ rows.T for rows in theta.view(3, 4, 2))
    return F.scaled_dot_product_attention(query, key, value)


# ── losses ──────────────────────────────────────────────────────────────────────────────────────


def losses() -> dict[str, list[dict[str, object]]]:
    """Return for each loss of autodiff.nn its values and derivatives for random outputs."""
    numbers = [torch.randn(4) for _ in range(2)]
    one_hot = [torch.tensor([0.0, 0.0, 1.0, 0.0]), torch.tensor([1.0, 0.0, 0.0, 0.0])]
    soft = [torch.softmax(torch.randn(4), 0) for _ in range(2)]
    signs = [torch.tensor([1.0, -1.0, -1.0, 1.0]), torch.tensor([1.0, 1.0, -1.0, -1.0])]
    bits = [torch.tensor([1.0, 0.0, 0.0, 1.0]), torch.rand(4)]
    any_, logits = torch.randn, lambda n: 3 * torch.randn(n)

    def distribution(n: int) -> Tensor:
        return torch.softmax(torch.randn(n), 0)

    return {
        "half_squared_error": _at(lambda y, d: F.mse_loss(y, d, reduction="sum") / 2, any_, numbers),
        "mean_squared_error": _at(F.mse_loss, any_, numbers),
        "mean_absolute_error": _at(F.l1_loss, any_, numbers),
        "binary_cross_entropy": _at(
            lambda y, d: F.binary_cross_entropy(y, d, reduction="sum"), torch.rand, bits
        ),
        "binary_cross_entropy_from_logits": _at(
            lambda u, d: F.binary_cross_entropy_with_logits(u, d, reduction="sum"), logits, bits
        ),
        # F.cross_entropy would take the softmax once more: by hand from probabilities
        "cross_entropy": _at(lambda y, d: -(d * y.log()).sum(), distribution, one_hot + soft),
        "cross_entropy_from_logits": _at(F.cross_entropy, logits, one_hot + soft),
        "kl_divergence": _at(
            lambda y, d: F.kl_div(y.log(), d, reduction="sum"), distribution, one_hot + soft
        ),
        # PyTorch's hinges are others (embedding, or summed over classes): by hand
        "hinge": _at(lambda s, d: (1 - d * s).clamp(min=0).sum(), any_, signs),
        "multiclass_hinge": _at(lambda s, d: (1 - d + s - (d * s).sum()).max(), any_, one_hot),
    }


def _at(
    loss: Callable[[Tensor, Tensor], Tensor], drawn: Callable[[int], Tensor], wanted: list[Tensor]
) -> list[dict[str, object]]:
    cases: list[dict[str, object]] = []
    for d in wanted:
        y = drawn(len(d)).requires_grad_()
        value = loss(y, d)
        (y_bar,) = torch.autograd.grad(value, y)
        cases.append({"y": y.tolist(), "d": d.tolist(), "loss": value.item(), "y_bar": y_bar.tolist()})
    return cases


# ── optimisers ──────────────────────────────────────────────────────────────────────────────────

OPTIMISERS: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda x: torch.optim.SGD(x, lr=0.05),
    "momentum": lambda x: torch.optim.SGD(x, lr=0.05, momentum=0.9),
    "weight decay": lambda x: torch.optim.SGD(x, lr=0.05, momentum=0.9, weight_decay=0.1),
    "adam": lambda x: torch.optim.Adam(x, lr=0.05, betas=(0.8, 0.95)),
    "adamw": lambda x: torch.optim.AdamW(x, lr=0.05, betas=(0.8, 0.95), weight_decay=0.1),
}


def optimisers() -> dict[str, dict[str, object]]:
    """Return the five steps of each down Σ theta⁴/4 - theta, from the same start."""
    start = torch.randn(4)
    found: dict[str, dict[str, object]] = {}
    for name, made in OPTIMISERS.items():
        theta = start.clone().requires_grad_()
        optimiser = made([theta])
        path = [theta.tolist()]
        for _ in range(5):
            optimiser.zero_grad()
            (theta**4 / 4 - theta).sum().backward()
            optimiser.step()
            path.append(theta.tolist())
        found[name] = {"path": path}
    return found


if __name__ == "__main__":
    main()
