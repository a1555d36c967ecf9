"""Reads machine words as signed numbers, pointers, file modes and ids."""

from __future__ import annotations

INT32 = 0x7FFFFFFF
UINT32 = 0xFFFFFFFF
UINT64 = 0xFFFFFFFFFFFFFFFF


def int32(value: int) -> int:
    """The low 32 bits as a signed number."""
    value &= UINT32
    return value - (1 << 32) if value & 0x80000000 else value


def int64(value: int) -> int:
    """The low 64 bits as a signed number."""
    value &= UINT64
    return value - (1 << 64) if value & (1 << 63) else value


def pointer(value: int) -> str:
    """An address in hex, `NULL` for 0."""
    return hex(value & UINT64) if value else "NULL"


def octal(value: int) -> str:
    """File permissions as strace writes them: `0644`, `022`, `000`."""
    return f"0{value & UINT32:02o}"


def identity(value: int) -> str:
    """A user or group id; `-1`, which asks to leave the id as it is, if all bits are set."""
    return "-1" if value & UINT32 == UINT32 else str(value & UINT32)
