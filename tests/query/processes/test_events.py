"""What single messages tell of processes; whole stories are in test_processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.processes.events import EVENT_TYPES, ProcessEvents
from gvtui.query.processes.process import Evidence, Process, ProcessId
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.row import Direction, Kind
from gvtui.wire.header import build_message
from gvtui.wire.messages import KINDS, decode
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2
from tests.query.memory import MemoryTrace, make_row

if TYPE_CHECKING:
    from google.protobuf.message import Message

CLONE_SYSNO = 56
CLONE_PARENT, CLONE_THREAD = 0x8000, 0x10000
NONE, ENTER, EXIT = Direction.NONE, Direction.ENTER, Direction.EXIT


class KnownExecs:
    """What became of execs, by the rows of their exits."""

    def __init__(self) -> None:
        self.codes: dict[int, ExecCode] = {}

    def outcome(self, row: int) -> ExecOutcome | None:
        return {
            ExecCode.DONE: ExecOutcome.DONE,
            ExecCode.DONE_LATER: ExecOutcome.DONE,
            ExecCode.FAILED: ExecOutcome.FAILED,
        }.get(self.code(row))

    def code(self, row: int) -> ExecCode:
        return self.codes.get(row, ExecCode.NONE)

    def twin(self, row: int) -> int | None:
        return None


class Told:
    """A tree that is told of one message after the other."""

    def __init__(self) -> None:
        self.tree = ProcessTree()
        self.execs = KnownExecs()
        known: Any = self.execs
        self.events = ProcessEvents(
            self.tree, known, lambda _: "box", lambda _, name: name, CLONE_SYSNO
        )
        self.number = 0

    def take(self, message: Message, *, direction: Direction = NONE, **fields: int) -> int:
        """Tell of a message; gives its row."""
        kind = next(n for n, kind in KINDS.items() if kind.message_class is type(message))
        given: Any = message
        context = given.context_data
        row = make_row(
            type=kind,
            kind=Kind.MESSAGE,
            direction=direction,
            pid=context.thread_group_id,
            tid=context.thread_id,
            time_ns=1000 + self.number,
            **fields,
        )
        self.number += 1
        decoded = decode(build_message(kind, message.SerializeToString()))
        self.events.take(MemoryTrace([row]).row(0), self.number, decoded)
        return self.number

    def __getitem__(self, pid: int) -> Process:
        (found,) = [process for process in self.tree if process.pid == pid]
        return found


def context(pid: int, tid: int = 0, **fields: Any) -> common_pb2.ContextData:
    return common_pb2.ContextData(
        thread_group_id=pid, thread_id=tid or pid, thread_group_start_time_ns=pid, **fields
    )


def clone(pid: int, child: int, **fields: int) -> sentry_pb2.CloneInfo:
    created = {
        "created_thread_id": child,
        "created_thread_group_id": child,
        "created_thread_start_time_ns": child,
    }
    return sentry_pb2.CloneInfo(context_data=context(pid), **(created | fields))


@pytest.fixture
def told() -> Told:
    return Told()


def test_types_that_tell_of_processes_are_those_of_their_messages() -> None:
    names = {KINDS[number].name for number in EVENT_TYPES}
    assert names == {
        "Start", "CloneInfo", "ExecveInfo", "ExitNotifyParentInfo", "TaskExit",
        "Execve", "Clone", "Fork",
    }  # fmt: skip


def test_a_container_starts_with_its_first_process(told: Told) -> None:
    told.take(
        container_pb2.Start(context_data=context(1), id="box", args=["/bin/sh", "-c"], cwd="/w")
    )
    first = told[1]
    assert (first.source, first.is_start_told) == (Evidence.EVENT, True)
    assert (first.name, first.args, first.cwd) == ("sh", ["/bin/sh", "-c"], "/w")
    # Where the process id is not collected, there is a process all the same.
    told.take(container_pb2.Start(id="box", args=["/x"]))
    assert told[0].name == "x"


def test_a_clone_makes_a_child_that_is_as_its_parent_was(told: Told) -> None:
    told.take(container_pb2.Start(context_data=context(1), args=["sh"], cwd="/w"))
    before = told.tree.version
    told.take(clone(1, 2))
    child = told[2]
    assert child.parent is told[1]
    assert (child.name, child.args, child.cwd, child.start_ns) == ("sh", ["sh"], "/w", 2)
    assert child.is_start_told
    assert set(child.threads) == {2}
    assert told.tree.version > before


def test_a_clone_with_the_parents_parent_makes_a_sibling(told: Told) -> None:
    told.take(container_pb2.Start(context_data=context(1), args=["sh"]))
    told.take(clone(1, 2))
    told.take(clone(2, 3, flags=CLONE_PARENT))
    assert told[3].parent is told[1]


def test_a_clone_of_a_thread_is_no_process(told: Told) -> None:
    told.take(clone(1, 9, flags=CLONE_THREAD, created_thread_group_id=1))
    assert [process.pid for process in told.tree] == [1]
    assert 9 in told[1].threads
    # Without its process, and with ids that no process has, nothing is made of it.
    told.take(
        sentry_pb2.CloneInfo(created_thread_id=9, created_thread_group_id=8, flags=CLONE_THREAD)
    )
    told.take(clone(1, -5))
    assert [process.pid for process in told.tree] == [1]


@pytest.mark.parametrize(
    ("message", "result", "made"),
    [
        (syscall_pb2.Fork(context_data=context(1)), 5, True),
        (syscall_pb2.Fork(context_data=context(1)), 0, False),
        (syscall_pb2.Fork(context_data=context(1)), 1 << 22, False),
        (syscall_pb2.Clone(context_data=context(1)), 5, True),
        (syscall_pb2.Clone(context_data=context(1), flags=CLONE_THREAD), 5, False),
        (syscall_pb2.Syscall(context_data=context(1), sysno=CLONE_SYSNO), 5, True),
        (
            syscall_pb2.Syscall(context_data=context(1), sysno=CLONE_SYSNO, arg1=CLONE_THREAD),
            5,
            False,
        ),
    ],
)
def test_the_exit_of_a_fork_tells_of_a_child_where_no_event_does(
    told: Told, message: Message, result: int, made: bool
) -> None:
    told.take(message, direction=ENTER, result=result)
    assert len(told.tree) == 1
    told.take(message, direction=EXIT, result=result)
    assert [process.pid for process in told.tree] == [1, 5][: 1 + made]
    if made:
        assert told[5].source is Evidence.CONTEXT
        assert told[5].parent is told[1]
    # Once an event has told of a child, the number that a fork gives is no process id.
    told.take(clone(1, 90))
    told.take(message, direction=EXIT, result=91)
    assert 91 not in {process.pid for process in told.tree}


def test_an_exec_begins_a_program_and_ends_the_other_threads(told: Told) -> None:
    for tid in (1, 8, 9):
        told.take(clone(1, tid, created_thread_group_id=1, flags=CLONE_THREAD))
    told.take(
        sentry_pb2.ExecveInfo(context_data=context(1), binary_path="/bin/cat", argv=["cat", "x"])
    )
    one = told[1]
    (program,) = one.programs
    assert (program.path, program.args, program.is_told) == ("/bin/cat", ["cat", "x"], True)
    assert one.args == ["cat", "x"]
    assert {tid: thread.has_ended for tid, thread in one.threads.items()} == {
        1: False,
        8: True,
        9: True,
    }


def test_the_messages_of_one_exec_make_one_program(told: Told) -> None:
    """The old order: enter, `sentry/execve`, exit."""
    call = syscall_pb2.Execve(context_data=context(1), pathname="/bin/cat", argv=["cat"])
    told.take(call, direction=ENTER)
    assert [entry.outcome for entry in told[1].execs] == [ExecOutcome.ASKED]
    begun = told.take(
        sentry_pb2.ExecveInfo(context_data=context(1), binary_path="/bin/cat", argv=["cat"])
    )
    told.execs.codes[begun + 1] = ExecCode.DONE
    told.take(call, direction=EXIT)
    (entry,) = told[1].execs
    assert (entry.outcome, entry.row, entry.exit_row) == (ExecOutcome.DONE, begun, begun + 1)


def test_an_exec_that_failed_is_no_program(told: Told) -> None:
    call = syscall_pb2.Execve(context_data=context(1), pathname="/nope", argv=["nope"])
    told.take(call, direction=ENTER)
    told.execs.codes[2] = ExecCode.FAILED
    told.take(call, direction=EXIT, errno=2)
    (entry,) = told[1].execs
    assert (entry.outcome, entry.errno) == (ExecOutcome.FAILED, 2)
    assert told[1].programs == []
    # What is asked for next is another one.
    told.take(sentry_pb2.ExecveInfo(context_data=context(1), binary_path="/bin/cat", argv=["cat"]))
    assert [entry.args for entry in told[1].programs] == [["cat"]]


def test_what_became_of_an_exec_may_be_known_later(told: Told) -> None:
    call = syscall_pb2.Execve(context_data=context(1), pathname="/bin/cat", argv=["cat"])
    row = told.take(call, direction=EXIT)
    one = told[1]
    (entry,) = one.execs
    assert one.programs == []
    told.events.decided(one, entry, row + 5, ExecOutcome.DONE)
    assert one.programs == [entry]
    assert (entry.row, one.args) == (row + 5, ["cat"])
    # What an event has told of it is not doubted any more.
    entry.is_told = True
    told.events.decided(one, entry, row + 6, ExecOutcome.FAILED)
    assert one.programs == [entry]


def test_pipes_lead_to_the_processes_at_their_ends(told: Told) -> None:
    info = sentry_pb2.ExecveInfo(context_data=context(2), binary_path="/bin/cat")
    info.pipe_input_proc.context_data.CopyFrom(context(3))
    info.pipe_output_proc.context_data.CopyFrom(context(4, container_id="other"))
    told.take(info)
    assert told[2].pipe_from == ProcessId("box", 3, 3)
    assert told[2].pipe_to == ProcessId("other", 4, 4)


def test_a_process_ends_with_its_first_thread_and_the_parent_hears_its_status(told: Told) -> None:
    told.take(clone(1, 2))
    told.take(clone(2, 9, created_thread_group_id=2, flags=CLONE_THREAD))
    told.take(sentry_pb2.TaskExit(context_data=context(2, 9), exit_status=256))
    child = told[2]
    assert not child.has_ended
    assert child.threads[9].has_ended
    row = told.take(sentry_pb2.TaskExit(context_data=context(2), exit_status=256))
    assert (child.has_ended, child.end_row, child.exit_status) == (True, row, 256)
    ended = child.end_ns
    told.take(sentry_pb2.ExitNotifyParentInfo(context_data=context(2), exit_status=9))
    assert (child.end_ns, child.exit_status) == (ended, 9)


def test_a_thread_that_executes_a_program_goes_on_under_the_id_of_its_process(told: Told) -> None:
    told.take(clone(1, 2))
    told.take(clone(2, 9, created_thread_group_id=2, flags=CLONE_THREAD))
    told.take(sentry_pb2.ExecveInfo(context_data=context(2, 9), binary_path="/bin/cat"))
    assert told[2].is_taken_over
    told.take(sentry_pb2.TaskExit(context_data=context(2)))
    assert not told[2].has_ended
    assert not told[2].threads[2].has_ended
    told.take(sentry_pb2.TaskExit(context_data=context(2)))
    assert told[2].has_ended


@pytest.mark.parametrize(
    "message",
    [
        sentry_pb2.TaskExit(),
        sentry_pb2.ExecveInfo(binary_path="/x"),
        sentry_pb2.ExitNotifyParentInfo(),
        syscall_pb2.Execve(pathname="/x"),
        syscall_pb2.Fork(),
    ],
)
def test_messages_that_name_no_process_make_none(told: Told, message: Message) -> None:
    told.take(message, direction=EXIT, result=5)
    assert len(told.tree) == 0
