from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.compile import FilterContext, compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.pattern import regex_test
from gvtui.trace.reader import Trace
from gvtui.trace.row import ERRNO_OTHER, Kind
from gvtui.wire.pb import syscall_pb2
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace, open_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    import numpy.typing as npt

TRACES = Path(__file__).parents[2] / "data" / "traces"

_HOUR = 3600 * 1_000_000_000


def passing(
    trace: TextTrace,
    text: str,
    context: FilterContext | None = None,
    zone: tzinfo | None = UTC,
) -> list[int]:
    """Row ids that pass; asked for all rows at once and one by one."""
    condition = compile_filter(text, context, zone=zone)
    rows = trace.rows(trace.first_row, trace.end_row)
    mask = condition.mask(trace, rows, trace.first_row)
    assert mask.dtype == np.bool_
    assert mask.shape == rows.shape
    ids = range(trace.first_row, trace.end_row)
    singly = [row for row in ids if condition.matches(trace, row)]
    together: list[int] = (np.flatnonzero(mask) + trace.first_row).tolist()
    assert together == singly
    return together


@pytest.fixture
def trace() -> TextTrace:
    """0 bash enters openat, 1 it fails, 2 cat reads, 3 raw nanosleep, 4 a drop, 5 a bare event."""
    trace = TextTrace()
    trace.connections[1] = SimpleNamespace(container_id="box")
    bash: dict[str, Any] = {"pid": 10, "tid": 11, "process": "bash", "container": "c1", "uid": 0}
    cat: dict[str, Any] = {"pid": 20, "tid": 20, "process": "cat", "container": "c2", "uid": 1000}
    trace.call("openat", fd=-100, path="/etc/passwd", time_ns=5 * _HOUR, **bash)
    trace.call("openat", exits=True, fd=-100, path="/etc/passwd", errno=2, **bash)
    trace.call("read", exits=True, fd=3, path="/tmp/x", result=17, recv_ns=7 * _HOUR, **cat)
    trace.call("sysno/35", sysno=35, **cat)
    trace.add(kind=Kind.DROP, result=40)
    trace.add(point="sentry/task_exit", conn=2)
    return trace


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("evt.num >= 4", [4, 5]),
        ("evt.num in (0, 5, 99)", [0, 5]),
        ("evt.type = openat", [0, 1]),
        ("evt.type = nanosleep", [3]),
        ("evt.type in (openat, read)", [0, 1, 2]),
        ("evt.type in %file", [0, 1]),
        ("evt.type = %file", [0, 1]),
        ("evt.type in (%file, read)", [0, 1, 2]),
        ("evt.type != %file", [2, 3, 5]),
        ("evt.type != openat", [2, 3, 5]),
        ("evt.type in ()", []),
        ("not evt.type in ()", [0, 1, 2, 3, 4, 5]),
        ("evt.type intersects (openat, read)", [0, 1, 2]),
        ("toupper(evt.type) = OPENAT", [0, 1]),
        ("evt.type startswith sentry/", [5]),
        ("evt.type exists", [0, 1, 2, 3, 5]),
        ("evt.dir = E", [0, 3]),
        ("evt.dir = x", [1, 2]),
        ("evt.dir=>", [0, 3]),
        ("evt.dir = <", [1, 2]),
        ("evt.dir != E", [1, 2]),
        ("evt.dir exists", [0, 1, 2, 3]),
        ("evt.res = ENOENT", [1]),
        ("evt.res = enoent", [1]),
        ("evt.res = -2", [1]),
        ("evt.res < 0", [1]),
        ("evt.res != 0", [1, 2]),
        ("evt.res >= 0", [2]),
        ("evt.res in (ENOENT, 17)", [1, 2]),
        ("evt.res exists", [1, 2]),
        ("evt.failed = true", [1]),
        ("evt.failed = false", [2]),
        ("evt.failed != true", [2]),
        ("evt.errno = ENOENT", [1]),
        ("evt.errno = 0", [2]),
        ("evt.kind = drop", [4]),
        ("evt.kind != message", [4]),
        ("evt.kind in (drop, mark)", [4]),
        ("evt.dropped > 39", [4]),
        ("evt.dropped exists", [4]),
        ("proc.pid = 10", [0, 1]),
        ("proc.pid != 10", [2, 3]),
        ("proc.pid in (10, 20)", [0, 1, 2, 3]),
        ("proc.pid = 0", []),
        ("proc.pid < 15", [0, 1]),
        ("proc.pid = 9000000000000000000", []),
        ("proc.pid < 9000000000000000000", [0, 1, 2, 3]),
        ("proc.pid exists", [0, 1, 2, 3]),
        ("not proc.pid = 10", [2, 3, 4, 5]),
        ("proc.name = bash", [0, 1]),
        ("proc.name == 'bash'", [0, 1]),
        ("proc.name != bash", [2, 3]),
        ("proc.name in (bash, cat)", [0, 1, 2, 3]),
        ("proc.name contains a", [0, 1, 2, 3]),
        ("proc.name icontains AS", [0, 1]),
        ("proc.name endswith t", [2, 3]),
        ("proc.name glob [bd]?sh", [0, 1]),
        ("proc.name glob b", []),
        ("proc.name regex ^.a", [0, 1, 2, 3]),
        ("proc.name = ''", []),
        ("proc.name exists", [0, 1, 2, 3]),
        ("thread.tid = 11", [0, 1]),
        ("fd.num = -100", [0, 1]),
        ("fd.num >= 0", [2]),
        ("fd.num exists", [0, 1, 2]),
        ("fd.name startswith /etc", [0, 1]),
        ("fd.name glob /*/*", [0, 1, 2]),
        ("fd.name exists", [0, 1, 2]),
        ("user.uid = 0", [0, 1]),
        ("user.uid > 0", [2, 3]),
        ("user.uid exists", [0, 1, 2, 3]),
        ("container.id = c1", [0, 1]),
        ("container.id = box", [4]),
        ("container.id exists", [0, 1, 2, 3, 4]),
        ("conn.num = 2", [5]),
        ("point.name = syscall/sysno/35/enter", [3]),
        ("point.name endswith /exit", [1, 2]),
        ("evt.time exists", [0, 2]),
        ("evt.time = 05:00", [0]),
        ("evt.time >= 05:00:00", [0, 2]),
        ("evt.time > 05:00", [2]),
        ("evt.time < 05:00:01", [0]),
        ("evt.time <= 05:00", [0]),
        ("evt.time != 05:00", [2]),
        ("evt.time in (05:00, 1970-01-01T07:00)", [0, 2]),
        ("evt.time = 1970-01-01", [0, 2]),
        ("evt.time >= 1970-01-01T06:00:00Z", [2]),
        (f"evt.time = {5 * _HOUR}", [0]),
        ("evt.latency exists", []),
        ("not evt.latency > 0", [0, 1, 2, 3, 4, 5]),
        ("proc.ppid = 1 or proc.cmdline contains x", []),
        ("proc.name = bash and evt.failed = true or evt.kind = drop", [1, 4]),
        ("proc.name = bash and (evt.failed = true or evt.kind = drop)", [1]),
        ("not (proc.name = bash or proc.name = cat)", [4, 5]),
        (
            "proc.name = bash and evt.type in (openat, execve) and fd.name startswith /etc "
            "and evt.failed = true",
            [1],
        ),
    ],
)
def test_what_passes(trace: TextTrace, text: str, expected: list[int]) -> None:
    assert passing(trace, text) == expected


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


