"""The fields of the filter language that ask for the descriptor, file or socket of a row."""

from __future__ import annotations

from gvtui.query.filter.batch import DESCRIPTOR, of_context
from gvtui.query.filter.field import TRUTH, Field
from gvtui.query.filter.forms import path_of
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.texts import TextColumn


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


DESCRIPTOR_FIELDS: tuple[Field, ...] = (
    Field(
        "fd.num",
        ValueKind.NUMBER,
        "file descriptor argument of the call; on the exit of a call that opens one, the new one",
        "fd.num <= 2",
        DESCRIPTOR,
    ),
    Field(
        "fd.id",
        ValueKind.NUMBER,
        "number of the open file or socket that the descriptor stands for, from its opening to its "
        "closing, through dup and fork; the details and the numbers lead to it",
        "fd.id = 12",
        of_context("fd.id"),
        needs=("group_id",),
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
    _fd_field("lip", "address of the sandbox's own end of the socket", "lip = 10.0.0.5"),
    _fd_field("rip", "address of the other end", "rip = 10.0.0.9"),
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
    _port_field("lport", "own end", "lport = 8080"),
    _port_field("rport", "other end", "rport in (22, 443)"),
    Field(
        "fd.is_server",
        ValueKind.CHOICE,
        "whether the socket's connection was accepted, and not made",
        "fd.is_server = true",
        of_context("fd.is_server"),
        choices=TRUTH,
        needs=("group_id",),
    ),
    _fd_field("l4proto", "tcp or udp, where the socket's type is known", "l4proto = udp"),
)
