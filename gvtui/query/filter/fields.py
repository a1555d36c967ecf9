"""The table of the filter language's fields; parser, compiler, completion and help read it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gvtui.points.names import event_type, point_name
from gvtui.query.filter.batch import (
    DESCRIPTOR,
    DROPPED,
    ERRNO,
    FAILED,
    LATENCY,
    NUMBER,
    PARENT,
    RESTARTED,
    RESULT,
    TIME,
    NumberColumn,
    of_context,
)
from gvtui.query.filter.messages import (
    ArgumentsCondition,
    CwdCondition,
    argument_forms,
    argument_names,
    context_forms,
    context_names,
    path_of,
    process_of,
)
from gvtui.query.filter.naming import NamesCondition
from gvtui.query.filter.opens import CREATES, READS, WRITES
from gvtui.query.filter.operators import OPERATORS, ValueKind
from gvtui.query.filter.texts import TextColumn
from gvtui.trace.containers import container_in
from gvtui.trace.row import NO_UID, Direction, Kind
from gvtui.wire.messages import direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gvtui.query.filter.conditions import Condition
    from gvtui.query.filter.messages import Forms
    from gvtui.query.source import RowSource
    from gvtui.wire.messages import Decoded


@dataclass(frozen=True, slots=True)
class Field:
    """A field to filter by: its name, its meaning, and where its values come from."""

    name: str
    kind: ValueKind
    description: str
    example: str
    column: NumberColumn | TextColumn | None = None
    """The column of the rows that has the values, or that is derived from them."""
    condition: Callable[[Callable[[str], bool]], Condition] | None = None
    """Makes the condition for a text that is in no column, from the test of a text."""
    of_context: bool = False
    """Whether the filter's context has its texts, under its name. For rows of which the context
    knows nothing those of the column are taken, if there is one."""
    other_column: NumberColumn | None = None
    """A second number of the row, of which one must pass."""
    is_net: bool = False
    """Whether its texts are addresses, and values networks such as 10.0.0.0/8."""
    is_list: bool = False
    """Whether it has several values, of which a number in brackets chooses one."""
    forms: Forms | None = None
    """Finds the argument in a message."""
    arguments: Callable[[], list[str]] | None = None
    """The known names that may follow, as in `evt.arg.NAME`."""
    argument_note: str = ""
    """A description of these names, in a few words."""
    needs: tuple[str, ...] = ()
    """The context fields that the session must collect for it, by their names in sessions."""
    choices: Mapping[str, int] = field(default_factory=dict)
    """The allowed values, if there are few, each with its number in the column."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other words for the choices, which the description mentions."""
    seen: Callable[[RowSource], Iterable[str]] | None = None
    """Finds the values that a trace has, of a field that is no column."""
    path: str = ""
    """The path of the message field with the same value; "" if there is none."""

    @property
    def takes_argument(self) -> bool:
        """Whether a name follows, as in `evt.arg.NAME`."""
        return self.forms is not None

    def spelled(self, argument: str) -> str:
        """Its name with an argument as a filter has it."""
        return f"{self.name}{'' if argument[:1] in ('', '[') else '.'}{argument}"

    @property
    def label(self) -> str:
        """The name as the help writes it."""
        if self.is_list:
            return f"{self.name}[N]"
        return f"{self.name}.NAME" if self.takes_argument else self.name

    def operators(self) -> list[str]:
        """The operators that can be used with it."""
        return [operator.name for operator in OPERATORS if self.kind in operator.kinds]

    def choice(self, text: str) -> int | None:
        """The number of a choice, given in upper or lower case; None if it is not a choice."""
        folded = self.aliases.get(text, text).lower()
        return next((n for name, n in self.choices.items() if name.lower() == folded), None)


def _lost_point(decoded: Decoded, trace: RowSource) -> str:
    message: Any = decoded.message
    side = direction(decoded.kind, message) if decoded.kind is not None else None
    number = getattr(message, "sysno", 0)
    return point_name(decoded.header.message_type, number, side, trace.architecture)


_POINT = TextColumn("point", _lost_point)

PROCESS, PID, NAME, DIRECTION = "proc.id", "proc.pid", "proc.name", "evt.dir"
CONTAINER, CONNECTION, THREAD, ROW = "container.id", "conn.num", "thread.tid", "evt.num"
CONTAINER_NAME = "container.name"
"""Fields that commands and panes use in filters."""


def _name_field(name: str, attribute: str, description: str, example: str) -> Field:
    value = attrgetter(attribute)

    def seen(trace: RowSource) -> Iterator[str]:
        return map(value, trace.connections.naming.all())

    condition = partial(NamesCondition, value)
    return Field(name, ValueKind.TEXT, description, example, condition=condition, seen=seen)


