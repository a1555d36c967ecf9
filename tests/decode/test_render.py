from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.outcome import RESTARTS
from gvtui.decode.render import (
    ARGUMENTS_LIMIT,
    CHANGE_LIMIT,
    Rendered,
    arguments_text,
    render,
    sent_arguments,
)
from gvtui.decode.strace import strace_line
from gvtui.wire.header import Header, WireError, build_message
from gvtui.wire.messages import KINDS, Decoded, Unknown, decode, direction
from gvtui.wire.pb import syscall_pb2 as pb
from tests.decode.helpers import ARCHITECTURES, MESSAGES, call, is_safe, recorded, with_enters

IPV4 = b"\2\0\x1f\x90\x7f\0\0\1" + bytes(8)


@given(MESSAGES, ARCHITECTURES, st.integers(1, 100))
def test_any_message_renders(decoded: Decoded, architecture: str, limit: int) -> None:
    shown = render(decoded, architecture=architecture, limit=limit)
    assert shown.name
    assert is_safe(shown.name + shown.arguments + shown.result)
    assert len(shown.arguments) <= limit
    assert arguments_text(decoded, architecture=architecture, limit=limit) == shown.arguments
    assert is_safe(strace_line(decoded, architecture=architecture))


def sent(decoded: Decoded, header_size: int) -> bytes:
    message = decoded.message
    payload = message.payload if isinstance(message, Unknown) else message.SerializeToString()
    return build_message(decoded.header.message_type, payload, 5, header_size)


@given(st.lists(MESSAGES, max_size=4), ARCHITECTURES, st.integers(1, 100), st.integers(8, 20))
def test_datagrams_render_as_their_messages_do(
    messages: list[Decoded], architecture: str, limit: int, header_size: int
) -> None:
    datagrams = [sent(decoded, header_size) for decoded in messages]
    assert sent_arguments(datagrams, architecture, limit) == [
        arguments_text(decode(datagram), architecture=architecture, limit=limit)
        for datagram in datagrams
    ]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.binary(max_size=12)), max_size=4),
    st.integers(0, 8),
)
def test_bytes_that_are_no_message_are_told_as_such(
    messages: list[tuple[int, bytes]], size: int
) -> None:
    datagrams = [build_message(message_type, rest) for message_type, rest in messages]
    datagrams += [datagram[:size] for datagram in datagrams]
    expected: list[str | None] = []
    for datagram in datagrams:
        try:
            expected.append(arguments_text(decode(datagram), architecture="x86_64"))
        except WireError:
            expected.append(None)
    assert sent_arguments(datagrams, "x86_64", ARGUMENTS_LIMIT) == expected


@given(MESSAGES, MESSAGES, ARCHITECTURES)
def test_any_enter_may_be_given(decoded: Decoded, enter: Decoded, architecture: str) -> None:
    shown = render(decoded, architecture=architecture, enter=enter)
    assert is_safe(shown.arguments)
    assert len(shown.arguments) <= ARGUMENTS_LIMIT + 2 * (CHANGE_LIMIT + 40)


def test_an_enter_has_no_result() -> None:
    shown = render(call(pb.Chroot, "chroot", pathname="/"), architecture="x86_64")
    assert shown == Rendered("chroot", '"/"', "", False)


def test_failed() -> None:
    shown = render(call(pb.Chroot, "chroot", errno=2, pathname="/"), architecture="x86_64")
    assert shown.failed
    assert not render(call(pb.Chroot, "chroot", 0, pathname="/"), architecture="x86_64").failed


def test_an_errno_counts_though_there_is_a_result() -> None:
    shown = render(call(pb.Read, "read", 5, 4, fd=0, count=9), architecture="x86_64")
    assert shown.failed
    assert shown.result == "-1 EINTR (Interrupted system call)"


@pytest.mark.parametrize("errno", RESTARTS)
def test_an_interrupted_call_that_is_begun_anew_has_not_failed(errno: int) -> None:
    shown = render(call(pb.Read, "read", errno=errno, fd=0, count=1), architecture="x86_64")
    assert not shown.failed
    assert shown.result.startswith("? ERESTART")


