"""Checking derivatives: finite differences that know their own error."""

from autodiff.testing.finite_differences import (
    Estimate as Estimate,
    finite_difference as finite_difference,
)
