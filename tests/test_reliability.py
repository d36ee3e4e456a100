"""The page of the classical mistakes is what its script finds, and every claim on it has a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
_LINK = re.compile(r"\[(test_\w+)\]\(\.\./(tests/[\w/]+\.py)\)")


def rows(text: str) -> dict[str, tuple[str, str]]:
    """Return the case, and its link and its cell for autodiff, of every row of the tables."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) >= 4 and _LINK.fullmatch(cells[2]):
            found[cells[0]] = (cells[2], cells[3])
    return found


def without_messages(found: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the rows with the type alone of each error."""
    return {case: (link, cell.partition("Error: ")[0]) for case, (link, cell) in found.items()}


def test_the_pages_column_of_autodiff_is_what_the_script_finds() -> None:
    script = [sys.executable, str(ROOT / "docs" / "make_reliability.py"), "--only", "autodiff"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(script, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(done.stdout)
    assert len(found) > 50
    page = PAGE.read_text(encoding="utf-8")
    written = rows(page)
    if "Python {}.{}.".format(*sys.version_info) not in page:  # another says the same in other words
        found, written = without_messages(found), without_messages(written)
    assert written == found


def test_every_cell_of_autodiff_is_as_expected() -> None:
    for case, (_, cell) in rows(PAGE.read_text(encoding="utf-8")).items():
        assert cell.startswith("✓ "), f"{case}: {cell}"


def test_every_case_names_a_test_that_exists() -> None:
    for case, (link, _) in rows(PAGE.read_text(encoding="utf-8")).items():
        named = _LINK.fullmatch(link)
        assert named is not None
        test, path = named.groups()
        assert f"\ndef {test}(" in (ROOT / path).read_text(encoding="utf-8"), case


def test_every_test_of_the_misuse_list_is_on_the_page() -> None:
    misuse = (ROOT / "tests" / "engine" / "test_misuse.py").read_text(encoding="utf-8")
    linked = {link for link, _ in rows(PAGE.read_text(encoding="utf-8")).values()}
    for test in re.findall(r"^def (test_\w+)\(", misuse, re.MULTILINE):
        assert any(link.startswith(f"[{test}]") for link in linked), test