def test_unknown_messages() -> None:
    decoded = Decoded(Header(8, 99, 0), None, Unknown(99, b"\x08\x01"))
    assert render(decoded, architecture="x86_64") == Rendered(
        "unknown/99", "2 bytes 0x0801", "", False
    )
    assert strace_line(decoded, architecture="x86_64") == "--- unknown/99 2 bytes 0x0801 ---"
    empty = Decoded(Header(8, 99, 0), None, Unknown(99, b""))
    assert render(empty, architecture="x86_64").arguments == "0 bytes"


def test_what_a_sandbox_sends_does_not_reach_the_terminal() -> None:
    decoded = call(pb.Chdir, "chdir", pathname="/\x1b]0;title\x07\u202e")
    assert render(decoded, architecture="x86_64").arguments == '"/\\x1b]0;title\\x07\\u202e"'


def test_long_arguments_are_cut() -> None:
    decoded = call(pb.Execve, "execve", pathname="/x", argv=["y" * 200] * 100)
    assert len(render(decoded, architecture="x86_64").arguments) == ARGUMENTS_LIMIT
    assert render(decoded, architecture="x86_64", limit=5).arguments == '"/x"…'


@pytest.mark.parametrize(
    ("enter", "exit_", "note"),
    [
        (
            call(pb.Open, "openat", fd=-100, pathname="/tmp/a"),
            call(pb.Open, "openat", 3, fd=-100, pathname="/etc/shadow"),
            ' ⚠ path changed: "/tmp/a" at enter',
        ),
        (
            call(pb.Connect, "connect", fd=3, address=IPV4),
            call(pb.Connect, "connect", 0, fd=3, address=b"\2\0\0\x50\x0a\0\0\1" + bytes(8)),
            " ⚠ address changed: {AF_INET, 127.0.0.1:8080} at enter",
        ),
        (
            call(pb.Execve, "execve", pathname="/a", argv=["a"]),
            call(pb.Execve, "execve", 0, pathname="/a", argv=["b"]),
            ' ⚠ argv changed: ["a"] at enter',
        ),
        (
            call(pb.Chdir, "chdir", pathname="/a"),
            call(pb.Chdir, "chdir", 0, pathname=""),
            ' ⚠ path changed: "/a" at enter',
        ),
    ],
)
def test_changes_during_a_call_are_flagged(enter: Decoded, exit_: Decoded, note: str) -> None:
    plain = render(exit_, architecture="x86_64").arguments
    assert render(exit_, architecture="x86_64", enter=enter).arguments == plain + note
    assert render(enter, architecture="x86_64", enter=enter).arguments.find("⚠") == -1


def test_bytes_behind_an_address_are_no_change() -> None:
    enter = call(pb.Connect, "connect", fd=3, address=b"\1\0/s\0aaa")
    exit_ = call(pb.Connect, "connect", 0, fd=3, address=b"\1\0/s\0bbb")
    assert "⚠" not in render(exit_, architecture="x86_64", enter=enter).arguments


def test_what_the_kernel_fills_in_is_no_change() -> None:
    enter = call(pb.Accept, "accept", fd=3)
    exit_ = call(pb.Accept, "accept", 4, fd=3, address=IPV4)
    assert "⚠" not in render(exit_, architecture="x86_64", enter=enter).arguments


def test_an_enter_of_another_kind_is_ignored() -> None:
    enter = call(pb.Chdir, "chdir", pathname="/a")
    exit_ = call(pb.Chroot, "chroot", 0, pathname="/b")
    assert render(exit_, architecture="x86_64", enter=enter).arguments == '"/b"'


def test_unfinished_lines() -> None:
    decoded = call(pb.Close, "close", fd=3)
    assert strace_line(decoded, architecture="x86_64") == "close(3 <unfinished ...>"


@pytest.mark.parametrize("name", ["shell-2022", "shell-2024", "network-2024", "compile-2024"])
def test_nothing_recorded_is_flagged_or_nameless(name: str) -> None:
    for decoded, enter in with_enters(recorded(name)):
        shown = render(decoded, architecture="x86_64", enter=enter)
        assert "⚠" not in shown.arguments
        assert "sysno/" not in shown.name
        assert decoded.kind is not None
        is_exit = direction(decoded.kind, decoded.message) == "X"  # type: ignore[arg-type]
        assert bool(shown.result) == is_exit
