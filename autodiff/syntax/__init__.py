"""The command line's expressions: text such as ``a = w*x; y = sin(a)`` turned into Values."""

from autodiff.syntax.computing import Computed as Computed
from autodiff.syntax.computing import compute as compute
from autodiff.syntax.computing import evaluate as evaluate
from autodiff.syntax.computing import number_of as number_of
from autodiff.syntax.reading import ExpressionError as ExpressionError
from autodiff.syntax.reading import Program as Program
from autodiff.syntax.reading import parse as parse
