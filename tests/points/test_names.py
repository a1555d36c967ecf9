from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.names import _CALLS, architecture_of_call, event_type, point_name
from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE, sysnos_by_name
from gvtui.wire.messages import KINDS, RAW_SYSCALL
from tests.trace.factory import DATA


def offered_points() -> set[str]:
    """The names that two versions of runsc list."""
    names: set[str] = set()
    for path in DATA.glob("metadata-*.txt"):
        lines = path.read_text().splitlines()
        names |= {line.split()[1].rstrip(",") for line in lines if line.startswith("Name: ")}
    return {name for name in names if "/" in name}


@pytest.mark.parametrize(
    ("message_type", "sysno", "side", "architecture", "name"),
    [
        (7, 257, "E", "x86_64", "syscall/openat/enter"),
        (7, 56, "X", "arm64", "syscall/openat/exit"),
        (7, 2, "E", "x86_64", "syscall/open/enter"),
        (9, 0, "E", "x86_64", "syscall/read/enter"),
        (6, 35, "X", "x86_64", "syscall/sysno/35/exit"),
        (1, 0, None, "x86_64", "container/start"),
        (2, 0, None, "arm64", "sentry/clone"),
        (35, 0, None, "x86_64", "sentry/mmap"),
        (77, 0, None, "x86_64", "unknown/77"),
        (7, 9999, "E", "x86_64", "syscall/open:9999/enter"),
        (7, 56, "E", "x86_64", "syscall/openat/enter"),
        (7, 257, "E", UNKNOWN_ARCHITECTURE, "syscall/openat/enter"),
        (8, 57, "E", "x86_64", "syscall/close/enter"),
        (29, 57, "E", "arm64", "syscall/fork/enter"),
    ],
)
def test_point_names(
    message_type: int, sysno: int, side: str | None, architecture: str, name: str
) -> None:
    assert point_name(message_type, sysno, side, architecture) == name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_decoded_call_tells_its_architecture(architecture: str) -> None:
    numbers = sysnos_by_name(architecture)
    offered = {spec.event for spec in bundled_catalogue(architecture) if not spec.is_raw}
    known = {name for names in _CALLS.values() for name in names}
    assert {name for name in offered if "/" not in name} == known & numbers.keys()
    for message_type, names in _CALLS.items():
        for name in names & numbers.keys():
            assert architecture_of_call(message_type, numbers[name]) == architecture
    assert set(_CALLS) == {
        number for number, kind in KINDS.items() if kind.is_syscall and number != RAW_SYSCALL
    }


@pytest.mark.parametrize(
    ("point", "architecture", "shown"),
    [
        ("syscall/openat/enter", "x86_64", "openat"),
        ("syscall/sysno/35/exit", "x86_64", "nanosleep"),
        ("syscall/sysno/35/exit", "arm64", "unlinkat"),
        ("syscall/sysno/9999/enter", "x86_64", "sysno/9999"),
        ("syscall/sysno/x/enter", "x86_64", "sysno/x"),
        ("sentry/clone", "x86_64", "sentry/clone"),
        ("unknown/77", "x86_64", "unknown/77"),
    ],
)
def test_event_types(point: str, architecture: str, shown: str) -> None:
    assert event_type(point, architecture) == shown


def test_every_point_that_runsc_offers_can_be_named() -> None:
    """Each offered name comes out of some message, so that rows and catalogue speak alike."""
    made = {kind.point for kind in KINDS.values() if kind.point}
    numbers = range(600)
    for number, kind in KINDS.items():
        if kind.is_syscall:
            for side in ("E", "X"):
                made |= {point_name(number, sysno, side, "x86_64") for sysno in numbers}
    assert offered_points() <= made


@given(st.integers(0, 0xFFFF), st.integers(-1, 1 << 31), st.sampled_from(["E", "X", None]))
def test_any_numbers_have_a_name(message_type: int, sysno: int, side: str | None) -> None:
    point = point_name(message_type, sysno, side, "x86_64")
    assert event_type(point, "x86_64")
