from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.fields import ELEMENTS_LIMIT, FieldView, argument, arguments, field_views
from gvtui.wire.header import Header, build_message
from gvtui.wire.messages import Decoded, Unknown, decode
from gvtui.wire.pb import common_pb2, sentry_pb2
from gvtui.wire.pb import syscall_pb2 as pb
from tests.decode.helpers import ARCHITECTURES, MESSAGES, call, is_safe, wrap

CONTEXT = common_pb2.ContextData(
    thread_id=7, credentials=common_pb2.Credentials(real_uid=1000), process_name="a\x1bb"
)


def views(decoded: Decoded, architecture: str = "x86_64") -> dict[str, FieldView]:
    return {view.path: view for view in field_views(decoded, architecture=architecture)}


@given(MESSAGES, ARCHITECTURES)
def test_any_message_has_fields(decoded: Decoded, architecture: str) -> None:
    found = field_views(decoded, architecture=architecture)
    assert all(is_safe(view.path + view.raw + view.decoded) for view in found)
    if not isinstance(decoded.message, Unknown):
        assert len({view.path for view in found}) == len(found)
    paths = [view.path.startswith("context_data") for view in found]
    assert paths == sorted(paths)


@given(MESSAGES, ARCHITECTURES)
def test_any_message_has_arguments(decoded: Decoded, architecture: str) -> None:
    for name, text in arguments(decoded, architecture=architecture).items():
        assert isinstance(name, str)
        assert isinstance(text, str)
        assert argument(decoded, name, architecture=architecture) == text
    assert argument(decoded, "no_such", architecture=architecture) is None


def test_raw_and_decoded() -> None:
    decoded = call(pb.Open, "openat", 3, fd=-100, pathname="/a\n", flags=0o2000000)
    found = views(decoded)
    assert found["flags"] == FieldView("flags", 7, "524288", "O_RDONLY|O_CLOEXEC")
    assert found["fd"] == FieldView("fd", 4, "-100", "AT_FDCWD")
    assert found["pathname"] == FieldView("pathname", 6, "/a\\n", '"/a\\n"')
    assert found["sysno"] == FieldView("sysno", 3, "257", "openat")
    assert found["exit.result"] == FieldView("exit.result", 1, "3", "3</a\\n>")
    assert "mode" not in found


def test_times_are_in_the_zone_that_is_asked_for() -> None:
    message = sentry_pb2.ExecveInfo()
    message.context_data.time_ns = message.context_data.thread_start_time_ns = 1_795_455_407 * 10**9
    message.binary_ctime.sec = 1_795_455_407
    for zone, words in (
        (UTC, "2026-11-23 17:36:47"),
        (ZoneInfo("Asia/Tokyo"), "2026-11-24 02:36:47"),
    ):
        found = {
            view.path: view.decoded
            for view in field_views(wrap(message), architecture="x86_64", zone=zone)
        }
        for path in ("context_data.time_ns", "context_data.thread_start_time_ns", "binary_ctime"):
            assert found[path] == f"{words}.000000000", path


def test_ports_of_descriptors_are_right_with_what_came_beside() -> None:
    message = sentry_pb2.ExecveInfo()
    remote = common_pb2.SocketIp(family=2, ip=b"\x7f\0\0\1", port=37151)
    message.stdin.socket.remote.CopyFrom(remote)
    found = views(wrap(message))
    port = "stdin.socket.remote.port"
    assert found[port] == FieldView(port, 3, "37151", "8081")
    assert found["stdin.socket.remote"].decoded == "127.0.0.1:8081"
    as_sent = views(wrap(message)._replace(ports_turned=False))
    assert as_sent[port] == FieldView(port, 3, "37151", "37151")
    assert as_sent["stdin.socket.remote"].decoded == "127.0.0.1:37151"


def test_flags_by_architecture() -> None:
    decoded = call(pb.Open, "openat", architecture="arm64", flags=0o40000)
    assert views(decoded, "arm64")["flags"].decoded == "O_RDONLY|O_DIRECTORY"


def test_a_result_of_zero_is_listed() -> None:
    assert views(call(pb.Close, "close", 0))["exit.result"].decoded == "0"


def test_errors_are_named() -> None:
    found = views(call(pb.Close, "close", errno=9))
    assert found["exit.errorno"] == FieldView(
        "exit.errorno", 2, "9", "-1 EBADF (Bad file descriptor)"
    )
    assert "exit.result" not in found


