"""Checking derivatives: finite differences that know their own error."""

from autodiff.testing.finite_differences import Estimate as Estimate
from autodiff.testing.finite_differences import finite_difference as finite_difference
