"""Renders a message on one line, as strace prints it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError, Message

from gvtui.decode import calls, events
from gvtui.decode.call import CallSide
from gvtui.decode.escape import escape, quoted, string_list
from gvtui.decode.outcome import NO_FAILURES, ExecOutcome, untold
from gvtui.decode.raw import raw_arguments, raw_result
from gvtui.decode.sockets import address, hex_bytes
from gvtui.points.names import event_type, point_name
from gvtui.wire.header import MIN_HEADER_SIZE, WireError, build_message
from gvtui.wire.messages import KINDS, Decoded, Unknown, decode
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from gvtui.wire.ports import right_ports
from gvtui.words import noun_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ARGUMENTS_LIMIT = 2000
"""How many characters of a call's arguments are shown on one line."""

CHANGE_LIMIT = 400
"""How many characters are shown of an argument's earlier value, if the program changed it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words, safe to show on a terminal."""

    name: str
    """The system call's name, or the trace point of another event: `openat`, `sentry/clone`."""
    arguments: str
    """The arguments, without parentheses: `AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC`."""
    result: str
    """`3</etc/passwd>`, `-1 ENOENT (No such file or directory)`; empty on enter and events."""
    failed: bool
    """Whether the call returned an error; an interrupted call, to be begun anew, did not."""


FORMS: dict[type[Message], tuple[calls.Arguments, calls.Result]] = {
    **calls.FORMS,
    syscall_pb2.Syscall: (raw_arguments, raw_result),
}
"""How each message of a system call shows its arguments, and its result where it succeeded."""


@functools.lru_cache(maxsize=4096)
def _name(message_type: int, sysno: int, architecture: str) -> str:
    return escape(event_type(point_name(message_type, sysno, "E", architecture), architecture))


def render(
    decoded: Decoded,
    *,
    architecture: str,
    enter: Decoded | None = None,
    outcome: ExecOutcome | None = None,
    limit: int = ARGUMENTS_LIMIT,
    shows_digests: bool = False,
) -> Rendered:
    """Put a message into words; never raises.

    Args:
        decoded: The message.
        architecture: Of the sandbox; one of `gvtui.points.syscalls.ARCHITECTURES`.
        enter: The enter that belongs to an exit, if it is known. It supplies the path of a closed
            descriptor, and tells whether the program's memory changed during the call; of a decoded
            point where the exit is of a raw one, it gives the arguments.
        outcome: What other rows tell about an exec's exit; None where the exit tells it itself.
        limit: Characters of the arguments; `…` ends them where some had to go.
        shows_digests: Whether a program that started is shown with its digests.
    """
    message: Any = decoded.message
    message_type = decoded.header.message_type
    if isinstance(message, Unknown):
        return Rendered(_name(message_type, 0, architecture), _unknown(message, limit), "", False)
    forms = FORMS.get(type(message))
    if forms is None:
        message = right_ports(decoded)
        text = events.FORMS[type(message)](message)
        if shows_digests and isinstance(message, sentry_pb2.ExecveInfo):
            # Before the rest, of which the screen may show only a part.
            text = ", ".join(filter(None, (events.digests(message), text)))
        return Rendered(_name(message_type, 0, architecture), _cut(text, limit), "", False)
    call = call_of(decoded, architecture, enter)
    arguments = _cut(", ".join(arguments_of(call, enter)), limit)
    if call.enter is not None:
        notes = changes(message, call.enter)
        arguments += "".join(f" ⚠ {note}" for note in notes)
    errno = call.errno
    if (words := untold(outcome)) and not errno and call.is_exit:
        return Rendered(call.name, arguments, words, outcome is ExecOutcome.FAILED)
    failed = errno not in NO_FAILURES
    return Rendered(call.name, arguments, calls.result(call, forms[1]), failed)


def arguments_text(decoded: Decoded, *, architecture: str, limit: int = ARGUMENTS_LIMIT) -> str:
    """The `arguments` that `render` gives, in less time."""
    message: Any = decoded.message
    forms = FORMS.get(type(message))
    if forms is None:
        return render(decoded, architecture=architecture, limit=limit).arguments
    return _cut(", ".join(forms[0](call_of(decoded, architecture))), limit)


