from __future__ import annotations

import io
from pathlib import Path

import pytest

from gvtui.decode.render import render
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE, names_by_sysno, sysnos_by_name
from gvtui.trace.reader import Trace
from gvtui.trace.savefile import SavedMessage, SaveFileWriter, scan
from gvtui.wire.header import build_message
from gvtui.wire.messages import RAW_SYSCALL, decode
from gvtui.wire.pb import syscall_pb2
from tests.trace.factory import TRACES, read_message, write_trace


def save(path: Path, datagrams: list[bytes]) -> Path:
    output = io.BytesIO()
    writer = SaveFileWriter(output)
    for datagram in datagrams:
        writer.message(datagram)
    path.write_bytes(output.getvalue())
    return path


def raw(sysno: int, result: int | None = None, errno: int = 0) -> bytes:
    message = syscall_pb2.Syscall(sysno=sysno)
    if result is not None or errno:
        message.exit.SetInParent()
        message.exit.result, message.exit.errorno = result or 0, errno
    return build_message(RAW_SYSCALL, message.SerializeToString())


def opened(sysno: int) -> bytes:
    message = syscall_pb2.Open(sysno=sysno, pathname="/f", flags=0o40000)
    return build_message(7, message.SerializeToString())


def as_on_arm64(name: str) -> list[bytes]:
    """A recorded trace with the numbers that its calls have on arm64; calls without one left out."""
    numbers, names = sysnos_by_name("arm64"), names_by_sysno("x86_64")
    datagrams = []
    for saved in scan((TRACES / f"{name}.trace").read_bytes()):
        assert isinstance(saved, SavedMessage)
        decoded = decode(saved.datagram)
        message = decoded.message
        if decoded.kind is not None and decoded.kind.is_syscall:
            call = names[message.sysno]  # type: ignore[union-attr]
            if call not in numbers:
                continue
            message.sysno = numbers[call]  # type: ignore[union-attr]
        payload = message.SerializeToString()  # type: ignore[union-attr]
        datagrams.append(build_message(decoded.header.message_type, payload))
    return datagrams


def architecture_of(path: Path) -> str:
    trace = Trace.open(path)
    try:
        return trace.architecture
    finally:
        trace.close()


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_save_files_tell_it_on_any_machine(
    monkeypatch: pytest.MonkeyPatch, path: Path, machine: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert architecture_of(path) == "x86_64"


def test_a_save_file_of_arm64_has_arm64_s_names(tmp_path: Path) -> None:
    trace = Trace.open(save(tmp_path / "arm.trace", as_on_arm64("shell-2024")))
    try:
        assert trace.architecture == "arm64"
        points = set(trace.strings)
        assert {"syscall/openat/enter", "syscall/sysno/56/enter"} <= points
        for row in range(trace.end_row):
            if trace.string(trace.row(row).point) == "syscall/sysno/56/enter":
                shown = render(trace.decoded(row), architecture=trace.architecture)
                assert shown.name == "openat"
                assert shown.arguments.startswith("AT_FDCWD, 0x")
    finally:
        trace.close()


@pytest.mark.parametrize(
    ("datagrams", "told"),
    [
        ([opened(257)], "x86_64"),
        ([opened(56)], "arm64"),
        ([opened(9999)], UNKNOWN_ARCHITECTURE),
        ([read_message()], "x86_64"),
        ([raw(56), raw(56, 3)], UNKNOWN_ARCHITECTURE),
        ([raw(318)], UNKNOWN_ARCHITECTURE),
        ([raw(318, 8)], "x86_64"),
        ([raw(318, errno=38)], UNKNOWN_ARCHITECTURE),
        ([raw(182, 8)], "arm64"),
        ([raw(182, 8), raw(318, 8)], UNKNOWN_ARCHITECTURE),
        ([raw(318, 8), opened(56)], "arm64"),
        ([opened(56), opened(257), opened(257)], "x86_64"),
        ([], UNKNOWN_ARCHITECTURE),
    ],
)
def test_what_tells_it(tmp_path: Path, datagrams: list[bytes], told: str) -> None:
    assert architecture_of(save(tmp_path / "x.trace", datagrams)) == told


def test_a_raw_call_of_no_known_architecture_has_no_name(tmp_path: Path) -> None:
    trace = Trace.open(save(tmp_path / "x.trace", [raw(56, 3)]))
    try:
        shown = render(trace.decoded(1), architecture=trace.architecture)
        assert (shown.name, shown.result) == ("sysno/56", "3")
    finally:
        trace.close()


@pytest.mark.parametrize(
    ("noted", "datagrams", "told"),
    [
        ("arm64", [raw(56, 3)], "arm64"),
        ("arm64", [raw(318, 3)], "arm64"),
        ("x86_64", [opened(56), raw(56)], "arm64"),
        ("x86_64", [opened(56), opened(56), opened(257)], "x86_64"),
        (UNKNOWN_ARCHITECTURE, [raw(56, 3)], UNKNOWN_ARCHITECTURE),
        (UNKNOWN_ARCHITECTURE, [opened(56)], "arm64"),
    ],
)
def test_what_is_sent_counts_more_than_what_is_noted(
    tmp_path: Path, noted: str, datagrams: list[bytes], told: str
) -> None:
    path = write_trace(tmp_path / "x.gvtrace", [(1, datagrams)], architecture=noted)
    assert architecture_of(path) == told


def test_rows_held_back_tell_it_too(tmp_path: Path) -> None:
    path = save(tmp_path / "x.trace", [raw(56), opened(56)])
    trace = Trace.open(path, limit=0)
    try:
        assert trace.end_row == 0
        assert trace.architecture == "arm64"
    finally:
        trace.close()
