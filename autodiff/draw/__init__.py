"""A graph as DOT text, and as an image."""

from autodiff.draw.dot import to_dot as to_dot
from autodiff.draw.drawing import Drawing as Drawing, draw as draw, picture_of as picture_of
from autodiff.draw.engines import NoEngineError as NoEngineError
from autodiff.draw.fold import GraphTooBigError as GraphTooBigError
