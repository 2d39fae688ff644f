"""What every test shares."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# Machines are shared: how long an example takes says nothing of the code. Examples may share a test's folder.
settings.register_profile(
    "nightreel",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("nightreel")

sys.path.insert(0, str(Path(__file__).with_name("helpers")))
