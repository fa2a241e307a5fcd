"""`python -m stratus`, the command `stratus`."""

import sys

from stratus.cli import main

sys.exit(main())
