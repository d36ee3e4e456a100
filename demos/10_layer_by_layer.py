"""Every gradient of a network, layer by layer, beside the lecture's matrix formulas."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

outcome = EXPERIMENTS["layers"].run(Settings())
print("\n".join(outcome.lines))
print(f"wrote {save(outcome.picture, 'layers.png')}")
