from __future__ import annotations

import re2

from gvtui.redact.patterns import ENVIRONMENT, OPTION_NAME, PATTERNS, RULES, SCRIPTS


def test_each_pattern_has_a_name_of_its_own_and_groups() -> None:
    assert len(RULES) == len(PATTERNS) + 2
    assert {ENVIRONMENT, OPTION_NAME} < set(RULES)
    for each in PATTERNS:
        assert re2.compile(each.pattern).groups
    for script in SCRIPTS:
        assert re2.compile(script).groups
