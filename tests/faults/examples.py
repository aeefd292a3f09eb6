"""How many examples a fuzz test tries: a hundred, or as many as the long run asks for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

VARIABLE = "SYSMON_TUI_TEST_EXAMPLES"
EXAMPLES = int(os.environ.get(VARIABLE, "100"))
SAME = VARIABLE not in os.environ
"""Each run tries the same examples, so that a change is judged by itself; the long one new ones."""

quick = settings(
    max_examples=EXAMPLES,
    derandomize=SAME,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
