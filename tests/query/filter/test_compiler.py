from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.trace.row import ERRNO_OTHER, Kind
from gvtui.wire.pb import syscall_pb2
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace, open_message, passing

if TYPE_CHECKING:
    pass


def test_an_errno_out_of_range_is_a_failure(trace: TextTrace) -> None:
    row = trace.call("read", exits=True, errno=ERRNO_OTHER)
    assert row in passing(trace, "evt.failed = true")
    assert row in passing(trace, "evt.res < -4000")


def test_an_errno_name_means_calls_that_failed(trace: TextTrace) -> None:
    row = trace.call("fcntl", exits=True, result=-2)
    for text in ("evt.res = ENOENT", "evt.res in (ENOENT, 17)", "evt.res in (ENOENT, EACCES)"):
        assert row not in passing(trace, text)
        assert 1 in passing(trace, text)
    assert row in passing(trace, "evt.res != ENOENT")
    assert 1 not in passing(trace, "evt.res != ENOENT")
    for text in ("evt.res = -2", "evt.res < 0", "evt.failed = false", "evt.errno = 0"):
        assert row in passing(trace, text)


class TestTime:
    def test_a_zone_moves_times_of_day(self, trace: TextTrace) -> None:
        zone = timezone(timedelta(hours=2))
        assert passing(trace, "evt.time = 07:00", zone=zone) == [0]
        assert passing(trace, "evt.time = 1970-01-01T09:00", zone=zone) == [2]

    def test_each_row_has_the_offset_of_its_day(self) -> None:
        trace = TextTrace()
        winter, summer = 1768478400, 1784116800
        for second in (winter, summer):
            trace.add(time_ns=second * 1_000_000_000)
        assert passing(trace, "evt.time = 13:00", zone=ZoneInfo("Europe/Berlin")) == [0]
        assert passing(trace, "evt.time = 14:00", zone=ZoneInfo("Europe/Berlin")) == [1]

    def test_any_time_can_come(self) -> None:
        trace = TextTrace()
        for time_ns in (-(1 << 63), -1, 1, (1 << 63) - 1):
            trace.add(time_ns=time_ns)
        for zone in (None, UTC, ZoneInfo("Asia/Tokyo")):
            passing(trace, "evt.time > 12:00 and evt.time != 2026-01-01", zone=zone)


