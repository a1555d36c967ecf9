from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.fcntl import fcntl_argument, fcntl_result
from tests.decode.helpers import ARCHITECTURES


@pytest.mark.parametrize(
    ("command", "argument", "shown"),
    [
        (0, 10, "10"),
        (1, 99, None),
        (2, 1, "FD_CLOEXEC"),
        (2, 0, "0"),
        (4, 0o4002, "O_RDWR|O_NONBLOCK"),
        (6, 0x7F00, "0x7f00"),
        (8, -5, "-5"),
        (10, 29, "SIGIO"),
        (1024, 1, "F_WRLCK"),
        (1026, 3, "DN_ACCESS|DN_MODIFY"),
        (1031, 65536, "65536"),
        (1033, 8, "F_SEAL_WRITE"),
        (777, -1, "0xffffffffffffffff"),
    ],
)
def test_argument(command: int, argument: int, shown: str | None) -> None:
    assert fcntl_argument(command, argument, "x86_64") == shown


@pytest.mark.parametrize(
    ("command", "result", "shown"),
    [
        (0, 5, "5</f>"),
        (1, 0, "0"),
        (1, 1, "0x1 (flags FD_CLOEXEC)"),
        (3, 0o102002, "0x8402 (flags O_RDWR|O_APPEND|O_LARGEFILE)"),
        (11, 29, "29 (SIGIO)"),
        (1025, 2, "0x2 (F_UNLCK)"),
        (1034, 3, "0x3 (seals F_SEAL_SEAL|F_SEAL_SHRINK)"),
        (1032, 65536, "65536"),
    ],
)
def test_result(command: int, result: int, shown: str) -> None:
    assert fcntl_result(command, result, "/f", "x86_64") == shown


@given(
    st.integers(-(1 << 31), (1 << 31) - 1), st.integers(-(1 << 63), (1 << 63) - 1), ARCHITECTURES
)
def test_any_command_has_a_form(command: int, argument: int, architecture: str) -> None:
    fcntl_argument(command, argument, architecture)
    assert fcntl_result(command, argument, "", architecture)