def sent_arguments(datagrams: Sequence[bytes], architecture: str, limit: int) -> list[str | None]:
    """The arguments of the message of each datagram, as `arguments_text` gives them, in the least
    time; None for one that is no message."""
    found: list[str | None] = []
    # What shows arguments keeps nothing of the call, so one stands for each of them in turn.
    call = CallSide("", architecture, None)
    for datagram in datagrams:
        known = _CALLS.get(datagram[:_TYPE_END])
        try:
            if known is None or len(datagram) < MIN_HEADER_SIZE:
                text = arguments_text(decode(datagram), architecture=architecture, limit=limit)
            else:
                parse, message_type, arguments = known
                call.message = message = parse(datagram[MIN_HEADER_SIZE:])
                call.name = _name(message_type, message.sysno, architecture)
                text = ", ".join(arguments(call))
                if len(text) > limit:
                    text = _cut(text, limit)
        except (WireError, DecodeError):
            found.append(None)
        else:
            found.append(text)
    return found


_TYPE_END = 4
"""Where the header's size and the message's type end."""
_CALLS: dict[bytes, tuple[Callable[[bytes], Any], int, calls.Arguments]] = {
    build_message(number, b"")[:_TYPE_END]: (
        kind.message_class.FromString,
        number,
        FORMS[kind.message_class][0],
    )
    for number, kind in KINDS.items()
    if kind.is_syscall
}
"""What reads a system call and what shows its arguments, by how its datagrams begin."""


def arguments_of(call: CallSide, enter: Decoded | None) -> list[str]:
    """The arguments of a call, as a decoded enter gives them where the exit is of a raw point."""
    is_raw = isinstance(call.message, syscall_pb2.Syscall)
    if is_raw and enter is not None and type(enter.message) is not syscall_pb2.Syscall:
        call = call_of(enter, call.architecture)
    return FORMS[type(call.message)][0](call)


def call_of(decoded: Decoded, architecture: str, enter: Decoded | None = None) -> CallSide:
    """The call that a message of a system call stands for, to be rendered."""
    call = _side(decoded.message, decoded.header.message_type, architecture)
    if enter is not None and call.is_exit and type(enter.message) is type(call.message):
        call.enter = enter.message
    return call


def _side(message: Any, message_type: int, architecture: str) -> CallSide:  # noqa: ANN401
    return CallSide(_name(message_type, message.sysno, architecture), architecture, message)


def result_of(decoded: Decoded, architecture: str) -> str:
    """The result of a system call's exit in words; empty for an enter."""
    call = call_of(decoded, architecture)
    return calls.result(call, FORMS[type(call.message)][1])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _unknown(message: Unknown, limit: int) -> str:
    size = len(message.payload)
    text = f"{size} {noun_for(size, 'byte')}"
    return _cut(f"{text} {hex_bytes(message.payload)}" if size else text, limit)


_READ_TWICE: dict[type[Message], tuple[tuple[str, str, Callable[[Any], str]], ...]] = {
    syscall_pb2.Open: (("pathname", "path", quoted),),
    syscall_pb2.Chdir: (("pathname", "path", quoted),),
    syscall_pb2.Chroot: (("pathname", "path", quoted),),
    syscall_pb2.InotifyAddWatch: (("pathname", "path", quoted),),
    syscall_pb2.Execve: (("pathname", "path", quoted), ("argv", "argv", string_list)),
    syscall_pb2.Connect: (("address", "address", address),),
    syscall_pb2.Bind: (("address", "address", address),),
}
"""The fields that the sandbox reads from the program's memory on enter, and again on exit."""


def changes(message: Message, before: Message) -> list[str]:
    """A note for each argument that the program changed in memory while the call ran.

    Args:
        message: of the exit.
        before: of the enter; of the same type.
    """
    notes = []
    for field, label, form in _READ_TWICE.get(type(message), ()):
        earlier = getattr(before, field)
        if earlier == getattr(message, field):
            continue
        shown = form(earlier)
        # Bytes after the end of an address may change while the address stays the same.
        if shown != form(getattr(message, field)) or field != "address":
            notes.append(f"{label} changed: {_cut(shown, CHANGE_LIMIT)} at enter")
    return notes
