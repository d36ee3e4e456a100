"""Find the slip in lines of lecture notes: each is one that real lectures were printed with.

The lines are written anew, each with its slip where it stood.
"""

from random import Random
from typing import Any, NamedTuple

from autodiff.exercises.exercise import Answers, Blank, Exercise, Judged, line_number, starter_of


class Slip(NamedTuple):
    """Lines with one slip: which line, why it cannot be right, and reasons that are not why."""

    about: str
    lines: tuple[str, ...]
    wrong: int  # counted from 1
    reason: str
    others: tuple[str, ...]
    right: str  # the line put right


SLIPS = (
    Slip(
        "Forward mode for y2 = cos(w1·x + w0), along w1",
        (
            "a4 = w1·x,   ȧ4 = x",
            "a5 = a4 + w0,   ȧ5 = ȧ4",
            "a6 = sin(a5),   ȧ6 = cos(a5)·ȧ5",
            "a7 = cos(a5),   ȧ7 = -cos(a5)·ȧ5",
        ),
        4,
        "a derivative is that of another function",
        (
            "a sign is wrong",
            "a factor from the chain rule is missing",
            "an input that moves was left out",
        ),
        "a7 = cos(a5),   ȧ7 = -sin(a5)·ȧ5",
    ),
    Slip(
        "Logistic output and binary cross-entropy for one sample, label y in {0, 1}",
        ("u = wᵀx", "ŷ = 1 / (1 + exp(-u))", "L = y·log ŷ + (1 - y)·log(1 - ŷ)", "∂L/∂u = ŷ - y"),
        3,
        "a sign is missing: it would be largest where the prediction is best",
        (
            "ŷ and y are exchanged",
            "the two labels need different functions",
            "log needs ŷ - y as its argument",
        ),
        "L = -y·log ŷ - (1 - y)·log(1 - ŷ)",
    ),
    Slip(
        "Backpropagation through a network of L layers",
        (
            "compute ∇_{a_L} = -(e_ℓ - ŷ)",
            "for k = 1 to L - 1, in this order:",
            "    ∇_{W_k} = ∇_{a_k} h_{k-1}ᵀ and ∇_{b_k} = ∇_{a_k}",
            "    ∇_{h_{k-1}} = W_kᵀ ∇_{a_k}",
            "    ∇_{a_{k-1}} = ∇_{h_{k-1}} ⊙ g'(a_{k-1})",
        ),
        2,
        "it would need gradients that are not computed yet",
        (
            "the output layer is missing in the forward pass",
            "the gradient by the input is needed first",
            "each layer must be visited twice",
        ),
        "for k = L down to 1:",
    ),
    Slip(
        "Shapes in a network: n inputs, n units in every hidden layer, k outputs, a = W h + b",
        ("W_1 … W_{L-1} are n × n", "b_1 … b_{L-1} have n entries", "W_L is n × k", "b_L has k entries"),
        3,
        "rows and columns are exchanged: W h must have one entry for each output",
        (
            "a bias has as many entries as the layer below",
            "the first layer has another shape than the others",
            "the last layer has no weights",
        ),
        "W_L is k × n",
    ),
    Slip(
        "Who is responsible for the loss at an output of a network with L layers",
        (
            "The output ŷ is computed from a_L.",
            "a_L is responsible, and says: I am W_L h_L + b_L: W_L, b_L and h_L are.",
            "h_{L-1} says: I am g(a_{L-1}), so a_{L-1} is.",
            "a_{L-1} passes it on to W_{L-1}, b_{L-1} and h_{L-2}.",
        ),
        2,
        "an index is one too high: a layer's input comes from the layer below",
        (
            "a bias is not responsible for anything",
            "the activation should come before the weights",
            "responsibility goes to the weights only",
        ),
        "a_L says: I am W_L h_{L-1} + b_L: W_L, b_L and h_{L-1} are.",
    ),
    Slip(
        "A deep network by layers: y^(0) is the input, N layers",
        (
            "z^(k) = W^(k) y^(k-1) + b^(k)",
            "y^(k) = f(z^(k))",
            "∂L/∂y_i^(N) = Σ_j ∂L/∂z_j^(N) · w_ij^(N)",
            "∂L/∂z_j^(k) = f'(z_j^(k)) · ∂L/∂y_j^(k)",
        ),
        3,
        "an index is one too high: z^(N) is computed from the layer below",
        (
            "the sum must go over i",
            "f' is missing in that line",
            "the weights of the layer above are needed",
        ),
        "∂L/∂y_i^(N-1) = Σ_j ∂L/∂z_j^(N) · w_ij^(N)",
    ),
    Slip(
        "A function of functions: y = f(g1(x), g2(x), …, gM(x))",
        (
            "dy/dx is a sum over all the functions that x feeds",
            "dy/dx = ∂f/∂g1·dg1/dx + ∂f/∂g1·dg1/dx + … + ∂f/∂gM·dgM/dx",
            "each term is one path from x to y",
            "M = 1 is the ordinary chain rule",
        ),
        2,
        "one term stands twice, another is missing",
        (
            "the terms should be multiplied",
            "f must be differentiated by x directly",
            "only the largest term counts",
        ),
        "dy/dx = ∂f/∂g1·dg1/dx + ∂f/∂g2·dg2/dx + … + ∂f/∂gM·dgM/dx",
    ),
    Slip(
        "Gradient descent for a network with weights V (first layer) and W (second)",
        (
            "start with V and W drawn small and random",
            "repeat: compute dV and dW, the gradients over all samples",
            "    V = V - lr·dV,   W = W - lr·dW",
            "until ‖dW‖ ≤ 1e-9, or for 100,000 steps",
        ),
        4,
        "half of the gradient is not looked at",
        (
            "the weights must be updated one after the other",
            "the gradient has to be added",
            "a random start cannot be repeated",
        ),
        "until ‖(dV, dW)‖ ≤ 1e-9, or for 100,000 steps",
    ),
)
"""The slips, in the order of the lectures."""


