"""Puts messages into lines as strace writes them, so that programs that read strace's output read
them too.

Where strace shows what the sandbox does not send, the line has the nearest form that such programs
accept: an environment stands as `0x0 /* 3 vars */`, since its address is not sent, and as
`0x0 /* 0 vars */` where its variables are not sent either.

Source of the forms: the output of strace 6.1, and what strace-process-tree 1.5 accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gvtui.decode import calls
from gvtui.decode.call import NOT_KNOWN
from gvtui.decode.escape import quoted, string_list
from gvtui.decode.outcome import ExecOutcome, untold
from gvtui.decode.render import FORMS, call_of, changes, render
from gvtui.decode.signals import wait_status
from gvtui.decode.task_flags import clone_flags
from gvtui.wire.messages import RAW_SYSCALL, Decoded, Unknown
from gvtui.wire.pb import container_pb2, sentry_pb2, syscall_pb2
from gvtui.words import noun_for

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CHARACTERS = 1 << 18
"""Characters of a line's arguments. Each string and each list is cut before, where programs that
read the line expect it; this bounds a list of many long ones."""

_ENDED = ("exited", "killed")

SPAWNING = frozenset({"clone", "clone3", "fork", "vfork"})
"""Calls whose result is the id of the child."""
EXECUTING = frozenset({"execve", "execveat"})
NEVER = "?"
"""The result of a call that does not return; its line is written where it begins."""
_NEVER_RETURNING = frozenset({"exit", "exit_group"})
_FILLING_IN = frozenset(
    "accept accept4 clone pipe pipe2 prlimit64 socketpair timerfd_gettime timerfd_settime".split()
)
"""Calls of which the exit has arguments that the enter lacks."""


@dataclass(frozen=True, slots=True)
class CallLine:
    """A side of a system call, in the pieces that its lines are made of."""

    name: str
    arguments: list[str]
    result: str
    """Empty on enter."""
    notes: list[str]
    """What the program changed in its memory while the call ran, in words."""

    @property
    def whole(self) -> str:
        """The call on one line; `<unfinished ...>` ends it if it has no result."""
        arguments = ", ".join(self.arguments)[:_MOST_CHARACTERS]
        if self.result:
            return f"{self.name}({arguments}) = {self.result}"
        if self.name in _NEVER_RETURNING:
            return f"{self.name}({arguments}) = {NEVER}"
        return f"{self.name}({arguments} <unfinished ...>"

    @property
    def told(self) -> int:
        """How many arguments the line of the enter has: those that are known by then."""
        if self.name == "clone3":
            return 0
        places = range(len(self.arguments)) if self.name in _FILLING_IN else ()
        known = (place for place in places if self.arguments[place].endswith(NOT_KNOWN))
        return next(known, len(self.arguments))

    @property
    def begun(self) -> str:
        """The line of an enter whose exit has a line of its own."""
        if self.name in _NEVER_RETURNING:
            return self.whole
        told = self.told
        comma = ", " if 0 < told < len(self.arguments) else ""
        arguments = ", ".join(self.arguments[:told])[:_MOST_CHARACTERS]
        return f"{self.name}({arguments}{comma} <unfinished ...>"

    def resumed(self, told: int) -> str:
        """The line of an exit whose enter has a line of its own.

        Args:
            told: how many arguments that line has.
        """
        arguments = ", ".join(self.arguments[told:])[:_MOST_CHARACTERS]
        return f"<... {self.name} resumed>{arguments}) = {self.result}"


def call_line(
    decoded: Decoded,
    *,
    architecture: str,
    enter: Decoded | None = None,
    outcome: ExecOutcome | None = None,
) -> CallLine:
    """The pieces of a system call's line.

    Args:
        decoded: The message; one of a system call.
        architecture: Of the sandbox; one of `gvtui.points.syscalls.ARCHITECTURES`.
        enter: The enter that belongs to an exit, if it is known; of a decoded point where the exit
            is of a raw one, it gives the arguments.
        outcome: What other rows tell about an exec's exit; None where the exit tells it itself.
    """
    call = call_of(decoded, architecture, enter)
    arguments, result = FORMS[type(call.message)]
    shown = arguments(call)
    is_raw = decoded.header.message_type == RAW_SYSCALL
    if is_raw and enter is not None and enter.header.message_type != RAW_SYSCALL:
        before = call_of(enter, architecture)
        shown = _with_environment(
            before.name, FORMS[type(before.message)][0](before), before.message
        )
    else:
        shown = _with_environment(call.name, shown, call.message)
    notes = changes(call.message, call.enter) if call.enter is not None else []
    words = untold(outcome) if call.is_exit and not call.errno else ""
    return CallLine(call.name, shown, words or calls.result(call, result), notes)


def _with_environment(name: str, arguments: list[str], message: Any) -> list[str]:  # noqa: ANN401
    """The arguments of a call; those of an exec in the form that readers of strace's lines accept."""
    # A sandbox may send any number of a call with any message.
    if name not in EXECUTING or not isinstance(message, syscall_pb2.Syscall | syscall_pb2.Execve):
        return arguments
    place = 2 if name == "execve" else 3
    shown = list(arguments)
    if isinstance(message, syscall_pb2.Syscall):
        shown[place - 1 : place + 1] = ["[...]", f"{shown[place]} /* 0 vars */"]
        if shown[place].startswith("NULL"):
            shown[place] = "0x0 /* 0 vars */"
    else:
        shown[place] = _environment(message.envv)
    return shown


