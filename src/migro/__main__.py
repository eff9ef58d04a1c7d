"""``python -m migro`` is the ``migro`` command."""

import sys

from .cli import main

sys.exit(main())
