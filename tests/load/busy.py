"""A container that makes system calls without end, whose number is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gvtui.agent.runsc import Runsc
from gvtui.agent.scratch import scratch_folder
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.session import Point, Session
from gvtui.points.tuning import LOSSLESS, Tuning, remote_sink
from gvtui.trace.reader import Trace
from tests.benchmarks.workload import CONTEXT
from tests.e2e.containers import Container, RunscBinary, start_container, wait_until
from tests.e2e.recorded import recording

CALLS = ("read", "write", "openat", "close")
CALLS_OF_ONE = 4
"""Messages that one byte more to copy makes: of a read and of a write, each enter and exit."""

SCRIPT = r"""
trap 'stop=1' TERM
stop= round=0
until [ -n "$stop" ] || [ "$round" = "$ROUNDS" ]; do
  round=$((round+1))
  dd if=/dev/zero of=/dev/null bs=1 count=$COUNT 2>/dev/null
  for name in a b c d e f g h; do cat "/tmp/absent-$round-$name" 2>/dev/null; done
  echo round
done
exec sleep 1000000
"""
"""Copies byte by byte, starts processes and asks for files with ever new names, round after round,
until it gets SIGTERM or has made so many; tells each round. Then it is quiet."""


def busy_session(endpoint: Path, tuning: Tuning) -> Session:
    """The calls of the workload, and the processes that come and go."""
    calls = [
        Point(f"syscall/{name}/{side}", (), tuple(CONTEXT))
        for name in CALLS
        for side in ("enter", "exit")
    ]
    events = ("sentry/clone", "sentry/execve", "sentry/exit_notify_parent", "sentry/task_exit")
    # Newer releases know no working directory for the end of a process.
    context = tuple(name for name in CONTEXT if name != "cwd")
    points = [Point("container/start"), *(Point(name, (), context) for name in events)]
    return Session((*points, *calls), (remote_sink(str(endpoint), tuning),))


class Busy:
    """The container, running. Its rounds go on until `finish`."""

    def __init__(self, container: Container, binary: RunscBinary) -> None:
        self._container = container
        self._binary = binary

    @property
    def rounds(self) -> int:
        """How many rounds it has made."""
        folder, name = self._container.bundle.parent, self._container.id
        return (folder / f"{name}.out").read_bytes().count(b"round\n")

    def finish(self) -> None:
        """Have it end its round, and then be quiet."""
        self._container.runsc("kill", self._container.id, "TERM")

    @property
    def is_quiet(self) -> bool:
        """Whether it sleeps."""
        listed = self._container.runsc("ps", self._container.id).stdout
        return "sleep" in listed

    @property
    def dropped(self) -> int:
        """What its sandbox says that it has dropped."""
        (session,) = Runsc(self._binary.path).list_sessions(
            self._container.root, self._container.id
        )
        return sum(sink.dropped for sink in session.sinks)


@contextmanager
def busy_container(
    binary: RunscBinary, endpoint: Path, tuning: Tuning, count: int, rounds: int = -1
) -> Iterator[Busy]:
    """The container, from its start; it goes with all that it leaves behind.

    Args:
        binary: the runsc.
        endpoint: the socket that it sends to.
        tuning: what it does where that is not read fast enough.
        count: bytes that each round copies.
        rounds: after how many it ends by itself; -1 for never.
    """
    with scratch_folder("gv") as folder:
        pod_init = folder / "pod-init.json"
        save_document(pod_init, pod_init_document(busy_session(endpoint, tuning)))
        script = f"COUNT={count} ROUNDS={rounds}\n{SCRIPT}"
        flags = [f"--pod-init-config={pod_init}"]
        container = start_container(binary, folder, ["/bin/sh", "-c", script], flags=flags)
        try:
            yield Busy(container, binary)
        finally:
            container.stop()


@dataclass(frozen=True, slots=True)
class Known:
    """How many messages the workload makes."""

    beside: int
    """Before the first round and behind the last one."""
    each: int
    """In each round."""

    def messages(self, rounds: int) -> int:
        """In so many rounds."""
        return self.beside + rounds * self.each


SMALL = 500


def count_messages(binary: RunscBinary, count: int) -> Known:
    """Find out how many messages there are of one round and of two, and reckon from there.

    Args:
        binary: the runsc.
        count: bytes that each round will copy.
    """
    once, twice = (_messages_of(binary, rounds) for rounds in (1, 2))
    each = twice - once
    return Known(once - each, each + CALLS_OF_ONE * (count - SMALL))


def _messages_of(binary: RunscBinary, rounds: int) -> int:
    with (
        scratch_folder("gv") as folder,
        recording(folder) as one,
        busy_container(binary, one.socket, LOSSLESS, SMALL, rounds),
    ):
        trace = Trace.open(one.path)

        def is_asked() -> bool:
            trace.refresh()
            known = trace.connections.values()
            # It was quiet for a while, and has told what it dropped.
            return bool(known) and known[0].asked_row > known[0].last_message > 0

        try:
            assert wait_until(is_asked), one.said
            assert not trace.connections.dropped
            return trace.connections.messages
        finally:
            trace.close()
