"""Checking derivatives: against references that know their own error."""

from autodiff.testing.checker import check_gradients as check_gradients
from autodiff.testing.finite_differences import (
    Estimate as Estimate,
    finite_difference as finite_difference,
    one_sided as one_sided,
)
from autodiff.testing.report import (
    Comparison as Comparison,
    Property as Property,
    Reference as Reference,
    Report as Report,
    Wrong as Wrong,
)
