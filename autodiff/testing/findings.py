"""``Findings``: what a check has found so far."""

from dataclasses import dataclass, field

from autodiff.testing.report import Comparison, Property, Report, Verdict, Wrong


@dataclass
class Findings:
    """What a check has found: it grows, and is a report at any time."""

    comparisons: list[Comparison] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    wrong: Wrong | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, verdict: Verdict, reason: str = "") -> None:
        """Add something that holds, or does not, besides the derivatives."""
        self.properties.append(Property(name, verdict, reason))

    @property
    def any_failed(self) -> bool:
        """Whether a derivative is wrong."""
        return any(one.verdict == "FAIL" for one in self.comparisons)

    def report(self, title: str, evaluations: int) -> Report:
        """Return the report of all that is found."""
        return Report(title, self.comparisons, self.properties, self.wrong, self.notes, evaluations)
