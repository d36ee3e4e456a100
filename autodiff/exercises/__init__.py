"""Exercises for a course: drawn from a seed at a difficulty, graded with reasons, written as sheets.

>>> from autodiff.exercises import exercise
>>> task = exercise("partials", seed=1, difficulty=1)
>>> task.grade({"∂out/∂x": "2"})
0 of 1 point
  ∂out/∂x: 0 of 1. It is right at 0 of 4 points that were tried.
"""

from autodiff.exercises.exercise import Exercise as Exercise, Grade as Grade
from autodiff.exercises.kinds import KINDS as KINDS, exercise as exercise
from autodiff.exercises.sheets import key as key, notebook as notebook, sheet as sheet
