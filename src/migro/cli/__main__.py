"""``python -m migro.cli`` is the ``migro`` command."""

import sys

from .main import main

sys.exit(main())
