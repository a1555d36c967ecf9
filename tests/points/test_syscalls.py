from __future__ import annotations

import platform

import pytest

from gvtui.points.syscalls import (
    ARCHITECTURES,
    host_architecture,
    names_by_sysno,
    syscall_name,
    sysnos_by_name,
)


@pytest.mark.parametrize(
    ("architecture", "sysno", "name"),
    [
        ("x86_64", 0, "read"),
        ("x86_64", 59, "execve"),
        ("x86_64", 257, "openat"),
        ("arm64", 56, "openat"),
        ("arm64", 63, "read"),
        ("arm64", 221, "execve"),
    ],
)
def test_names(architecture: str, sysno: int, name: str) -> None:
    assert syscall_name(sysno, architecture) == name
    assert sysnos_by_name(architecture)[name] == sysno


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_numbers_and_names_are_one_to_one(architecture: str) -> None:
    names = names_by_sysno(architecture)
    assert len(names) > 300
    assert {name: number for number, name in names.items()} == sysnos_by_name(architecture)
    assert syscall_name(100_000, architecture) is None


def test_an_architecture_that_is_not_known() -> None:
    with pytest.raises(ValueError, match="unknown architecture 'sparc'"):
        names_by_sysno("sparc")


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("riscv64", "x86_64")],
)
def test_this_machine(monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert host_architecture() == architecture
