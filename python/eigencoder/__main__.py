"""`python -m eigencoder` is the command `eigencoder`."""

import sys

from .cli import main

sys.exit(main())
