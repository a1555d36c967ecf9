from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.carried import CarriedMark, CarriedProcess
from gvtui.trace.living import Living, _size_of
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2

_TIME_NS = 1_700_000_000_000_000_000


class Told:
    """Tells of one connection's processes."""

    def __init__(self, **limits: int) -> None:
        self.living = Living(**limits)
        self._now = _TIME_NS

    def context(self, pid: int, tid: int = 0, **fields: Any) -> common_pb2.ContextData:
        self._now += 1000
        given: dict[str, Any] = {
            "time_ns": self._now,
            "thread_id": tid or pid,
            "thread_group_id": pid,
            "thread_group_start_time_ns": pid,
            "container_id": "box",
        }
        return common_pb2.ContextData(**(given | fields))

    def send(self, number: int, message: Any) -> None:
        self.living.take(1, number, build_message(number, message.SerializeToString()))

    def start(self, *args: str) -> None:
        self.send(1, container_pb2.Start(context_data=self.context(1), id="box", args=args))

    def clone(self, pid: int, child: int, flags: int = 0) -> None:
        message = sentry_pb2.CloneInfo(
            context_data=self.context(pid),
            created_thread_id=child,
            created_thread_group_id=child if not flags & 0x10000 else pid,
            created_thread_start_time_ns=child,
            flags=flags,
        )
        self.send(2, message)

    def executed(self, pid: int, *argv: str, tid: int = 0) -> None:
        context = self.context(pid, tid)
        self.send(3, sentry_pb2.ExecveInfo(context_data=context, binary_path=argv[0], argv=argv))

    def exits(self, pid: int, status: int = 0, tid: int = 0) -> None:
        context = self.context(pid, tid)
        self.send(5, sentry_pb2.TaskExit(context_data=context, exit_status=status))

    def mark(self, most_bytes: int = 1 << 20) -> CarriedMark:
        ((conn, mark),) = self.living.marks(most_bytes)
        assert conn == 1
        return mark

    def known(self) -> dict[int, CarriedProcess]:
        return {process.pid: process for process in self.mark().processes}


def test_what_lives_is_known_with_its_parents_and_programs() -> None:
    told = Told()
    told.start("/bin/sh", "-c", "all of it")
    told.clone(1, 2)
    told.executed(2, "/usr/bin/daemon", "--fork")
    told.clone(2, 3)
    told.exits(2, 256)
    known = told.known()
    assert {pid: each.parent_pid for pid, each in known.items()} == {1: 0, 2: 1, 3: 2}
    assert [each.has_ended for each in known.values()] == [False, True, False]
    assert known[1].args == ["/bin/sh", "-c", "all of it"]
    assert (known[3].name, known[3].args) == ("daemon", ["/usr/bin/daemon", "--fork"])
    assert known[2].exit_status == 256
    assert (told.mark().running, told.mark().ended) == (2, 1)
    assert len(told.living) == 2
    told.living.forget(1)
    assert len(told.living) == 0
    assert told.living.marks(1 << 20) == []


def test_threads_are_no_processes_and_one_may_take_over_its_process() -> None:
    told = Told()
    told.clone(1, 9, 0x10000)
    told.exits(1, tid=9)
    assert list(told.known()) == [1]
    told.executed(1, "/bin/x", tid=9)
    told.exits(1)
    assert not told.known()[1].has_ended
    told.exits(1)
    assert told.known()[1].has_ended
    told.executed(1, "/bin/y", tid=9)
    assert not told.known()[1].has_ended
    assert told.mark().ended == 0


def test_a_clone_can_be_a_sibling() -> None:
    told = Told()
    told.clone(1, 2)
    told.clone(2, 3, 0x8000)
    assert told.known()[3].parent_pid == 1


def test_an_id_that_comes_again_is_another_process() -> None:
    told = Told()
    told.clone(1, 2)
    told.send(9, sentry_pb2.TaskExit(context_data=told.context(2)))
    context = told.context(2, thread_group_start_time_ns=77)
    told.send(3, sentry_pb2.ExecveInfo(context_data=context, argv=["new"]))
    known = told.known()
    assert (known[2].start_ns, known[2].name) == (77, "new")
    assert (told.mark().ended, len(told.living)) == (1, 2)


def test_of_the_dead_the_parents_are_kept_before_others() -> None:
    told = Told(max_dead=3)
    for child in range(2, 12):
        told.clone(1, child)
    told.clone(2, 50)
    for child in range(2, 12):
        told.exits(child)
    known = told.known()
    assert [pid for pid, each in known.items() if each.has_ended] == [2, 10, 11]
    assert told.mark().ended == 10
    told.exits(50)
    told.clone(1, 60)
    told.exits(60)
    assert len([each for each in told.known().values() if each.has_ended]) == 3


