from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from gvtui.query.filter.forms import (
    _any_forms,
    argument_forms,
    argument_names,
    context_forms,
    context_names,
    path_of,
    process_of,
)
from gvtui.wire.header import build_message
from gvtui.wire.messages import KINDS, Decoded, Unknown, decode
from gvtui.wire.pb import common_pb2, sentry_pb2, syscall_pb2
from gvtui.wire.ports import turned
from tests.decode.helpers import ARCHITECTURES, MESSAGES

if TYPE_CHECKING:
    from google.protobuf.message import Message


def of(number: int, message: Message) -> Decoded:
    return decode(build_message(number, message.SerializeToString()))


def number_of(message: Message) -> int:
    return next(n for n, kind in KINDS.items() if kind.message_class is type(message))


def decoded(message: Message) -> Decoded:
    return of(number_of(message), message)


UNKNOWN: Decoded = decode(build_message(999, b"\x08\x01"))


def test_names_and_paths_are_those_that_the_row_shows() -> None:
    context = common_pb2.ContextData(process_name="bash")
    read = syscall_pb2.Read(context_data=context, fd=3, fd_path="/etc/hosts")
    assert process_of(decoded(read)) == "bash"
    assert path_of(decoded(read)) == "/etc/hosts"
    assert path_of(decoded(syscall_pb2.Open(pathname="/a", fd_path="/b"))) == "/a"
    assert path_of(decoded(sentry_pb2.ExecveInfo(binary_path="/bin/sh"))) == "/bin/sh"
    # The address of a socket says more than its descriptor.
    address = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + bytes(8)
    connect = syscall_pb2.Connect(fd=3, fd_path="socket:[1]", address=address)
    assert path_of(decoded(connect)).startswith("127.0.0.1:")
    assert isinstance(UNKNOWN.message, Unknown)
    assert process_of(UNKNOWN) == path_of(UNKNOWN) == ""


def test_an_argument_in_each_of_its_forms() -> None:
    message = decoded(syscall_pb2.Open(sysno=257, fd=-100, pathname="/a", flags=0o100))
    assert argument_forms(message, "flags", "x86_64") == ["O_RDONLY|O_CREAT", 64, "64"]
    assert argument_forms(message, "pathname", "x86_64") == ["/a"]
    assert argument_forms(message, "no_such", "x86_64") == []
    several = decoded(syscall_pb2.Execve(argv=["a", "b"]))
    assert argument_forms(several, "argv", "x86_64")[-2:] == ["a", "b"]
    assert argument_forms(UNKNOWN, "flags", "x86_64") == []


@given(message=MESSAGES, architecture=ARCHITECTURES)
def test_plain_arguments_have_the_forms_that_any_has(message: Decoded, architecture: str) -> None:
    kind = message.kind
    fields = kind.message_class.DESCRIPTOR.fields if kind is not None else []
    inner = ("exit.result", "exit.errorno", "new_limit.cur", "exit.none", "stdin.mode")
    for name in (*(field.name for field in fields), *inner, "no_such"):
        assert argument_forms(message, name, architecture) == _any_forms(
            message, name, architecture
        )


def test_context_fields_say_what_came_and_nothing_where_none_did() -> None:
    credentials = common_pb2.Credentials(real_uid=0, effective_uid=1000)
    context = common_pb2.ContextData(cwd="/home", credentials=credentials, is_exec_session=True)
    message = decoded(syscall_pb2.Read(context_data=context))

    def forms(name: str) -> list[int | str]:
        return context_forms(message, name, "x86_64")

    assert forms("cwd") == ["/home"]
    assert forms("is_exec_session") == [1, "true"]
    # 0 stands for what was not collected where it stands alone, and for root's id in what came.
    assert forms("credentials.real_uid") == [0, "0"]
    assert forms("credentials.effective_uid") == [1000, "1000"]
    assert forms("thread_id") == forms("process_name") == []
    assert forms("credentials") == ["uid 0 (effective 1000, saved 0), gid 0"]
    assert forms("credentials.nope") == forms("cwd.x") == []
    assert context_forms(decoded(syscall_pb2.Read()), "cwd", "x86_64") == []
    assert context_forms(UNKNOWN, "cwd", "x86_64") == []


def test_every_name_that_is_offered_exists() -> None:
    assert {"pathname", "flags", "argv", "fd"} <= set(argument_names())
    assert not {"context_data", "exit"} & set(argument_names())
    assert argument_names() == sorted(set(argument_names()))
    filled = common_pb2.ContextData(
        credentials=common_pb2.Credentials(real_uid=1), time_ns=1, thread_id=1, cwd="/"
    )
    message = decoded(syscall_pb2.Read(context_data=filled))
    assert context_forms(message, "credentials.real_uid", "x86_64")
    assert {"cwd", "time_ns", "credentials.real_uid"} <= set(context_names())
    assert "credentials" not in context_names()


MAPPED = bytes(10) + b"\xff\xff" + bytes((127, 0, 0, 1))
EXEC = sentry_pb2.ExecveInfo(
    stdin=common_pb2.FdInfo(
        mode=0o140777,
        path="socket:[9]",
        socket=common_pb2.SocketInfo(
            family=10, local=common_pb2.SocketIp(family=10, ip=MAPPED, port=turned(4444))
        ),
    )
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stdin", [""]),
        ("stdout", []),
        ("stdin.socket.remote", []),
        ("stdin.socket.local", ["[::ffff:127.0.0.1]:4444", "127.0.0.1:4444"]),
        ("stdin.socket.local.ip", [MAPPED.hex(), "::ffff:127.0.0.1", "127.0.0.1"]),
        ("stdin.socket.local.port", [4444, "4444"]),
        ("stdin.socket.family", [10, "10", "AF_INET6"]),
        ("stdin.mode", [0o140777, str(0o140777), "S_IFSOCK|0777"]),
        ("stdin.path", ["socket:[9]"]),
        ("stdin.nothing", []),
        ("nothing", []),
    ],
)
def test_messages_inside_messages_compare_as_others_do(
    name: str, expected: list[int | str]
) -> None:
    assert argument_forms(decoded(EXEC), name, "x86_64") == expected


def test_names_inside_messages_are_known() -> None:
    names = argument_names()
    assert {"stdin", "stdin.socket.remote.port", "pipe_input_proc.context_data.cwd"} <= set(names)
    assert not {name.partition(".")[0] for name in names} & {"context_data", "exit"}
