"""The shape of a network's cost: symmetries, a saddle, units that start equal."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

outcome = EXPERIMENTS["geometry"].run(Settings())
print("\n".join(outcome.lines))
print(f"wrote {save(outcome.picture, 'geometry.png')}")