NAME_FIELDS = (
    _name_field(
        CONTAINER_NAME,
        "name",
        "what Docker, podman, containerd or Kubernetes calls the container; in a pod, its name there",
        "container.name = web-frontend",
    ),
    _name_field(
        "container.image",
        "image",
        "the image of the container",
        "container.image startswith shop/",
    ),
    _name_field(
        "k8s.pod.name",
        "pod",
        "name of the container's Kubernetes pod",
        "k8s.pod.name glob cart-*",
    ),
    _name_field(
        "k8s.ns.name",
        "namespace",
        "Kubernetes namespace of the container's pod",
        "k8s.ns.name = shop",
    ),
)
"""The fields that ask what operators call a row's container."""

_TRUTH = {"true": 1, "false": 0}


def _process_field(name: str, description: str, example: str, *, is_list: bool = False) -> Field:
    return Field(
        f"proc.{name}",
        ValueKind.TEXT,
        description,
        f"proc.{example}",
        of_context=True,
        is_list=is_list,
        needs=("group_id",),
    )


def _fd_field(name: str, description: str, example: str, *, is_net: bool = False) -> Field:
    return Field(
        f"fd.{name}",
        ValueKind.TEXT,
        description,
        f"fd.{example}",
        of_context=True,
        is_net=is_net,
        needs=("group_id",),
    )


def _port_field(name: str, whose: str, example: str) -> Field:
    return Field(
        f"fd.{name}",
        ValueKind.NUMBER,
        f"port of the socket's {whose}",
        f"fd.{example}",
        of_context(f"fd.{name}"),
        needs=("group_id",),
    )


def _open_field(name: str, column: NumberColumn, description: str) -> Field:
    return Field(
        f"evt.is_open_{name}",
        ValueKind.CHOICE,
        f"whether a call that opens a file {description}",
        f"evt.is_open_{name} = true",
        column,
        choices=_TRUTH,
    )


