"""Traces in which sandboxes say that they are each other's container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, sentry_pb2
from tests.trace.recorder import START_NS, open_message

VICTIM, EVIL = 1, 2
DROPPED = 20


def opened_by(pid: int, *command: str, program: str = "runsc", uid: int = 0) -> dict[str, Any]:
    """What the monitor notes of a peer whose command line is this one."""
    details = {
        "peer_pid": pid,
        "peer_uid": uid,
        "peer_start": 1000 + pid,
        "is_trusted": uid == 0,
        "command": list(command),
        "exe": {"path": f"/usr/bin/{program}", "dev": 1, "ino": len(program)},
    }
    return details | ({"container_id": command[-1]} if len(command) > 2 else {})


def _about(container: str, name: str, pid: int = 1) -> common_pb2.ContextData:
    return common_pb2.ContextData(
        time_ns=START_NS,
        thread_id=pid,
        thread_group_id=pid,
        container_id=container,
        process_name=name,
    )


def execve(container: str, *argv: str, pid: int = 1, dropped: int = 0) -> bytes:
    message = sentry_pb2.ExecveInfo(
        context_data=_about(container, argv[0], pid), binary_path=f"/tmp/{argv[0]}", argv=argv
    )
    return build_message(3, message.SerializeToString(), dropped)


def task_exit(container: str, name: str, status: int, *, dropped: int = 0) -> bytes:
    message = sentry_pb2.TaskExit(context_data=_about(container, name), exit_status=status)
    return build_message(5, message.SerializeToString(), dropped)


def write_rivals(
    path: Path, imposter: dict[str, Any] | None = None, victim: dict[str, Any] | None = None
) -> TraceWriter:
    """nginx runs in `web`; another sandbox, `evil`, sends that it is `web` too, where nginx becomes
    a miner and ends, and that points were dropped there."""
    writer = TraceWriter(path)
    web = victim or opened_by(10, "runsc", "run", "web")
    writer.opened(VICTIM, START_NS, web)
    for number in range(3):
        writer.message(
            VICTIM, START_NS, open_message(f"/real{number}", process="nginx", container="web")
        )
    writer.opened(EVIL, START_NS, imposter or opened_by(11, "runsc", "run", "evil"))
    for data in (
        open_message("/own", process="sh", container="evil", pid=9),
        open_message("/x", process="nginx", container="web", dropped=DROPPED),
        execve("web", "miner", "--evil", dropped=DROPPED),
        task_exit("web", "miner", 9, dropped=DROPPED),
    ):
        writer.message(EVIL, START_NS, data)
    return writer
