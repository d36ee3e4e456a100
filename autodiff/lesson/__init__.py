"""The lesson: a trace as steps to walk through, to predict, and to be corrected at."""

from autodiff.lesson.animation import Animation as Animation, animate as animate
from autodiff.lesson.answers import Verdict as Verdict, hint as hint, verdict as verdict
from autodiff.lesson.drills import Drill as Drill, drill as drill
from autodiff.lesson.pages import LessonPage as LessonPage, lesson as lesson
from autodiff.lesson.ready import Ready as Ready, library as library
from autodiff.lesson.session import Lesson as Lesson, asked as asked, stepping as stepping
from autodiff.lesson.steps import Slip as Slip, Step as Step, steps_of as steps_of
from autodiff.lesson.sweeps import LARGEST as LARGEST, LessonTooBigError as LessonTooBigError
