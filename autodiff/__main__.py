"""``python -m autodiff``: the command line."""

import sys

from autodiff.cli import main

if __name__ == "__main__":
    sys.exit(main())