def test_fields_and_needs() -> None:
    condition = compile_filter("proc.pid = 1 and not (evt.arg.flags = 0 or proc.name exists)")
    assert condition.fields == {"proc.pid", "evt.arg.flags", "proc.name"}
    assert condition.needs == {"group_id", "process_name"}
    assert compile_filter("").fields == frozenset()


def test_a_row_that_is_not_held_does_not_match(trace: TextTrace) -> None:
    assert not compile_filter("").matches(trace, 99)


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


class TestStringsThatWereNotKept:
    def test_the_message_has_them(self) -> None:
        trace = TextTrace()
        trace.connections[1] = SimpleNamespace(container_id="other")
        lost = ("process", "container", "path", "point")
        message = open_message("/etc/passwd", process="bash", container="c1")
        trace.add(lost=lost, message=message, direction=1)
        trace.add(lost=lost, direction=1)
        for text in (
            "proc.name = bash",
            "container.id = c1",
            "fd.name = /etc/passwd",
            "point.name = syscall/openat/enter",
            "evt.type = openat",
        ):
            assert passing(trace, text) == [0]
        assert passing(trace, "proc.name exists") == [0]

    def test_rows_decided_by_cheaper_conditions_are_not_decoded(self) -> None:
        trace = TextTrace()
        for pid in range(100):
            trace.add(pid=pid, lost=("process",), message=open_message("/x", process="bash"))
        assert len(passing(trace, "proc.name = bash")) == 100
        trace.decodings = 0
        rows = trace.rows(0, 100)
        condition = compile_filter("proc.name = bash and proc.pid in (7, 8)")
        assert np.flatnonzero(condition.mask(trace, rows, 0)).tolist() == [7, 8]
        assert trace.decodings == 2
        trace.decodings = 0
        condition = compile_filter("not (proc.name = bash or proc.pid > 2)")
        assert not condition.mask(trace, rows, 0).any()
        assert trace.decodings == 3

    def test_numbers_beyond_the_table_count_as_lost(self) -> None:
        trace = TextTrace()
        trace.add(message=open_message("/x", process="bash"))
        rows = trace.rows(0, 1)
        rows["process"] = 999
        assert compile_filter("proc.name = bash").mask(trace, rows, 0).tolist() == [True]


