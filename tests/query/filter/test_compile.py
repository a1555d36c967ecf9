from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.pattern import RegexTest
from gvtui.trace.reader import Trace
from tests.query.filter.world import HOUR, TextTrace, open_message, passing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

TRACES = Path(__file__).parents[2] / "data" / "traces"


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
        (f"evt.time = {5 * HOUR}", [0]),
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


def test_fields_and_needs() -> None:
    condition = compile_filter("proc.pid = 1 and not (evt.arg.flags = 0 or proc.name exists)")
    assert condition.fields == {"proc.pid", "evt.arg.flags", "proc.name"}
    assert condition.needs == {"group_id", "process_name"}
    assert compile_filter("").fields == frozenset()


def test_a_row_that_is_not_held_does_not_match(trace: TextTrace) -> None:
    assert not compile_filter("").matches(trace, 99)


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
        test = RegexTest(pattern)

        def noted(text: str) -> bool:
            asked.append(text)
            return test(text)

        return noted

    monkeypatch.setattr("gvtui.query.filter.texts.RegexTest", noted_test)
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
    ("text", "is_of_messages"),
    [
        ("evt.args contains etc", True),
        ("fd.num > 3 and evt.args contains etc", True),
        ("evt.args contains etc and evt.latency > 5", False),
        ("evt.failed = true", False),
        ("", True),
    ],
)
def test_some_answers_follow_from_the_message_alone(text: str, is_of_messages: bool) -> None:
    assert compile_filter(text).is_of_messages == is_of_messages


def test_they_are_the_same_at_any_moment_unless_the_filter_asks_for_it() -> None:
    for text, is_same in (("evt.args contains a", True), ("evt.time > -5m", False)):
        first, later = (compile_filter(text, now_ns=now) for now in (10**18, 2 * 10**18))
        assert (first.told_by == later.told_by) == is_same
    assert compile_filter("evt.num > 1").told_by != compile_filter("evt.num > 2").told_by
