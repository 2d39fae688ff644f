"""Lets the tests of this folder import what they share, and the proxy of tests/contract."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.with_name("contract"))]
