"""The command line's expressions: text such as ``a = w*x; y = sin(a)`` turned into Values."""

from autodiff.syntax.computing import (
    Computed as Computed,
    compute as compute,
    evaluate as evaluate,
    number_of as number_of,
)
from autodiff.syntax.reading import (
    ExpressionError as ExpressionError,
    Program as Program,
    parse as parse,
)
