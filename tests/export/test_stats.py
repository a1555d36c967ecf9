from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.export.stats import Shortfall, stats_json, stats_text
from gvtui.query.analysis import Analysis
from gvtui.query.calls.pairs import Pairs
from gvtui.query.numbers.statistics import Statistics
from gvtui.query.processes.processes import Processes
from gvtui.trace.reader import Trace
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.memory import MemoryTrace, drop, enter, leave, make_row

TRACES = Path(__file__).parent.parent / "data" / "traces"


def statistics_of(trace: Trace | MemoryTrace) -> Statistics:
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    statistics = Statistics(trace, pairs, processes)
    pairs.advance()
    processes.advance()
    statistics.advance()
    return statistics


def test_text_looks_like_straces_summary() -> None:
    rows = [
        enter(1, 257, 1_000_000, type=7),
        leave(1, 257, 4_000_000, type=7, errno=2),
        enter(1, 0, 5_000_000),
        leave(1, 0, 6_000_000),
        enter(1, 9, 7_000_000, type=RAW_SYSCALL),
        make_row(type=2),
    ]
    lines = list(stats_text(statistics_of(MemoryTrace(rows))))
    table = [line.split() for line in lines]
    assert table[0][-1] == "syscall"
    assert table[2] == [
        "75.00",
        "0.003000",
        "3000",
        "2900",
        "2900",
        "2900",
        "3000",
        "1",
        "1",
        "openat",
    ]
    assert table[3][-2:] == ["1", "read"]
    assert table[4] == ["0.00", "1", "mmap"]
    assert table[6][-3:] == ["3", "1", "total"]
    assert len({len(line) for line in lines[:2]}) <= 2
    assert ["0.003000", "1", "1", "ENOENT"] in table
    assert ["1", "sentry/clone"] in table


def test_text_says_what_is_missing() -> None:
    lines = list(stats_text(statistics_of(MemoryTrace([enter(1, 0), drop(count=3)]))))
    assert lines[-2:] == [
        "3 points were dropped: all numbers are lower bounds.",
        "No durations: the session does not collect time.",
    ]


def test_text_of_hostile_names_is_escaped() -> None:
    trace = MemoryTrace([])
    path = trace.intern("/tmp/\x1b]0;x\x07\n")
    hostile = MemoryTrace([enter(1, 257, 1, type=7, path=path), leave(1, 257, 2, type=7)])
    hostile.strings = trace.strings
    text = "\n".join(stats_text(statistics_of(hostile)))
    assert "\x1b" not in text
    assert "\\x1b]0;x" in text


def test_bytes_stand_by_descriptor_and_by_remote_address() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    analysis = Analysis(trace)
    statistics = analysis.statistics(by_descriptor=True)
    analysis.finish(statistics)
    lines = [line.split() for line in stats_text(statistics)]
    content = json.loads(stats_json(statistics, {}))
    trace.close()
    for name, table in (("descriptor", "descriptors"), ("host", "hosts")):
        place = lines.index(["read", "written", "calls", "errors", name])
        first = content[table][0]
        assert lines[place + 1][:2] == [str(first["bytes_in"]), str(first["bytes_out"])]
        assert first["bytes_in"] + first["bytes_out"] > 0
        assert first["filter"].startswith("fd.")


def test_long_tables_are_cut() -> None:
    rows = [enter(pid, 0, path=pid + 1) for pid in range(1, 40)]
    trace = MemoryTrace(rows)
    trace.strings += [f"/{number}" for number in range(50)]
    assert any("more)" in line for line in stats_text(statistics_of(trace)))


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_json_has_all_lines(path: Path) -> None:
    trace = Trace.open(path)
    statistics = statistics_of(trace)
    content = json.loads(stats_json(statistics, {"more": 1}))
    assert content["rows"] == trace.end_row - trace.first_row
    assert content["total"]["calls"] == statistics.total().calls
    assert [line["name"] for line in content["syscalls"]] == [
        line.label for line in statistics.by_syscall()
    ]
    assert sum(line["calls"] for line in content["processes"]) == content["total"]["calls"]
    assert sum(band["calls"] for band in content["histogram"]) == content["total"]["timed"]
    assert (content["lower_bound"], content["more"]) == (False, 1)
    assert list(stats_text(statistics))
    trace.close()


def test_numbers_that_lack_messages_say_so() -> None:
    statistics = statistics_of(MemoryTrace([enter(1, 0, 5), drop(count=3)]))
    lacks = Shortfall(
        may_lack_drops=True, refused=2, lost=30, damaged=1, unreadable_bytes=1, missing=4
    )
    assert [line for line in stats_text(statistics, lacks) if "bounds" in line] == [
        "At least 3 points were dropped: all numbers are lower bounds.",
        "37 messages are not counted (2 refused by limits, 30 lost, 1 damaged, 4 of segments that "
        "are missing between others): all numbers are lower bounds.",
        "1 byte could not be read: all numbers are lower bounds.",
    ]
    content = json.loads(stats_json(statistics, {}, lacks))
    assert (content["dropped"], content["dropped_at_least"]) == (3, True)
    assert content["lower_bound"]
    assert content["missing"]["messages"] == 37


def test_drops_that_nobody_told_of_make_lower_bounds() -> None:
    statistics = statistics_of(MemoryTrace([enter(1, 0, 5)]))
    lacks = Shortfall(may_lack_drops=True)
    assert "Points may have been dropped that nothing tells of: all numbers are lower bounds." in (
        list(stats_text(statistics, lacks))
    )
    assert json.loads(stats_json(statistics, {}, lacks))["lower_bound"]
    assert not json.loads(stats_json(statistics, {}))["lower_bound"]


def test_calls_that_are_interrupted_or_go_on_are_no_errors() -> None:
    rows = []
    for errno in (512, 513, 514, 516, 115, 4):
        rows += [enter(1, 0, 1), leave(1, 0, 2, errno=errno)]
    statistics = statistics_of(MemoryTrace(rows))
    content = json.loads(stats_json(statistics, {}))
    total = content["total"]
    assert (total["calls"], total["errors"], total["restarted"]) == (6, 1, 4)
    assert [line["name"] for line in content["errors"]] == ["EINTR"]
    assert (
        "4 calls were interrupted by a signal, to be begun anew, and did not fail."
        in stats_text(statistics)
    )