def test_each_text_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = TextTrace()
    for _ in range(3):
        trace.add(process="bash")
        trace.add(process="cat")
    asked: list[str] = []

    def noted_test(pattern: str) -> Callable[[str], bool]:
        test = regex_test(pattern)

        def noted(text: str) -> bool:
            asked.append(text)
            return test(text)

        return noted

    monkeypatch.setattr("gvtui.query.filter.texts.regex_test", noted_test)
    condition = compile_filter("proc.name regex ^b")
    for _ in range(2):
        rows = trace.rows(0, trace.end_row)
        assert condition.mask(trace, rows, 0).tolist() == [True, False] * 3
    assert sorted(asked) == ["bash", "cat"]
    trace.add(process="busybox")
    assert condition.mask(trace, trace.rows(6, 7), 6).tolist() == [True]
    assert asked[2:] == ["busybox"]


def test_a_filter_can_be_used_with_several_traces() -> None:
    first, second = TextTrace(), TextTrace()
    first.add(process="bash")
    second.add(process="cat")
    condition = compile_filter("proc.name = bash")
    for _ in range(2):
        assert condition.mask(first, first.rows(0, 1), 0).tolist() == [True]
        assert condition.mask(second, second.rows(0, 1), 0).tolist() == [False]


def test_the_container_of_a_connection_may_become_known_later() -> None:
    trace = TextTrace()
    trace.connections[1] = connection = SimpleNamespace(container_id="")
    trace.add()
    condition = compile_filter("container.id = c1")
    assert not condition.matches(trace, 0)
    connection.container_id = "c1"
    assert condition.matches(trace, 0)


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
            ("context.credentials exists", []),
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