class TestArguments:
    @pytest.fixture
    def trace(self) -> TextTrace:
        """0 openat with O_CREAT, 1 plain openat, 2 execve, 3 raw mmap, 4 malformed, 5 a drop."""
        trace = TextTrace()
        trace.add(direction=1, message=open_message("/tmp/new", flags=0o101))
        trace.add(direction=2, message=open_message("/tmp/old", exits=True))
        program = syscall_pb2.Execve(sysno=59, pathname="/bin/sh", argv=["sh", "-c", "ls"])
        trace.add(direction=1, message=(11, program))
        raw = syscall_pb2.Syscall(sysno=sysnos_by_name("x86_64")["mmap"], arg2=4096, arg3=5)
        trace.add(direction=1, message=(6, raw))
        trace.add(point="malformed")
        trace.add(kind=Kind.DROP, result=4)
        return trace

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("evt.args contains O_CREAT", [0]),
            ("evt.args regex new|old", [0, 1]),
            ("evt.args regex '/tmp/(new|old)'", [0, 1]),
            ("evt.args exists", [0, 1, 2, 3]),
            ("evt.arg.flags contains O_CREAT", [0]),
            ("evt.arg.flags = 0x41", [0]),
            ("evt.arg.flags = 65", [0]),
            ("evt.arg.flags > 64", [0]),
            ("evt.arg.flags < 1", [1, 2, 3]),
            ("evt.arg.flags exists", [0, 1, 2, 3]),
            ("evt.arg.pathname = /tmp/new", [0]),
            ("evt.arg.pathname != /tmp/new", [1, 2]),
            ("evt.arg.pathname in (/tmp/old, /bin/sh)", [1, 2]),
            ("evt.arg.argv = -c", [2]),
            ("evt.arg.argv contains 'sh -c ls'", [2]),
            ("evt.arg.arg2 = 4096", [3]),
            ("evt.arg.nothing exists", []),
            ("not evt.arg.nothing = 1", [0, 1, 2, 3, 4, 5]),
            ("evt.arg.context_data exists", []),
            ("evt.arg.exit.result exists", [1]),
            ("evt.arg.exit.result.more exists", []),
            ("evt.arg.pathname.more exists", []),
        ],
    )
    def test_what_passes(self, trace: TextTrace, text: str, expected: list[int]) -> None:
        assert passing(trace, text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("context.cwd = /root", [0]),
            ("context.cwd startswith /", [0]),
            ("context.cwd != /root", []),
            ("context.credentials.effective_uid = 0", [0]),
            ("context.credentials.saved_gid > 6", [0]),
            ("context.is_exec_session = true", [0]),
            ("context.parent_thread_group_id exists", []),
            ("context.credentials exists", [0]),
            ("context.nothing exists", []),
            ("not context.cwd = /root", [1]),
        ],
    )
    def test_the_context_in_full(self, text: str, expected: list[int]) -> None:
        trace = TextTrace()
        message: tuple[int, Any] = open_message("/tmp/new", flags=0o101)
        context = message[1].context_data
        context.cwd, context.is_exec_session, context.credentials.saved_gid = "/root", True, 7
        trace.add(direction=1, message=message)
        trace.add(direction=1, message=open_message("/tmp/old"))
        assert passing(trace, text) == expected

    def test_only_rows_left_open_are_decoded(self, trace: TextTrace, decodings: Decodings) -> None:
        rows = trace.rows(0, 6)
        condition = compile_filter("evt.args contains O_CREAT and evt.dir = X")
        condition.mask(trace, rows, 0)
        assert decodings.count == 1


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("evt.type = opnat", "openat"),
        ("evt.type in (read, execv)", "execve"),
        ("evt.type != Read", "read"),
        ("evt.type = task_exit", "sentry/task_exit"),
        ("evt.type in ('%file')", "sendfile"),
    ],
)
def test_an_event_that_gvisor_does_not_have_is_an_error(text: str, near: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert near in caught.value.expected


@pytest.mark.parametrize(
    "text", ["evt.type glob sched_*", "evt.type = sysno/999", "evt.type = accept:7"]
)
def test_patterns_and_numbers_name_any_event(text: str) -> None:
    assert compile_filter(text).text == text


def test_relative_times_are_counted_from_a_given_moment() -> None:
    trace = TextTrace()
    for second in (100, 700, 990, 1000):
        trace.add(time_ns=second * 10**9)
    for text, expected in (
        ("evt.time > -5m", [0, 0, 1, 1]),
        ("evt.time <= -0.005h", [1, 1, 0, 0]),
        ("evt.time >= -10s and evt.time < +1s", [0, 0, 1, 1]),
    ):
        condition = compile_filter(text, now_ns=1000 * 10**9)
        assert condition.mask(trace, trace.rows(0, 4), 0).tolist() == list(map(bool, expected))


def test_calls_that_are_interrupted_or_go_on_have_not_failed() -> None:
    trace = TextTrace()
    for errno in (0, 4, 512, 513, 514, 516, 115):
        trace.add(direction=2, errno=errno)
    held = trace.rows(0, 7)
    for text, expected in (
        ("evt.failed = true", [0, 1, 0, 0, 0, 0, 0]),
        ("evt.failed = false", [1, 0, 1, 1, 1, 1, 1]),
        ("evt.restarted = true", [0, 0, 1, 1, 1, 1, 0]),
        ("evt.errno = ERESTARTSYS", [0, 0, 1, 0, 0, 0, 0]),
        ("evt.errno = EINPROGRESS", [0, 0, 0, 0, 0, 0, 1]),
    ):
        mask = compile_filter(text).mask(trace, held, 0)
        assert mask.tolist() == list(map(bool, expected))
