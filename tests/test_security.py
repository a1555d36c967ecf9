from __future__ import annotations

import re
from pathlib import Path

from gvtui.limits import table
from gvtui.monitor.rights import PORTER_CAPABILITIES, RECEIVER_CAPABILITIES
from gvtui.trace.connections import MAX_CLOSED

PAGE = (Path(__file__).parent.parent / "SECURITY.md").read_text()

CAPABILITIES = {2: "CAP_DAC_READ_SEARCH", 12: "CAP_NET_ADMIN", 19: "CAP_SYS_PTRACE"}


def test_the_table_of_limits_is_the_one_in_force() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    assert told == table()


def test_the_page_tells_how_many_closed_connections_are_known_one_by_one() -> None:
    assert f"The newest {MAX_CLOSED:,} that have closed" in PAGE


def test_the_rights_of_each_process_are_those_it_keeps() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.count("|") == 4}
    for process, kept in (
        ("the receiving process", RECEIVER_CAPABILITIES),
        ("the porter", PORTER_CAPABILITIES),
    ):
        told = set(re.findall(r"CAP_[A-Z_]+", rows[process]))
        assert told == {CAPABILITIES[number] for number in kept}
