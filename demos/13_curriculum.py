"""Easy samples first against any order, and fine-tuning, on the same budget."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

outcome = EXPERIMENTS["curriculum"].run(Settings())
print("\n".join(outcome.lines))
print(f"wrote {save(outcome.picture, 'curriculum.png')}")
