from typing import Any

import pytest

from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.tui.activity import lines as lines_module
from gvtui.tui.activity.lines import ActivityFolds, ActivityOrder, activity_entries
from tests.trace.recorder import TRACES

ALL = 1 << 20


def read(name: str, step: int = ALL) -> tuple[Trace, ActivityReader]:
    trace = Trace.open(TRACES / f"{name}.trace")
    analysis = Analysis(trace)
    reader = ActivityReader(analysis.context)
    while analysis.context.advance(step) or reader.advance(step):
        pass
    return trace, reader


def test_closed_headings_tell_how_many_there_are_and_what_some_of_them_say() -> None:
    trace, reader = read("network-2024")
    folds = ActivityFolds(opens_headings=False)
    entries = list(activity_entries(reader, folds, ActivityOrder.REPORT))
    assert all(entry.is_heading and not entry.is_open for entry in entries)
    activity = reader.activity(())
    assert [(each.section, each.total) for each in entries] == [
        (section.key, section.total) for section in activity.sections
    ]
    [read_] = [entry for entry in entries if entry.section == "read"]
    assert "/dev/urandom" in read_.sample
    trace.close()


@pytest.mark.parametrize("name", ["network-2024", "compile-2024"])
def test_what_a_closed_heading_says_does_not_depend_on_how_rows_were_read(name: str) -> None:
    folds = ActivityFolds(opens_headings=False)
    trace, at_once = read(name)
    bit_by_bit, in_slices = read(name, step=7)
    told = list(activity_entries(at_once, folds, ActivityOrder.REPORT))
    assert list(activity_entries(in_slices, folds, ActivityOrder.REPORT)) == told
    [failed] = [each for each in told if each.section == "failed"]
    whole = at_once.section("failed", folds=False).lines
    assert failed.sample == tuple(line.what for line in whole[: len(failed.sample)])
    trace.close()
    bit_by_bit.close()


def test_a_fold_opens_and_nothing_is_left_out() -> None:
    trace, reader = read("network-2024")
    folds = ActivityFolds()
    entries = list(activity_entries(reader, folds, ActivityOrder.REPORT))
    own = [each for each in entries if each.section == "read"]
    [lib] = [each for each in own if each.line and each.line.folder == "/usr/lib"]
    assert (lib.depth, lib.can_open, lib.is_open) == (1, True, False)
    folds.turn(lib.key, True)
    opened = list(activity_entries(reader, folds, ActivityOrder.REPORT))
    inner = [each for each in opened if each.depth == 2]
    assert lib.line is not None
    assert len(inner) == len(lib.line.inner)
    assert sum(each.line.behind.count for each in inner if each.line) == lib.line.behind.count
    trace.close()


def test_a_long_section_says_how_many_more_there_are_until_all_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines_module, "SHOWN", 5)
    trace, reader = read("network-2024")
    folds = ActivityFolds()
    failed = [
        each
        for each in activity_entries(reader, folds, ActivityOrder.REPORT)
        if each.section == "failed"
    ]
    assert len(failed) == 7
    assert failed[-1].is_more
    folds.whole |= {"failed"}
    whole = [
        each
        for each in activity_entries(reader, folds, ActivityOrder.REPORT)
        if each.section == "failed"
    ]
    assert len(whole) == 1 + 5 + failed[-1].total
    assert failed[0].total == sum(each.line.folded for each in whole if each.line)
    trace.close()


def test_lines_are_sorted_by_what_is_asked() -> None:
    trace, reader = read("shell-2024")
    folds = ActivityFolds(whole=frozenset(("read", "failed")))

    def lines(order: ActivityOrder, section: str) -> list[Any]:
        found = [
            each.line
            for each in activity_entries(reader, folds, order)
            if each.section == section and each.line
        ]
        told: dict[ActivityOrder, list[Any]] = {
            ActivityOrder.NAME: [line.what for line in found],
            ActivityOrder.ROWS: [line.behind.count for line in found],
            ActivityOrder.BYTES: [line.bytes_in + line.bytes_out for line in found],
            ActivityOrder.LAST: [line.behind.last for line in found],
        }
        return told[order]

    assert lines(ActivityOrder.NAME, "failed") == sorted(lines(ActivityOrder.NAME, "failed"))
    for order in (ActivityOrder.ROWS, ActivityOrder.BYTES, ActivityOrder.LAST):
        told = lines(order, "read")
        assert told == sorted(told, reverse=True)
        assert len(set(map(str, told))) > 1
    trace.close()


def test_all_headings_open_and_close_at_once() -> None:
    folds = ActivityFolds(opens_headings=False)
    folds.turn(("read",), True)
    folds.turn_all()
    assert folds.is_open(("read",))
    assert folds.is_open(("failed",))
    folds.turn_all()
    assert not folds.is_open(("read",))
    assert not folds.is_open(("failed",))
