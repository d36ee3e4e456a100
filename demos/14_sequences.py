"""Sequences: a gated recurrent unit learns parity, attention learns to look back one place."""

from autodiff.experiments.command import EXPERIMENTS
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import save

for name in ("parity", "copy"):
    outcome = EXPERIMENTS[name].run(Settings())
    print("\n".join(outcome.lines))
    print(f"wrote {save(outcome.picture, f'{name}.png')}")
