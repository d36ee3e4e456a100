"""Checking derivatives: against references that know their own error, where Hypothesis looks."""

from typing import TYPE_CHECKING, Any

from autodiff.testing.checker import check_gradients as check_gradients
from autodiff.testing.expression import Expression as Expression
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

if TYPE_CHECKING:
    from autodiff.testing.strategies import (
        expressions as expressions,
        network_shapes as network_shapes,
        points as points,
        special_floats as special_floats,
        target_error as target_error,
    )

_NEEDING_HYPOTHESIS = ("expressions", "network_shapes", "points", "special_floats", "target_error")


def __getattr__(name: str) -> Any:
    """Return a strategy, loaded when it is first asked for: the rest works without Hypothesis."""
    if name not in _NEEDING_HYPOTHESIS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise ImportError(f"{__name__}.{name} needs Hypothesis: pip install hypothesis") from None
    from autodiff.testing import strategies

    return getattr(strategies, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_NEEDING_HYPOTHESIS})
