"""How many examples a fuzz test tries: a hundred, or as many as the long run asks for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

VARIABLE = "SYSMON_TUI_TEST_EXAMPLES"
EXAMPLES = int(os.environ.get(VARIABLE, "100"))

quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
