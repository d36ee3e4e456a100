"""Fill in the outputs of README.md and docs/teaching.md: ``python docs/fill_readme.py``.

Below each ``$ command`` of a console block stands what that command printed. ``--check`` only compares.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "teaching.md")
_BLOCK = re.compile(r"^```console\n\$ (?P<command>.*)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)


def printed_by(command: str) -> str:
    """Return what a command of the README prints, run in an empty folder."""
    words = shlex.split(command)
    if words[0] == "autodiff":
        words = [sys.executable, "-m", "autodiff", *words[1:]]
    elif words[0] == "python":
        words = [sys.executable, str(ROOT / words[1]), *words[2:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True
        )
    return done.stdout.rstrip("\n") + "\n"


def filled(text: str) -> str:
    """Return a page's text with every output as its command prints it now."""
    return _BLOCK.sub(
        lambda block: f"```console\n$ {block['command']}\n{printed_by(block['command'])}```", text
    )


def timeless(text: str) -> str:
    """Return the text without the times, which differ from run to run."""
    return re.sub(r"\b\d+\.\d+ s\b", "… s", text)


def main() -> int:
    """Return 0 when the pages are up to date, or have been brought so."""
    stale = False
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if "--check" in sys.argv[1:]:
            same = timeless(before) == timeless(after)
            stale |= not same
            print(f"{page.name} is {'up to date' if same else 'out of date'}")
        else:
            page.write_text(after, encoding="utf-8")
            print(f"wrote {page.name}")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