def test_limits_of_the_living_and_of_bytes_are_told() -> None:
    told = Told(max_living=2)
    told.clone(1, 2)
    assert not told.mark().is_cut
    told.clone(1, 3)
    assert told.mark().is_cut
    assert list(told.known()) == [1, 2]
    told = Told()
    told.clone(1, 2)
    told.executed(2, "/bin/x", "y" * 100)
    mark = told.mark(most_bytes=100)
    assert ([each.pid for each in mark.processes], mark.is_cut) == ([1], True)
    assert "at least 1 process that ran already" in mark.text


def test_long_command_lines_are_cut() -> None:
    told = Told()
    told.start("x" * 5000, *("y" * 5000,) * 500)
    (args,) = (each.args for each in told.known().values())
    assert sum(map(len, args)) < 5000
    assert args[0].endswith("…")
    assert args[-1] == "…"


def test_processes_that_a_sandbox_was_asked_for_are_known_too() -> None:
    told = Told()
    told.clone(1, 2)
    entries = (ProcfsEntry(1, 0, 1, "sh", "/bin/sh", ["sh"]), ProcfsEntry(7, 1, 7, "x", "/x"))
    told.living.listed(1, ProcessesMark("", "box", 5, True, 1, 1, entries))
    known = told.known()
    assert (known[1].name, known[1].args) == ("sh", ["sh"])
    assert (known[7].parent_pid, known[7].name, known[7].container_id) == (1, "x", "box")
    assert not known[7].is_start_told


def test_the_container_of_a_pod_s_process_is_known_from_asking() -> None:
    told = Told()
    told.clone(1, 2)
    entry = ProcfsEntry(2, 1, 2, "sh", "/bin/sh", container_id="inner")
    told.living.listed(1, ProcessesMark("", "box", 5, True, 1, 1, (entry,)))
    assert told.known()[2].container_id == "inner"


def test_messages_that_make_no_sense_do_nothing() -> None:
    told = Told()
    told.living.take(1, 2, build_message(2, b"\xff\xff\xff"))
    told.living.take(1, 9, build_message(9, b""))
    told.send(5, sentry_pb2.TaskExit())
    assert all(not mark.processes for _, mark in told.living.marks(1000))


def counted_size(living: Living) -> int:
    """The bytes of what is known, counted anew."""
    return sum(
        _size_of(process)
        for sandbox in living._sandboxes.values()
        for process in (*sandbox.living.values(), *sandbox.dead.values())
    )


def test_bytes_are_bounded_and_who_has_the_most_pays() -> None:
    told = Told(max_bytes=1 << 20)
    quiet = ProcessesMark("", "quiet", 5, True, 1, 1, (ProcfsEntry(1, 0, 1, "sh", "/bin/sh"),))
    told.living.listed(2, quiet)
    for child in range(2, 2000):
        told.clone(1, child)
        # Four bytes for each letter.
        told.executed(child, "/bin/x", *(f"{child}\N{PILE OF POO}" * 100,) * 30)
        assert told.living.size <= 1 << 20
    assert told.living.size == counted_size(told.living)
    (_, mark), (_, other) = sorted((conn, mark) for conn, mark in told.living.marks(1 << 24))
    assert mark.is_cut
    assert 20 < mark.running < 100
    assert mark.processes[0].pid == 1
    assert (other.running, other.is_cut) == (1, False)
    told.living.forget(1)
    told.living.forget(2)
    assert (told.living.size, len(told.living)) == (0, 0)


def test_what_has_ended_goes_first_for_want_of_bytes() -> None:
    told = Told(max_bytes=100_000)
    told.start("/bin/sh")
    for child in range(2, 500):
        told.clone(1, child)
        told.executed(child, "/bin/x", "y" * 100)
        told.exits(child)
    mark = told.mark()
    assert (mark.running, mark.ended, mark.is_cut) == (1, 498, False)
    assert mark.processes[-1].pid == 499
    assert told.living.size == counted_size(told.living) <= 100_000


@given(
    st.lists(
        st.tuples(st.sampled_from(["clone", "exec", "exit", "again"]), st.integers(1, 9)),
        max_size=80,
    )
)
def test_the_bytes_that_are_counted_are_those_that_are_known(events: list[tuple[str, int]]) -> None:
    told = Told(max_living=6, max_dead=3, max_bytes=9_000)
    for what, pid in events:
        if what == "clone":
            told.clone(1, pid)
        elif what == "exec":
            told.executed(pid, "/bin/x", *("y" * pid,) * pid, tid=pid + pid % 2)
        elif what == "exit":
            told.exits(pid)
        else:
            context = told.context(pid, thread_group_start_time_ns=pid + 100)
            told.send(3, sentry_pb2.ExecveInfo(context_data=context, argv=["new"] * pid))
        assert told.living.size == counted_size(told.living) <= 9_000
        sandboxes = told.living._sandboxes.values()
        assert len(told.living) == sum(len(each.living) for each in sandboxes)
