"""Error numbers of Linux, which are the same on x86_64 and arm64."""

from __future__ import annotations

import errno
import os

_NAMES: dict[int, str] = {
    **errno.errorcode,
    # Where two names share a number, the one that strace prints.
    errno.EAGAIN: "EAGAIN",
    errno.EDEADLK: "EDEADLK",
    errno.EOPNOTSUPP: "EOPNOTSUPP",
}

RESTART_TEXTS = {
    512: ("ERESTARTSYS", "To be restarted if SA_RESTART is set"),
    513: ("ERESTARTNOINTR", "To be restarted"),
    514: ("ERESTARTNOHAND", "To be restarted if no handler"),
    516: ("ERESTART_RESTARTBLOCK", "Interrupted by signal"),
}
"""Codes that never reach the program. Source: Linux include/linux/errno.h."""


def errno_name(number: int) -> str:
    """`ENOENT` for 2, `ERESTARTSYS` for 512, `errno 4000` where there is no name."""
    restart = RESTART_TEXTS.get(number)
    return restart[0] if restart else _NAMES.get(number, f"errno {number}")


def errno_text(number: int) -> str:
    """What the number means, in words; empty for a number that Linux does not define."""
    restart = RESTART_TEXTS.get(number)
    if restart:
        return restart[1]
    return os.strerror(number) if number in _NAMES else ""


def failure(number: int) -> str:
    """The result of a call that failed, as strace shows it.

    `-1 ENOENT (No such file or directory)`; for codes that never reach the program
    `? ERESTARTSYS (To be restarted if SA_RESTART is set)`; else `-1 (errno 4000)`.
    """
    if number in RESTART_TEXTS:
        return "? {} ({})".format(*RESTART_TEXTS[number])
    name = _NAMES.get(number)
    return f"-1 {name} ({os.strerror(number)})" if name else f"-1 (errno {number})"