def test_context_comes_last() -> None:
    found = field_views(
        call(pb.Close, "close", 0, fd=3, context_data=CONTEXT), architecture="x86_64"
    )
    assert [view.path for view in found] == [
        "exit.result",
        "sysno",
        "fd",
        "context_data.thread_id",
        "context_data.credentials",
        "context_data.credentials.real_uid",
        "context_data.process_name",
    ]
    by_path = {view.path: view for view in found}
    credentials = by_path["context_data.credentials"].decoded
    assert credentials == "uid 1000 (effective 0, saved 0), gid 0"
    assert by_path["context_data.process_name"].raw == "a\\x1bb"


def test_repeated_fields() -> None:
    found = views(call(pb.Execve, "execve", argv=["cat", "/f"]))
    assert found["argv[0]"].decoded == '"cat"'
    assert found["argv[1]"].raw == "/f"


def test_long_lists_are_cut() -> None:
    found = views(call(pb.Execve, "execve", argv=["x"] * (ELEMENTS_LIMIT + 5)))
    assert found[f"argv[{ELEMENTS_LIMIT}…]"].decoded == "5 more"


def test_empty_messages_are_there() -> None:
    decoded = call(pb.Prlimit, "prlimit64", old_limit=pb.StructRlimit())
    assert views(decoded)["old_limit"] == FieldView(
        "old_limit", 7, "{}", "{rlim_cur=0, rlim_max=0}"
    )


def test_nested_messages() -> None:
    info = common_pb2.FdInfo(
        mode=0o100644,
        path="/f",
        socket=common_pb2.SocketInfo(
            family=2, local=common_pb2.SocketIp(family=2, ip=b"\x7f\0\0\1", port=80)
        ),
    )
    found = views(wrap(sentry_pb2.ExecveInfo(stdin=info, binary_sha256=b"\1\2")))
    assert found["stdin.mode"].decoded == "S_IFREG|0644"
    assert found["stdin.socket.local.ip"].decoded == "127.0.0.1"
    assert found["stdin.socket.local"].decoded == "127.0.0.1:20480"
    assert found["binary_sha256"] == FieldView("binary_sha256", 8, "0x0102", "0102")


def test_raw_calls_name_their_numbers() -> None:
    found = views(call(pb.Syscall, "read", 5, arg2=0x7F00, arg3=9, arg6=77))
    assert found["arg1"] == FieldView("arg1", 5, "0", "fd=0")
    assert found["arg2"].decoded == "buf=0x7f00"
    assert found["arg6"].decoded == "0x4d"
    assert "arg4" not in found


def test_unknown_fields_are_shown() -> None:
    payload = pb.Close(fd=3).SerializeToString() + bytes.fromhex("9806ff01 a2060568656c6c6f")
    found = views(decode(build_message(8, payload)))
    assert found["#99"] == FieldView("#99", 99, "255", "255")
    assert found["#100"] == FieldView("#100", 100, "0x68656c6c6f", '"hello"')


def test_unknown_messages_are_taken_apart() -> None:
    decoded = decode(build_message(99, bytes.fromhex("08ff01")))
    assert field_views(decoded, architecture="x86_64") == [FieldView("#1", 1, "255", "255")]


def test_unknown_messages_that_are_none() -> None:
    decoded = Decoded(Header(8, 99, 0), None, Unknown(99, b"\xff\xff"))
    assert views(decoded)["payload"].raw == "0xffff"


def test_arguments_are_for_comparing() -> None:
    decoded = call(pb.Open, "openat", 3, fd=-100, pathname='/a"\n', context_data=CONTEXT)
    assert arguments(decoded, architecture="x86_64") == {
        "fd": "AT_FDCWD",
        "fd_path": "",
        "pathname": '/a"\n',
        "flags": "O_RDONLY",
        "mode": "000",
    }


def test_arguments_of_other_kinds() -> None:
    def named(decoded: Decoded) -> dict[str, Any]:
        return arguments(decoded, architecture="x86_64")

    assert named(call(pb.Execve, "execve", argv=["cat", "/f"]))["argv"] == "cat /f"
    assert named(call(pb.Read, "read", has_offset=True))["has_offset"] == "true"
    assert named(call(pb.Syscall, "kill", arg1=7, arg2=9)) == {"pid": "7", "sig": "SIGKILL"}
    assert named(wrap(sentry_pb2.TaskExit(exit_status=9))) == {"exit_status": "killed by SIGKILL"}
    limited = named(call(pb.Prlimit, "prlimit64", new_limit=pb.StructRlimit(cur=1, max=2)))
    assert limited["new_limit"] == "{rlim_cur=1, rlim_max=2}"
    assert "old_limit" not in limited


@given(st.binary(max_size=80))
def test_any_payload_of_an_unknown_type(payload: bytes) -> None:
    decoded = Decoded(Header(8, 99, 0), None, Unknown(99, payload))
    assert all(
        is_safe(view.raw + view.decoded) for view in field_views(decoded, architecture="x86_64")
    )
