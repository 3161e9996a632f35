"""`python -m nearabout` is the command line."""

import sys

from nearabout.cli import main

if __name__ == "__main__":
    sys.exit(main())
