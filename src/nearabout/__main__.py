"""Runs the command line for `python -m nearabout`."""

import sys

from nearabout.cli import main

if __name__ == "__main__":
    sys.exit(main())
