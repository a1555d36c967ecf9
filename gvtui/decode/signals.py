"""Signals and wait statuses of Linux, which are the same on x86_64 and arm64."""

from __future__ import annotations

import signal

_FIRST_REALTIME = 32
_LAST_SIGNAL = 64

_NAMES: dict[int, str] = {
    int(number): number.name for number in signal.Signals if number < _FIRST_REALTIME
}
_NAMES.update({6: "SIGABRT", 16: "SIGSTKFLT", 17: "SIGCHLD", 29: "SIGIO"})
_NAMES[_FIRST_REALTIME] = "SIGRTMIN"
_NAMES.update(
    {n: f"SIGRT_{n - _FIRST_REALTIME}" for n in range(_FIRST_REALTIME + 1, _LAST_SIGNAL + 1)}
)


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; the number where there is no such signal."""
    return _NAMES.get(number, str(number))


def signal_set(mask: int) -> str:
    """A 64-bit signal mask as strace shows it: `[INT TERM]`, or `~[INT]` where most are set."""
    inverted = mask.bit_count() > _LAST_SIGNAL * 2 // 3
    names = (
        _NAMES[number].removeprefix("SIG")
        for number in range(1, _LAST_SIGNAL + 1)
        if bool(mask >> (number - 1) & 1) != inverted
    )
    return f"{'~' if inverted else ''}[{' '.join(names)}]"


def wait_status(status: int) -> str:
    """What a wait status says: `exited 3`, `killed by SIGSEGV (core dumped)`.

    Layout as Linux has it: low 7 bits the signal, bit 7 the core dump, bits 8 to 15 the exit code;
    0x7f in the low byte means stopped, 0xffff continued.
    """
    bits = status & 0xFFFFFFFF
    low, number = bits & 0xFF, bits & 0x7F
    if low == 0x7F:
        event = f" (event {bits >> 16})" if bits >> 16 else ""
        return f"stopped by {signal_name(bits >> 8 & 0xFF)}{event}"
    if bits == 0xFFFF:
        return "continued"
    if bits >> 16 or number == 0x7F or low == 0x80:
        return f"status {bits:#x}"
    if number == 0:
        return f"exited {bits >> 8}"
    return f"killed by {signal_name(number)}{' (core dumped)' if bits & 0x80 else ''}"
