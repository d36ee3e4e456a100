"""The classical mistakes: what each case does, what is right there, and which test of ours claims it.

The lines of a case stand in ``with_LIBRARY.py``, in the function of its name, written as that library's
users would. A case that a library has no way to write is in its ``NOT_OFFERED``, with the reason.
"""

import math
from typing import Any, NamedTuple

nan, inf = math.nan, math.inf


class Between(NamedTuple):
    """Any number from ``low`` to ``high``."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"from {self.low:g} to {self.high:g}"


class Refused:
    """An error that somebody raised on purpose."""

    def __str__(self) -> str:
        return "an error"


REFUSED = Refused()

MISUSE = "engine/test_misuse.py"
VALUE = "engine/test_value.py"
OPERATORS = "engine/test_operators.py"
TRANSFORMS = "engine/test_transforms.py"
CONVENTIONS = "table/test_conventions.py"


class Case(NamedTuple):
    """One case: ``name`` is its function's, every one of ``right`` is right, ``test`` is in ``room``."""

    name: str
    title: str
    right: tuple[Any, ...]
    room: str
    test: str
    note: str = ""


CASES = {
    "Graphs": (
        Case(
            "same_operand_twice", "the same operand twice: derivative of `(x + x)*x + x` at 3", (13.0,),
            MISUSE, "test_a_reused_node_is_not_overwritten",
        ),
        Case(
            "diamond", "a diamond: `a = x + 1; b = a*2; c = a*b; b + c` at 3", (18.0,),
            VALUE, "test_a_diamond_sums_over_its_paths",
        ),
        Case(
            "doubled_twice", "an order that is not topological fails: `b = a + a; c = b + b`", (4.0,),
            "engine/test_graph.py", "test_the_order_has_every_node_once_and_operands_first",
        ),
        Case(
            "deep_chain", "a chain of 10,000 additions", (10_001.0,),
            "engine/test_graph.py", "test_a_deep_chain_can_be_differentiated_twice_and_in_forward_mode",
        ),
        Case(
            "very_long_graph", "200,000 additions in a loop", (200_001.0,),
            "engine/test_graph.py",
            "test_a_chain_of_a_million_nodes_is_built_goes_backward_and_is_freed",
            "For JAX the loop is its own `fori_loop`, which is what its users write.",
        ),
        Case(
            "freed_at_once", "objects that only the cycle collector can free, after 100 graphs", (0,),
            "native/test_memory.py", "test_a_node_is_gone_as_soon_as_nobody_refers_to_it",
        ),
        Case(
            "deep_copy", "`deepcopy` of leaf and output: derivative at the copy, and at the original",
            ((7.0, 0.0), REFUSED), "engine/test_copies.py",
            "test_a_copied_leaf_may_be_changed_without_touching_the_original",
        ),
        Case(
            "pickled", "`pickle` of leaf and output: the same", ((7.0, 0.0), REFUSED),
            "engine/test_copies.py", "test_a_copy_keeps_names_scopes_gradients_and_constants",
            "What PyTorch reads back is two leaves: the graph between them is gone without a word.",
        ),
    ),
    "State": (
        Case(
            "second_backward", "a second backward over `(3*x)**2` at 2: twice 36, or a refusal",
            (72.0, REFUSED), MISUSE, "test_a_second_backward_does_not_compound",
        ),
        Case(
            "forgotten_zero_grad", "`zero_grad` forgotten between two steps: `x**2` at 3, twice",
            (12.0, 6.0), VALUE, "test_two_outputs_accumulate_into_a_shared_leaf_one_after_the_other",
            "Where `.grad` adds up, as here, in micrograd and in PyTorch, 12 is what is documented, and"
            " forgetting `zero_grad` stays the user's mistake. Functions that return the gradient, as in"
            " autograd, in JAX and with `ad.grad`, leave nothing to forget: that is the safer way.",
        ),
        Case(
            "stale_leaf", "a leaf changed between `w*w` at 2 and backward: 4, or a refusal",
            (4.0, REFUSED), MISUSE, "test_a_stale_leaf_is_noticed",
        ),
        Case(
            "stale_through_data", "the same, changed by assigning `.data`", (4.0, REFUSED),
            VALUE, "test_a_changed_leaf_makes_backward_refuse_and_the_message_says_all",
            "PyTorch's manual discourages `.data` for this reason; tutorials use it all the same.",
        ),
        Case(
            "assigned_intermediate", "`y = 3*x`, then y gets the number 7: derivative of `y*y` by x",
            (0.0, REFUSED), MISUSE, "test_an_intermediate_is_not_assigned",
            "PyTorch and JAX record the assignment: they offer more than a refusal here.",
        ),
        Case(
            "not_computed", "a gradient that is 0 is told apart from one not computed yet", (True,),
            VALUE, "test_not_computed_is_not_zero",
            "In autodiff by `has_grad`: `grad` itself is 0.0 in both cases. PyTorch's None cannot be"
            " overlooked.",
        ),
        Case(
            "detached", "`x * detach(x)` at 2", (2.0,),
            VALUE, "test_detach_stops_the_derivative_and_keeps_number_and_name",
        ),
        Case(
            "not_recorded", "inside `no_grad` an operation is recorded", (False,),
            "engine/test_modes.py", "test_no_grad_gives_constants",
        ),
        Case(
            "augmented", "`y = 2*x; z = y; z += 1`: derivative of `y*z` at 2, y keeping its number",
            (18.0,),
            OPERATORS, "test_augmented_assignment_makes_a_new_node",
            "PyTorch's `+=` changes the tensor that both names stand for, as NumPy's does: by choice.",
        ),
        Case(
            "misspelt", "`x.gard = 0` for `x.grad = 0`", (REFUSED,),
            VALUE, "test_an_unknown_attribute_is_no_silent_one",
        ),
    ),
    "What Python does with a number": (
        Case(
            "equal", "`x == 3.0` at 3", (True,),
            OPERATORS, "test_comparisons_compare_numbers_and_give_a_bool",
        ),
        Case(
            "ordered", "`x > 2.0` at 3", (True,),
            OPERATORS, "test_comparisons_compare_numbers_and_give_a_bool",
        ),
        Case("truth", "`bool(x)` at 0", (False,), OPERATORS, "test_truth_is_being_no_zero"),
        Case(
            "keys", "two equal numbers as keys of a dict: its length", (2, REFUSED),
            OPERATORS, "test_hashing_is_by_identity",
        ),
        Case(
            "math_function", "`math.sin(x)`, which knows nothing of derivatives", (REFUSED,),
            MISUSE, "test_math_sin_of_a_value_is_refused_with_the_way_out",
        ),
        Case(
            "text", "the text `'a'` as a number, times 2", (REFUSED,),
            MISUSE, "test_a_value_of_text_is_refused_with_the_way_out",
        ),
        Case(
            "whole_number", "an int as the input: `x**2` at 3", (6.0, REFUSED),
            "engine/test_scalars.py", "test_every_real_scalar_becomes_a_plain_float",
        ),
        Case(
            "overflow", "`x**3` and its derivative at `numpy.int64(3_000_000)`",
            ((2.7e19, 2.7e13), REFUSED), "engine/test_scalars.py",
            "test_every_real_scalar_becomes_a_plain_float",
        ),
        Case(
            "huge_factor", "`x * 10**20`", (1e20, REFUSED),
            "engine/test_refusals.py", "test_integers_beyond_all_floats_are_infinite",
        ),
        Case(
            "numpy_left", "a NumPy scalar on the left: `numpy.float64(2) * x`", (2.0,),
            "engine/test_numpy.py", "test_a_numpy_scalar_on_the_left_gives_a_value",
        ),
        Case(
            "number_left", "a number on the left: `2 - x` and `2 / x` at 3", ((-1.0, -2 / 9),),
            OPERATORS, "test_a_plain_number_on_the_left_is_a_constant",
        ),
        Case(
            "number_to_the_x", "`2**x` at 3", (8 * math.log(2),),
            OPERATORS, "test_a_constant_base_has_the_logarithm_of_the_base",
        ),
        Case(
            "times_array", "`x * numpy.array([1., 2.])`: derivative of the sum", (3.0, REFUSED),
            MISUSE, "test_a_value_times_an_array_is_refused_with_the_way_out",
            "Arrays are what autograd, PyTorch and JAX are made for; autodiff has scalars, and refuses.",
        ),
        Case(
            "remainder", "`x % 3` at 5", (1.0, REFUSED),
            OPERATORS, "test_what_has_no_derivative_here_is_no_operator",
            "autodiff has no `%`: the others that have it offer more.",
        ),
    ),
    "Edges of domains, and kinks": (
        Case(
            "divided_by_0", "`1 / x` at 0: value, derivative", ((inf, -inf), REFUSED),
            CONVENTIONS, "test_division_by_0_gives_the_ieee_infinities",
        ),
        Case(
            "log_of_negative", "`log(x)` at -1: value, derivative", ((nan, nan), REFUSED),
            "table/test_special_values.py", "test_nan_value_has_nan_derivatives",
            "A derivative of -1 is the formula 1/x, outside the domain of log: a nan that turns into a"
            " number on its way back is hard to find.",
        ),
        Case(
            "root_of_negative", "`x**0.5` at -2: value, derivative", ((nan, nan), REFUSED),
            MISUSE, "test_a_root_of_a_negative_number_is_nan_and_so_is_its_derivative",
        ),
        Case(
            "zero_to_the_0", "`x**0` at 0: value, derivative", ((1.0, 0.0),),
            MISUSE, "test_0_to_the_0_is_1_with_derivative_0",
        ),
        Case(
            "infinity_to_the_0", "`x**0` at inf: value, derivative", ((1.0, 0.0),),
            MISUSE, "test_x_to_the_0_has_derivative_0_everywhere",
        ),
        Case(
            "zero_to_the_y", "`0**y` at 2: derivative by y", (0.0,),
            MISUSE, "test_0_to_a_power_has_derivative_0_by_the_power",
        ),
        Case(
            "x_to_the_x", "`x**x` at 0: value, derivative", ((1.0, -inf),),
            MISUSE, "test_x_to_the_x_has_a_vertical_tangent_at_0",
            "The derivative is the limit from the right.",
        ),
        Case(
            "negative_base", "`x**3.0` at -2", (12.0,),
            CONVENTIONS, "test_constant_exponent_never_takes_a_logarithm",
        ),
        Case(
            "root_at_0_times_0", "`0 * sqrt(x)` at 0", (0.0, nan, REFUSED),
            MISUSE, "test_0_times_an_infinite_derivative_is_nan_and_strict_mode_says_where",
            "The derivative is 0; the chain rule in floating point gives 0·inf, which is nan here"
            " as elsewhere; `strict` mode names the place.",
        ),
        Case(
            "length_at_origin", "the length of (x, y) at the origin: a subgradient", ((0.0, 0.0),),
            CONVENTIONS, "test_hypot_has_derivative_0_at_the_origin",
        ),
        Case(
            "branch_not_taken", "`where(x > 0, log(x), 2*x)` at 0", (2.0,),
            MISUSE, "test_where_is_not_poisoned_by_the_branch_it_does_not_take",
            "Array libraries compute both branches; the usual way out is a second `where` in the log.",
        ),
        Case(
            "nan_through_relu", "nan through relu: value, derivative", ((nan, nan),),
            MISUSE, "test_nan_goes_through_relu_and_max_and_is_not_laundered",
        ),
        Case(
            "nan_through_max", "nan through `max(x, 1)`: value, derivative", ((nan, nan),),
            MISUSE, "test_nan_goes_through_relu_and_max_and_is_not_laundered",
        ),
        Case(
            "tie", "`max(x, y)` at 2, 2: shares that add up to 1",
            ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0)),
            MISUSE, "test_a_tie_of_two_variables_is_shared_and_a_tie_with_a_constant_is_not",
        ),
        Case(
            "relu_at_0", "relu at 0: a subgradient", (Between(0, 1),),
            CONVENTIONS, "test_relu_has_derivative_0_at_0",
        ),
        Case(
            "abs_at_0", "abs at 0: a subgradient", (Between(-1, 1),),
            CONVENTIONS, "test_abs_has_derivative_0_at_0",
        ),
        Case(
            "clamp_at_bound", "clamp to 0…1 at 1: a subgradient", (Between(0, 1),),
            CONVENTIONS, "test_clamp_has_derivative_0_at_both_bounds",
        ),
        Case(
            "tanh_tail", "tanh at 20: its derivative is 4·exp(-40)", (4 * math.exp(-40),),
            MISUSE, "test_saturated_tails_keep_their_digits",
        ),
        Case(
            "sigmoid_tail", "sigmoid at 40: its derivative is exp(-40)", (math.exp(-40),),
            MISUSE, "test_saturated_tails_keep_their_digits",
        ),
        Case(
            "logsumexp_large", "logsumexp(1000, 1000): value, first derivative",
            ((1000 + math.log(2), 0.5),), MISUSE, "test_saturated_tails_keep_their_digits",
        ),
    ),
    "Derivatives of derivatives, functions, threads": (
        Case(
            "third_derivative", "the third derivative of `x**3` at 0", (6.0,),
            MISUSE, "test_the_third_derivative_of_a_cube_at_0_is_6",
        ),
        Case(
            "mixed_derivatives", "`x**y` at 2, 3: by x then y, by y then x",
            ((4 + 12 * math.log(2), 4 + 12 * math.log(2)),),
            MISUSE, "test_mixed_second_derivatives_of_a_power_agree",
        ),
        Case(
            "perturbations", "perturbation confusion: `d/dx (x * d/dy (x + y))` at 1", (1.0,),
            MISUSE, "test_perturbations_are_not_confused",
        ),
        Case(
            "perturbations_and_threads",
            "`d/dx (x * d/dy (x*y))` at 3, 1 while another thread starts and ends a differentiation",
            (6.0,), "engine/test_nesting.py", "test_a_differentiation_in_another_thread_is_not_confused",
            "The other thread's differentiation begins before the outer one and ends between outer and"
            " inner one; autograd counts levels for all threads together, and gives inner and outer"
            " level the same number.",
        ),
        Case(
            "no_grad_and_threads", "`no_grad` in one thread: another one records", (True,),
            "engine/test_modes.py", "test_a_mode_in_one_thread_is_none_in_another",
        ),
        Case(
            "ignored_argument", "a function that does not use its argument", (0.0,),
            TRANSFORMS, "test_a_function_that_ignores_its_argument_has_gradient_0",
        ),
        Case(
            "forgotten_return", "a function that forgets to return its result", (REFUSED,),
            TRANSFORMS, "test_a_forgotten_return_is_named",
        ),
        Case(
            "two_results", "the gradient of a function with two results", (REFUSED,),
            TRANSFORMS, "test_grad_needs_one_number_as_the_result_and_says_what_it_got",
        ),
        Case(
            "wrong_by_a_thousandth", "the library's checker passes a derivative wrong by 1 in 2000",
            (False,), "testing/test_checker.py", "test_a_wrong_rule_fails_and_is_named_with_its_line",
            "`torch.autograd.gradcheck` and JAX's `check_grads` with the tolerances they come with.",
        ),
    ),
}  # fmt: skip
