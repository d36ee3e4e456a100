"""The process in which atheris runs one target, with libFuzzer's own arguments behind its name."""

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["autodiff"]):
    from tests.fuzz.targets import LONGEST, TARGETS, prepared

from tests.fuzz.mutate import mutated


def main(name: str, arguments: list[str]) -> None:
    """Run libFuzzer with its own arguments until it ends the process."""
    target = TARGETS[name]
    words = target.words()
    seeds = target.seeds()

    def mutator(data: bytes, longest: int, seed: int) -> bytes:
        generator = Random(seed)
        if generator.random() < 0.3:
            return bytes(atheris.Mutate(data, min(longest, LONGEST)))
        return mutated(data, generator.choice(seeds), words, target.is_json, longest, generator)

    atheris.Setup([sys.argv[0], *arguments], prepared(target), custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
