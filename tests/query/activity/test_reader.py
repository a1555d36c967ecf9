from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.activity import rowledger
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES, activity_in, activity_of
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["compile-2024", "network-2024", "newest-2026", "shell-2022", "shell-2024"]


def test_files_are_read_written_and_created() -> None:
    activity = activity_in("shell-2024")
    read = {line.what: line for line in activity.section("read").lines}
    assert read["/etc/hostname"].bytes_in > 0
    assert "/nonexistent" not in read
    assert "/usr" not in read
    assert [line.what for line in activity.section("folders").lines] == ["/usr"]
    [written] = activity.section("written").lines
    assert (written.what, written.bytes_out) == ("/tmp/x", 3)
    assert [line.what for line in activity.section("maybe_created").lines] == ["/tmp/x"]
    assert activity.total("created") == 0
    [deleted] = activity.section("deleted").lines
    assert (deleted.what, deleted.details) == ("unlinkat (path not told)", "by rm (pid 7)")


def test_failures_are_told_by_call_path_and_error() -> None:
    failed = {
        (one.what, one.details): one for one in activity_in("shell-2024").section("failed").lines
    }
    assert failed["openat /nonexistent", "ENOENT"].behind.count == 1
    assert not any("ERESTART" in details for _, details in failed)


@pytest.mark.parametrize("name", NAMES)
def test_each_line_has_rows_and_its_filter_finds_them(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    rows = trace.rows(0, trace.end_row)
    for section in activity_in(name).sections:
        for line in section.lines:
            assert line.behind.count > 0
            found = compile_filter(line.behind.filter_text).mask(trace, rows, 0).nonzero()[0]
            if line.behind.is_exact:
                assert found.tolist() == list(line.behind.rows or ())
            else:
                assert len(found) >= line.behind.count
                assert (found[0], found[-1]) == (line.behind.first, line.behind.last)
    trace.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_again_is_the_same(name: str) -> None:
    assert activity_in(name) == activity_in(name)


def test_only_rows_that_pass_are_told() -> None:
    activity = activity_in("shell-2024", "evt.type = openat and fd.name = /tmp/x")
    assert [section.key for section in activity.sections] == ["written", "maybe_created"]
    assert activity.rows == 2
    assert activity.not_seen


def test_a_call_that_two_points_report_counts_once() -> None:
    # All its calls are reported by raw and decoded points.
    [opened] = activity_in("shell-2024").section("maybe_created").lines
    assert opened.behind.count == 1


def test_what_changes_files_users_and_namespaces_is_told_once_each(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/etc/motd")
    world.raw("fchmod", 3, 0o600)
    world.raw("utimensat", 3, 0x1000, 0x2000, 0)
    world.raw("mknodat", -100 & 0xFFFFFFFFFFFFFFFF, 0x1000, 0o10644, 0)
    world.raw("setgroups", 2, 0x7FFF1000)
    world.raw("setgroups", 2, 0x7FFF2000)
    world.raw("process_vm_readv", 9, 0x1000, 1, 0x2000, 1, result=8)
    world.raw("fsopen", 0x1000, 1, result=4)
    world.raw("sendmmsg", 5, 0x1000, 3, result=3)
    world.fork(1, 2, 0x20000 | 0x20000000)
    world.writer.close()
    trace = Trace.open(world.path)
    activity = activity_of(trace)
    told = {
        key: [line.what for line in activity.section(key).lines]
        for key in ("permissions", "nodes", "users", "traced", "mounts", "namespaces", "forks")
    }
    trace.close()
    assert told.pop("forks")
    assert told == {
        "permissions": ["fchmod /etc/motd", "utimensat (path not told)"],
        "nodes": ["mknodat (path not told)"],
        "users": ["setgroups(2, …)"],
        "traced": ["process_vm_readv(9, …)"],
        "mounts": ["fsopen (path not told)"],
        "namespaces": ["sentry/clone(CLONE_NEWNS|CLONE_NEWPID)"],
    }
    assert any(each.text.startswith("1 call of recvmmsg, sendmmsg") for each in activity.not_seen)


def test_of_rows_that_a_flight_recorder_lets_go_only_their_number_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rowledger, "CHUNK", 16)
    trace = Trace.open(TRACES / "network-2024.trace")
    analysis = Analysis(trace)
    reader = ActivityReader(analysis.context)
    analysis.finish()
    while reader.advance(50):
        pass
    lines, ledger = reader.section("failed", folds=False).lines, reader.lines.ledger
    assert ledger is not None
    behind = max((line.behind for line in lines), key=lambda behind: behind.count)
    assert behind.rows is None
    rows = behind.mask(0, trace.end_row).nonzero()[0].tolist()
    trace.first_row = rows[100]
    reader.advance()
    _, _, last = next(iter(ledger._full.values()))
    assert 0 not in ledger._full
    assert last >= trace.first_row
    assert behind.count_before(trace.first_row) == 100
    left = behind.mask(trace.first_row, trace.end_row - trace.first_row)
    assert (left.nonzero()[0] + trace.first_row).tolist() == rows[100:]
    trace.close()