@dataclass
class Told(NoContext):
    """A context that tells what the test says."""

    latencies: Sequence[int] = ()
    parents: Sequence[int] = ()
    commands: Sequence[str | None] = ()
    position: int = 0

    def advance(self, budget: int) -> int:
        self.position += min(budget, 1)
        return min(budget, 1)

    def latency_ns(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        return np.array(self.latencies[start : start + len(rows)], np.int64)

    def parent_pid(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        return np.array(self.parents[start : start + len(rows)], np.int64)

    def texts(
        self, what: str, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[tuple[str, ...]]]:
        assert what == "proc.cmdline"
        texts = [text for text in self.commands if text is not None]
        wanted = self.commands[start : start + len(rows)]
        places = [texts.index(text) if text is not None else -1 for text in wanted]
        return np.array(places, np.intp), [(text,) for text in texts]


class TestContext:
    @pytest.fixture
    def trace(self) -> TextTrace:
        trace = TextTrace()
        for pid in (1, 2, 3):
            trace.add(pid=pid)
        return trace

    def test_latency(self, trace: TextTrace) -> None:
        context = Told(latencies=[-1, 500, 20_000_000])
        assert passing(trace, "evt.latency > 10ms", context) == [2]
        assert passing(trace, "evt.latency < 1us", context) == [1]
        assert passing(trace, "evt.latency exists", context) == [1, 2]
        assert passing(trace, "evt.latency >= 500", context) == [1, 2]

    def test_it_is_brought_up_to_the_rows_asked_about(self, trace: TextTrace) -> None:
        context = Told(latencies=[1, 1, 1])
        condition = compile_filter("evt.latency > 0", context)
        assert condition.mask(trace, trace.rows(0, 2), 0).all()
        assert context.position == 2
        assert passing(trace, "proc.pid > 0", context)
        assert context.position == 2

    def test_it_may_have_nothing_more_to_look_at(self, trace: TextTrace) -> None:
        context = NoContext()
        assert passing(trace, "evt.latency > 0", context) == []

    def test_parent(self, trace: TextTrace) -> None:
        context = Told(parents=[-1, 0, 1])
        assert passing(trace, "proc.ppid = 1", context) == [2]
        assert passing(trace, "proc.ppid < 1", context) == [1]

    def test_command_line(self, trace: TextTrace) -> None:
        context = Told(commands=["sh -c ls", None, "ls"])
        assert passing(trace, "proc.cmdline contains ls", context) == [0, 2]
        assert passing(trace, "proc.cmdline != ls", context) == [0]
        assert passing(trace, "proc.cmdline exists", context) == [0, 2]
        assert passing(trace, "proc.pid > 1 and proc.cmdline endswith ls", context) == [2]


@pytest.mark.parametrize("name", ["shell-2024", "network-2024", "compile-2024", "shell-2022"])
def test_recorded_traces_split_in_two(name: str, request: pytest.FixtureRequest) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    request.addfinalizer(trace.close)
    rows = trace.rows(0, trace.end_row)

    def mask(text: str) -> npt.NDArray[np.bool_]:
        return compile_filter(text).mask(trace, rows, 0)

    assert mask("evt.type = openat").any()
    assert not (mask("evt.dir = E") & mask("evt.dir = X")).any()
    for text in ("evt.args contains /", "evt.arg.fd >= 0", "fd.name glob *lib*", "evt.res < 0"):
        assert (mask(text) ^ mask(f"not ({text})")).all()
        assert mask(text).any()


def test_a_filter_keeps_its_text() -> None:
    assert compile_filter(" fd.num = 1 ").text == " fd.num = 1 "


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("evt.arg.stdin.socket.remote.port = 8081", 1),
        ("evt.arg.stdin.socket.remote.port = 37151", 0),
        ("evt.arg.stdin.socket.remote.port_raw = 37151", 1),
        ("evt.arg.stdout.socket.local.port in (63787, 1)", 1),
    ],
)
def test_ports_of_descriptors_are_compared_as_programs_know_them(text: str, count: int) -> None:
    trace = Trace.open(TRACES / "newest-2026.trace")
    try:
        rows = trace.rows(0, trace.end_row)
        assert compile_filter(text).mask(trace, rows, 0).sum() == count
    finally:
        trace.close()


def test_large_messages_are_not_kept_decoded_for_the_next_condition() -> None:
    trace = TextTrace()
    for _ in range(40):
        trace.add(message=open_message("/x" * 200_000), length=400_000)
    batch = RowBatch(cast("Any", trace), trace.rows(0, 40), 0, NoContext())
    assert all(batch.decoded(place) is not None for place in range(40))
    assert len(batch._decoded) == 10


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


def test_a_call_that_a_signal_interrupts_is_restarted_and_has_not_failed() -> None:
    trace = TextTrace()
    for errno in (0, 4, 512, 513, 514, 516):
        trace.add(direction=2, errno=errno)
    held = trace.rows(0, 6)
    for text, expected in (
        ("evt.failed = true", [0, 1, 0, 0, 0, 0]),
        ("evt.failed = false", [1, 0, 1, 1, 1, 1]),
        ("evt.restarted = true", [0, 0, 1, 1, 1, 1]),
        ("evt.errno = ERESTARTSYS", [0, 0, 1, 0, 0, 0]),
    ):
        mask = compile_filter(text).mask(trace, held, 0)
        assert mask.tolist() == list(map(bool, expected))
