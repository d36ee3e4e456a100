"""Outputs and losses in pairs: in each of three, the slope at the pre-activation is ŷ - y."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

outcome = EXPERIMENTS["pairings"].run(Settings())
print("\n".join(outcome.lines))
print(f"wrote {save(outcome.picture, 'pairings.png')}")