def lecture(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to find a slip as lectures were printed with; the seed says which."""
    chosen = SLIPS[seed % len(SLIPS)]
    reasons = [chosen.reason, *chosen.others[: difficulty + 1]]
    Random(f"lecture {seed}").shuffle(reasons)
    letters = {reason: "abcd"[i] for i, reason in enumerate(reasons)}
    right = letters[chosen.reason]

    def judge_line(answer: Any, _: Answers) -> Judged:
        found = line_number(answer, len(chosen.lines))
        if found is None:
            return Judged(0.0, f"The answer is the number of a line, from 1 to {len(chosen.lines)}.")
        if found == chosen.wrong:
            return Judged(1.0, "")
        return Judged(0.0, "That line holds. Try each line on the smallest case: one layer, one sample.")

    def judge_reason(answer: Any, _: Answers) -> Judged:
        given = str(answer).strip().lower()
        if given.strip("() .") == right or given.removeprefix(f"({right}) ") == chosen.reason.lower():
            return Judged(1.0, "")
        return Judged(0.0, "That is not what is wrong there.")

    lines = "\n".join(f"{i}. {line}" for i, line in enumerate(chosen.lines, 1))
    asked = "\n".join(f"- ({letter}) {reason}" for reason, letter in letters.items())
    blanks = (
        Blank("line", str(chosen.wrong), judge_line),
        Blank("reason", f"({right}) {chosen.reason}", judge_reason),
    )
    prompt = (
        f"{chosen.about}. One of these lines has a slip:\n\n{lines}\n\nWhich line, and why?\n\n{asked}"
    )
    return Exercise(
        "lecture", seed, difficulty, "Find the slip in the notes", prompt, blanks, starter_of(blanks),
        f"Put right: {chosen.right}",
    )  # fmt: skip