def _environment(variables: Sequence[str]) -> str:
    count = len(variables)
    return f"0x0 /* {count} {noun_for(count, 'var')} */"


def event_line(decoded: Decoded, *, architecture: str) -> str:
    """The line of a message that is no system call.

    `+++ exited with 3 +++` and `+++ killed by SIGKILL +++` for the end of a task; for others
    `--- sentry/clone → 111 (SIGCHLD) ---`, which strace has not.
    """
    message = decoded.message
    if isinstance(message, sentry_pb2.TaskExit):
        words = wait_status(message.exit_status)
        how, _, rest = words.partition(" ")
        if how in _ENDED:
            return f"+++ exited with {rest} +++" if how == "exited" else f"+++ {words} +++"
    shown = render(decoded, architecture=architecture)
    return f"--- {shown.name} {shown.arguments} ---"


def told_by_event(decoded: Decoded) -> str:
    """The call that an event tells of, for where no point of the call itself is on; "" for none.

    A container's start is the exec of its first program, whose path is the first word as far as is
    known.
    """
    message = decoded.message
    if isinstance(message, sentry_pb2.CloneInfo):
        flags = clone_flags(message.flags)
        return f"clone(child_stack={NOT_KNOWN}, flags={flags}) = {message.created_thread_id}"
    arguments = program_arguments(decoded)
    return f"execve({', '.join(arguments)}) = 0" if arguments else ""


def with_flags(line: CallLine, flags: int) -> CallLine:
    """The line of a clone3, whose arguments lie in memory that is not sent, with its flags."""
    if line.name != "clone3" or len(line.arguments) != 2:
        return line
    arguments = [f"{{flags={clone_flags(flags)}, {NOT_KNOWN}}}", line.arguments[1]]
    return replace(line, arguments=arguments)


def program_arguments(decoded: Decoded) -> list[str]:
    """The arguments of the exec that an event tells of; none for other events."""
    message = decoded.message
    if isinstance(message, sentry_pb2.ExecveInfo):
        path, words, variables = message.binary_path, message.argv, message.env
    elif isinstance(message, container_pb2.Start) and message.args:
        path, words, variables = message.args[0], message.args, message.env
    else:
        return []
    return [quoted(path), string_list(words), _environment(variables)]


def strace_line(
    decoded: Decoded,
    *,
    architecture: str,
    enter: Decoded | None = None,
    outcome: ExecOutcome | None = None,
) -> str:
    """The whole line of a message; never raises.

    `close(3</etc/passwd>) = 0` for an exit, `close(3</etc/passwd> <unfinished ...>` for an enter;
    for others as `event_line` gives it. Arguments as for `call_line`.
    """
    message = decoded.message
    if isinstance(message, Unknown) or type(message) not in FORMS:
        return event_line(decoded, architecture=architecture)
    return call_line(decoded, architecture=architecture, enter=enter, outcome=outcome).whole
