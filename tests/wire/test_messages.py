from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.savefile import scan
from gvtui.wire.header import Header, WireError, build_message
from gvtui.wire.messages import ENUM_NAMES, KINDS, RAW_SYSCALL, Unknown, decode, direction
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.decode.helpers import KNOWN_MESSAGES, TRACES

NUMBER_OF = {kind.message_class: number for number, kind in KINDS.items()}


def test_every_message_type_has_a_kind() -> None:
    assert set(KINDS) == set(ENUM_NAMES) - {0}


def test_every_kind_has_its_own_message() -> None:
    assert len(NUMBER_OF) == len(KINDS)
    for number, kind in KINDS.items():
        assert kind.message_type == number
        assert kind.name == kind.message_class.DESCRIPTOR.name


def test_kinds_and_the_schema_agree_on_names() -> None:
    others = {
        "raw": "syscall",
        "prlimit64": "prlimit",
        "sentryclone": "cloneinfo",
        "sentryexec": "execveinfo",
        "sentryexitnotifyparent": "exitnotifyparentinfo",
        "sentrymmap": "mmapinfo",
        "sentrytaskexit": "taskexit",
    }
    for number, kind in KINDS.items():
        _, group, *rest = ENUM_NAMES[number].split("_")
        name = "".join(rest if group != "SENTRY" else [group, *rest]).lower()
        assert kind.name.lower() == others.get(name, name)
        assert kind.message_class.DESCRIPTOR.file.package == f"gvisor.{group.lower()}"


def test_calls_enter_and_exit_and_events_do_not() -> None:
    for kind in KINDS.values():
        fields = kind.message_class.DESCRIPTOR.fields_by_name
        assert kind.is_syscall == ("exit" in fields) == ("sysno" in fields)
        assert kind.is_syscall == (kind.point is None)


def test_an_exit_is_told_by_its_presence() -> None:
    message = syscall_pb2.Open(pathname="/x")
    assert direction(KINDS[7], message) == "E"
    message.exit.SetInParent()
    assert direction(KINDS[7], message) == "X"
    assert direction(KINDS[2], sentry_pb2.CloneInfo()) is None
    again = decode(build_message(7, message.SerializeToString())).message
    assert not isinstance(again, Unknown)
    assert direction(KINDS[7], again) == "X"


@given(KNOWN_MESSAGES, st.integers(0, 0xFFFFFFFF), st.integers(8, 64))
def test_every_message_comes_back(message: syscall_pb2.Open, dropped: int, size: int) -> None:
    number = NUMBER_OF[type(message)]
    decoded = decode(build_message(number, message.SerializeToString(), dropped, size))
    assert decoded.header == Header(size, number, dropped)
    assert decoded.kind is KINDS[number]
    assert decoded.message == message


@pytest.mark.parametrize("number", KINDS)
def test_an_empty_payload_is_all_defaults(number: int) -> None:
    decoded = decode(build_message(number, b""))
    assert decoded.message == KINDS[number].message_class()


@given(st.integers(0, 0xFFFF).filter(lambda number: number not in KINDS), st.binary(max_size=40))
def test_a_type_that_is_not_known_is_carried_on(number: int, payload: bytes) -> None:
    decoded = decode(build_message(number, payload))
    assert decoded.kind is None
    assert decoded.message == Unknown(number, payload)
    assert str(decoded.message) == f"Unknown(type={number})"


@given(st.binary(max_size=60))
def test_any_bytes_give_a_message_or_a_wire_error(datagram: bytes) -> None:
    try:
        decoded = decode(datagram)
    except WireError:
        return
    assert decoded.header.header_size <= len(datagram)


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=60))
def test_any_payload_gives_a_message_or_a_wire_error(number: int, payload: bytes) -> None:
    with contextlib.suppress(WireError):
        assert decode(build_message(number, payload)).kind is KINDS[number]


def test_fields_of_a_later_version_are_kept() -> None:
    payload = syscall_pb2.Chroot(pathname="/x").SerializeToString() + b"\xa0\x06\x05"
    decoded = decode(build_message(21, payload))
    assert not isinstance(decoded.message, Unknown)
    assert decoded.message.SerializeToString() == payload


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_recorded_messages_come_back_byte_by_byte(path: Path) -> None:
    for saved in scan(path.read_bytes()):
        assert not isinstance(saved, int)
        decoded = decode(saved.datagram)
        assert decoded.kind is not None
        assert not isinstance(decoded.message, Unknown)
        assert len(decoded.message.SerializeToString()) + 8 == len(saved.datagram)


def test_the_raw_type() -> None:
    assert KINDS[RAW_SYSCALL].name == "Syscall"