FIELDS: tuple[Field, ...] = (
    Field(ROW, ValueKind.NUMBER, "number of the row in the trace", "evt.num > 1000", NUMBER),
    Field(
        "evt.time",
        ValueKind.TIME,
        "when it happened: by the sandbox's clock, else when it was received; a time of day, a "
        "date and time, or nanoseconds since 1970",
        "evt.time >= 14:05",
        TIME,
        needs=("time",),
        path="context_data.time_ns",
    ),
    Field(
        "evt.type",
        ValueKind.EVENT,
        "system call or event, whether its point is raw or decoded",
        "evt.type in (openat, execve)",
        _POINT._replace(meaning=lambda point, trace: event_type(point, trace.architecture)),
    ),
    Field(
        DIRECTION,
        ValueKind.CHOICE,
        "E (or >) if a system call enters, X (or <) if it exits",
        "evt.dir = X",
        NumberColumn("direction", Direction.NONE),
        choices={"E": Direction.ENTER, "X": Direction.EXIT},
        aliases={">": "E", "<": "X"},
    ),
    Field(
        "evt.res",
        ValueKind.RESULT,
        "result of a call, on exits only; for a failed call, its negative error number",
        "evt.res = ENOENT",
        RESULT,
    ),
    Field(
        "evt.failed",
        ValueKind.CHOICE,
        "whether the call failed, if that is known; on exits only; a call that a signal "
        "interrupted has not failed, see evt.restarted",
        "evt.failed = true",
        FAILED,
        choices=_TRUTH,
    ),
    Field(
        "evt.restarted",
        ValueKind.CHOICE,
        "whether a signal interrupted the call, which is begun anew or fails with EINTR after all "
        "(ERESTARTSYS and its kin); on exits only",
        "evt.restarted = true",
        RESTARTED,
        choices=_TRUTH,
    ),
    Field(
        "evt.rawres",
        ValueKind.NUMBER,
        "the same as evt.res, as a number",
        "evt.rawres >= 0",
        RESULT,
    ),
    _open_field("read", READS, "does so to read it"),
    _open_field("write", WRITES, "does so to write it"),
    _open_field("create", CREATES, "creates it unless it exists (O_CREAT)"),
    Field(
        "evt.errno",
        ValueKind.RESULT,
        "error number of a call, on exits only; 0 if it did not fail; missing if not sent",
        "evt.errno in (EACCES, EPERM)",
        ERRNO,
    ),
    Field(
        "evt.latency",
        ValueKind.DURATION,
        "how long the call took, on exits only, if its enter is in the trace too",
        "evt.latency > 10ms",
        LATENCY,
        needs=("time", "thread_id"),
    ),
    Field(
        "evt.args",
        ValueKind.TEXT,
        "the arguments as the list shows them",
        "evt.args contains CREAT",
        condition=ArgumentsCondition,
    ),
    Field(
        "evt.arg",
        ValueKind.ANY,
        "one argument, by its name in the message: pathname, flags, argv, ...; compared as a "
        "number, as a text, and as the list shows it",
        "evt.arg.flags contains O_CREAT",
        forms=argument_forms,
        arguments=argument_names,
        argument_note="an argument",
    ),
    Field(
        "context",
        ValueKind.ANY,
        "any other field of the context, by its name in the message: cwd, is_exec_session, "
        "credentials.effective_uid, ...; one without a dot that is 0 or empty counts as missing",
        "context.cwd startswith /home",
        forms=context_forms,
        arguments=context_names,
        argument_note="of the context",
    ),
    Field(
        "evt.kind",
        ValueKind.CHOICE,
        "kind of row",
        "evt.kind = drop",
        NumberColumn("kind"),
        choices={kind.name.lower(): kind for kind in Kind},
    ),
    Field(
        "evt.dropped",
        ValueKind.NUMBER,
        "on a drop row, how many points the sandbox dropped",
        "evt.dropped > 100",
        DROPPED,
    ),
    Field(
        PROCESS,
        ValueKind.PROCESS,
        "one process: its container, a slash, its process id, @ and its start time, since ids are "
        "reused; container and start may be left out",
        "proc.id = web/110@2026-08-21T14:05:09.25Z",
        NumberColumn("pid", 0),
        needs=("group_id",),
    ),
    Field(
        PID,
        ValueKind.NUMBER,
        "process id inside the sandbox",
        "proc.pid in (110, 112)",
        NumberColumn("pid", 0),
        needs=("group_id",),
        path="context_data.thread_group_id",
    ),
    Field(
        NAME,
        ValueKind.TEXT,
        "process name",
        "proc.name = bash",
        TextColumn("process", lambda decoded, trace: process_of(decoded)),
        needs=("process_name",),
        path="context_data.process_name",
    ),
    Field(
        "proc.ppid",
        ValueKind.NUMBER,
        "process id of the parent",
        "proc.ppid = 1",
        PARENT,
        needs=("group_id",),
    ),
    _process_field(
        "cmdline",
        "the process's name, and the arguments of its program after it, with blanks between them",
        "cmdline contains --force",
    ),
    _process_field("args", "the arguments of its program, with blanks between them", "args = -c"),
    _process_field(
        "exe", "the first word of its command line, which need not be a path", "exe = sh"
    ),
    _process_field(
        "exepath", "absolute path of its program, if the sandbox told it", "exepath pmatch (/tmp)"
    ),
    Field(
        "proc.cwd",
        ValueKind.TEXT,
        "working directory of the process",
        "proc.cwd startswith /home",
        condition=CwdCondition,
        needs=("cwd",),
        path="context_data.cwd",
    ),
    _process_field("pname", "name of the parent", "pname = sshd"),
    _process_field(
        "pcmdline", "command line of the parent, as proc.cmdline", "pcmdline contains -i"
    ),
    _process_field("pexepath", "path of the parent's program", "pexepath = /bin/sh"),
    _process_field(
        "aname",
        "name of any ancestor; with a number that of one: [0] is the process itself, [1] its "
        "parent",
        "aname in (nginx, httpd)",
        is_list=True,
    ),
    Field(
        "proc.duration",
        ValueKind.DURATION,
        "how long the process had been running",
        "proc.duration < 1s",
        of_context("proc.duration"),
        needs=("group_id", "time"),
    ),
    Field(
        "proc.is_exec_session",
        ValueKind.CHOICE,
        "whether the process was started in the container from outside, as by docker exec, or "
        "descends from one that was; where gVisor does not tell, a process without parent that is "
        "not the first one of its container. Its audit ID, which the tree and the details show, "
        "is from the environment of its programs: a program can forge it",
        "proc.is_exec_session = true",
        of_context("proc.is_exec_session"),
        choices=_TRUTH,
        needs=("group_id",),
    ),
    Field(
        THREAD,
        ValueKind.NUMBER,
        "thread id inside the sandbox",
        "thread.tid = 7",
        NumberColumn("tid", 0),
        needs=("thread_id",),
        path="context_data.thread_id",
    ),
    Field(
        "fd.num",
        ValueKind.NUMBER,
        "file descriptor argument of the call; on the exit of a call that opens one, the new one",
        "fd.num <= 2",
        DESCRIPTOR,
    ),
    Field(
        "fd.name",
        ValueKind.TEXT,
        "file, program or socket address of the row: an absolute path without . and .., a relative "
        "one where the folder that it begins at is not known; of a connection the client's "
        "address, -> and the server's",
        "fd.name startswith /etc",
        TextColumn("path", lambda decoded, trace: path_of(decoded)),
        of_context=True,
        needs=("fd_path",),
    ),
    Field(
        "fd.nameraw",
        ValueKind.TEXT,
        "the same as the program gave it, and as the list shows it",
        "fd.nameraw startswith ../",
        TextColumn("path", lambda decoded, trace: path_of(decoded)),
        needs=("fd_path",),
    ),
    _fd_field(
        "directory",
        "folder of the row's file, absolute and without . and ..; missing where the folder that "
        "a relative path begins at is not known",
        "directory pmatch (/etc)",
    ),
    _fd_field("filename", "name of the row's file, without its folder", "filename = shadow"),
    _fd_field(
        "type",
        "kind of the row's descriptor, on the exit of a call that opens one the new one's: file, "
        "directory, ipv4, ipv6, unix, socket, pipe, event, timerfd, signalfd, inotify, eventpoll, "
        "memfd, pidfd, other",
        "type in (ipv4, ipv6)",
    ),
    _fd_field(
        "typechar",
        "the same in one character: f file, d directory, 4, 6, u unix, p pipe, e event, t timerfd, "
        "s signalfd, i inotify, l eventpoll, m memfd, o other",
        "typechar = 4",
    ),
    _fd_field("ip", "either address of the row's socket", "ip = 10.0.0.5"),
    _fd_field("cip", "address of the socket's client", "cip = 10.0.0.5"),
    _fd_field(
        "sip", "address of the socket's server, where a connection came about", "sip = 10.0.0.5"
    ),
    _fd_field("net", "network of either address", "net = 10.0.0.0/8", is_net=True),
    _fd_field("cnet", "network of the client's address", "cnet in (10.0.0.0/8)", is_net=True),
    _fd_field("snet", "network of the server's address", "snet != 127.0.0.0/8", is_net=True),
    Field(
        "fd.port",
        ValueKind.NUMBER,
        "either port of the row's socket",
        "fd.port = 443",
        of_context("fd.cport"),
        other_column=of_context("fd.sport"),
        needs=("group_id",),
    ),
    _port_field("cport", "client", "cport > 1024"),
    _port_field("sport", "server", "sport in (22, 443)"),
    _fd_field("l4proto", "tcp or udp, where the socket's type is known", "l4proto = udp"),
    Field(
        "user.uid",
        ValueKind.NUMBER,
        "real user id",
        "user.uid = 0",
        NumberColumn("uid", NO_UID),
        needs=("credentials",),
        path="context_data.credentials.real_uid",
    ),
    Field(
        CONTAINER,
        ValueKind.TEXT,
        "container ID; that of the connection if the message has none",
        "container.id startswith dee0",
        TextColumn(
            "container",
            lambda decoded, trace: container_in(decoded),
            of_connection=lambda connections, number: connections.container(number),
            on_connection=lambda connections, number, text: connections.name(number, text),
        ),
        needs=("container_id",),
        path="context_data.container_id",
    ),
    *NAME_FIELDS,
    Field(
        CONNECTION,
        ValueKind.NUMBER,
        "number of the connection",
        "conn.num = 2",
        NumberColumn("conn", 0),
    ),
    Field("point.name", ValueKind.TEXT, "trace point", "point.name glob syscall/sysno/*", _POINT),
)
"""Every field, in the order of the help."""

NAMES = frozenset(each.name for each in NAME_FIELDS)

FIELDS_BY_NAME = {field.name: field for field in FIELDS}


_ELEMENT = re.compile(r"(.+)(\[[0-9]{1,4}\])", re.ASCII)


def find_field(name: str) -> tuple[Field, str] | None:
    """The field of a name, and the argument's name after it; None if there is no such field."""
    field = FIELDS_BY_NAME.get(name)
    if field is not None and not field.takes_argument:
        return field, ""
    element = _ELEMENT.fullmatch(name)
    field = FIELDS_BY_NAME.get(element[1]) if element else None
    if field is not None and element is not None and field.is_list:
        return field, element[2]
    for field in FIELDS:
        if field.takes_argument and name.startswith(field.name + "."):
            argument = name[len(field.name) + 1 :]
            return (field, argument) if argument else None
    return None


def similar_fields(name: str) -> list[str]:
    """Names of fields that are similar to a mistyped one."""
    labels = [field.label for field in FIELDS]
    last = name.rpartition(".")[2]
    same_end = [label for label in labels if last and label.rpartition(".")[2] == last]
    return list(dict.fromkeys(same_end + difflib.get_close_matches(name, labels, 3)))[:3]
