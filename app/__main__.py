"""`python -m sockscope.app`."""

import sys

from sockscope.app.cli import main

sys.exit(main())
