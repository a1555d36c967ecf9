"""System call numbers and names by architecture, from the `system-calls` package's kernel tables."""

from __future__ import annotations

import functools
import platform

_TABLE_OF_MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

ARCHITECTURES = ("x86_64", "arm64")
"""The architectures that gVisor runs on, by the names used throughout gvtui."""


UNKNOWN_ARCHITECTURE = "unknown"
"""Stands for an architecture that is not known: no sysno has a name there."""


def host_architecture() -> str:
    """This machine's architecture; `x86_64` where gVisor does not run at all."""
    return _TABLE_OF_MACHINE.get(platform.machine().lower(), "x86_64")


@functools.cache
def names_by_sysno(architecture: str) -> dict[int, str]:
    """System call names by number.

    Raises:
        ValueError: the architecture is neither one of `ARCHITECTURES` nor `UNKNOWN_ARCHITECTURE`,
            which has no names.
    """
    if architecture == UNKNOWN_ARCHITECTURE:
        return {}
    if architecture not in ARCHITECTURES:
        raise ValueError(
            f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}"
        )
    import system_calls

    table: dict[str, int] = system_calls.syscalls().load_arch_table(architecture)
    return {number: name for name, number in table.items()}


@functools.cache
def sysnos_by_name(architecture: str) -> dict[str, int]:
    """System call numbers by name; raises as `names_by_sysno` does."""
    return {name: number for number, name in names_by_sysno(architecture).items()}


def syscall_name(sysno: int, architecture: str) -> str | None:
    """The name of a system call, None where the number is not in the table."""
    return names_by_sysno(architecture).get(sysno)
