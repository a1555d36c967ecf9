"""What rules of Falco look for, done in a sandbox: the rules find it with each runsc."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.containers import RunscBinary
from tests.e2e.falco import prepare
from tests.e2e.recorded import everything, recording, run_do, write_pod_init
from tests.query.filter.falco import RULES, found

pytestmark = pytest.mark.e2e


def test_each_rule_finds_what_was_done_and_nothing_else(binary: RunscBinary, folder: Path) -> None:
    command = prepare(folder)
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "pod.json", everything(one.socket))
        run_do(binary, folder, pod_init, *command)
        one.wait_for(1)
        trace = one.end()
    try:
        answers = {rule: found(trace, condition) for rule, (condition, _) in RULES.items()}
    finally:
        trace.close()
    assert answers == {rule: expected for rule, (_, expected) in RULES.items()}
