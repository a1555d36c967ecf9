"""Renders messages that are no system calls: container start, clone, exec, exit, mapped files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import quoted, string_list
from gvtui.decode.file_flags import file_mode
from gvtui.decode.origin import ANONYMOUS, Origin, mapping_origin, program_origin
from gvtui.decode.signals import wait_status
from gvtui.decode.stdio import shell_on_a_socket, stdio_of
from gvtui.decode.task_flags import clone_flags
from gvtui.wire.pb import container_pb2, sentry_pb2
from gvtui.words import noun_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.message import Message


NOTICE_SIGN = "◀"
"""Before what one should look at."""


def _variables(env: Sequence[str]) -> list[str]:
    count = len(env)
    return [f"[/* {count} {noun_for(count, 'var')} */]"] if count else []


def _start(message: container_pb2.Start) -> str:
    shown = [quoted(message.id), string_list(message.args), *_variables(message.env)]
    if message.cwd:
        shown.append(f"cwd={quoted(message.cwd)}")
    if message.terminal:
        shown.append("terminal")
    return ", ".join(shown)


def _clone(message: sentry_pb2.CloneInfo) -> str:
    thread, group = message.created_thread_id, message.created_thread_group_id
    whose = f" thread of {group}" if group and group != thread else ""
    return f"→ {thread}{whose} ({clone_flags(message.flags)})"


def _execve(message: sentry_pb2.ExecveInfo) -> str:
    words, origin = shell_on_a_socket(message), program_origin(message)
    # First, for the end of a long line is not on the screen.
    shown = [f"{NOTICE_SIGN} {words}"] if words else []
    shown += [_file(message.binary_path, origin), string_list(message.argv)]
    if not origin.is_looked_at and origin.shown:
        shown.append(origin.shown)
    shown += _stdio(message)
    shown += _variables(message.env)
    if message.execfn and message.execfn != message.binary_path:
        shown.append(f"execfn={quoted(message.execfn)}")
    if message.binary_mode:
        owner = f"{message.binary_uid}:{message.binary_gid}"
        shown.append(f"{file_mode(message.binary_mode)} {owner}")
    return ", ".join(shown)


def _file(path: str, origin: Origin) -> str:
    """The path of a program or of mapped code; before it where it came from, if one should look."""
    return f"{origin.shown} {quoted(path)}" if origin.is_looked_at else quoted(path)


def _stdio(message: sentry_pb2.ExecveInfo) -> Iterator[str]:
    for name, label in (("stdin", "in"), ("stdout", "out"), ("stderr", "err")):
        if message.HasField(name):
            yield f"{label}={stdio_of(getattr(message, name)).words}"


def digests(message: sentry_pb2.ExecveInfo) -> str:
    """The digests of a program's file for its line; "" if none were asked for."""
    told = (("sha256", message.binary_sha256[:32]), ("sha1", message.binary_sha1[:20]))
    return ", ".join(f"{name}={digest.hex()}" for name, digest in told if digest)


def _exit(message: sentry_pb2.TaskExit | sentry_pb2.ExitNotifyParentInfo) -> str:
    return wait_status(message.exit_status)


def _mmap(message: sentry_pb2.MmapInfo) -> str:
    origin = mapping_origin(message)
    is_anonymous = origin is Origin.MEMORY and not message.mapped_path
    shown = [ANONYMOUS if is_anonymous else _file(message.mapped_path, origin)]
    if not origin.is_looked_at and origin.shown:
        shown.append(origin.shown)
    if message.mapped_mode:
        owner = f"{message.mapped_uid}:{message.mapped_gid}"
        shown.append(f"{file_mode(message.mapped_mode)} {owner}")
    if message.is_initial_mmap:
        shown.append("initial")
    return ", ".join(shown)


FORMS: dict[type[Message], Callable[[Any], str]] = {
    container_pb2.Start: _start,
    sentry_pb2.CloneInfo: _clone,
    sentry_pb2.ExecveInfo: _execve,
    sentry_pb2.ExitNotifyParentInfo: _exit,
    sentry_pb2.TaskExit: _exit,
    sentry_pb2.MmapInfo: _mmap,
}
"""The function that renders each message type on one line."""
