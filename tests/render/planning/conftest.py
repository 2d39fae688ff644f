"""Lets these tests import the plan that is told row by row."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
