"""The lecture's Iris experiment to its own stopping rule, and micrograd's two moons."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

for name in ("iris", "moons"):
    outcome = EXPERIMENTS[name].run(Settings())
    print("\n".join(outcome.lines))
    print(f"wrote {save(outcome.picture, f'{name}.png')}")
