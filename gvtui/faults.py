"""Handles faults of gvtui itself: a file gets the traceback, the user gets one sentence."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from importlib import metadata
from pathlib import Path

from gvtui import __version__
from gvtui.errors import GvtuiError
from gvtui.files import write_whole

KEPT_REPORTS = 10
"""How many reports are kept; the oldest is deleted when another is written."""

MAX_REPORT = 256 << 10
"""How many characters a report has; of a longer traceback the end is kept, with the error."""

_MAX_MESSAGE = 300
_PACKAGES = ("textual", "rich", "trio", "numpy", "protobuf", "msgpack", "lark", "click")
_TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LANG", "LC_ALL")


class FaultError(Exception):
    """A fault has interrupted work. The text says what happened to the work; the cause is the
    fault."""


def cut_short(error: Exception, became: str) -> Exception:
    """Add to an error what happened to the work that it interrupted.

    Returns:
        For an error that a user can act on, one with the same exit code; else a `FaultError`.
    """
    if not isinstance(error, GvtuiError):
        return FaultError(became)
    told = GvtuiError(f"{error}; {became}")
    told.exit_code = error.exit_code
    return told


def tell(fault: BaseException) -> str:
    """Write a report on a fault, and describe the fault in one sentence.

    Args:
        fault: the exception; for a `FaultError` its cause is reported.

    Returns:
        A sentence that says what failed, what happened to the work, and where the report is.
    """
    from gvtui.decode.escape import escape

    became = ""
    if isinstance(fault, FaultError):
        became = f"; {fault}"
        fault = fault.__cause__ or fault
    path = write_report(fault)
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    lines = str(fault).strip().splitlines()
    message = f": {escape(lines[0], _MAX_MESSAGE)}" if lines else ""
    where = f"; please report it with {path}" if path else "; no report could be written"
    return f"a fault of gvtui's own, {type(fault).__name__}{message}{became}{where}"


def reports_folder() -> Path:
    """The folder that reports are written to."""
    import platformdirs

    return platformdirs.user_state_path("gvtui") / "reports"


def write_report(fault: BaseException) -> Path | None:
    """Write a report that only this user can read.

    Returns:
        The file, among the user's state or else in the folder for temporary files; None if neither
        can be written to.
    """
    text = report(fault)
    name = time.strftime(f"%Y%m%d-%H%M%S-{os.getpid()}-")
    folder = reports_folder()
    for place in (folder, None):
        try:
            if place is not None:
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            prefix = name if place else f"gvtui-fault-{name}"
            path = Path(place or tempfile.gettempdir(), f"{prefix}{secrets.token_hex(4)}.txt")
            write_whole(path, text.encode("utf-8", "replace"), mode=0o600)
        except OSError:
            continue
        _forget_old(folder)
        return path
    return None


def _forget_old(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("*.txt"))[:-KEPT_REPORTS]:
            path.unlink(missing_ok=True)


def report(fault: BaseException) -> str:
    """The text of a report: versions, the terminal, and the traceback without values."""
    from gvtui.decode.escape import escape

    told = "".join(traceback.TracebackException.from_exception(fault, compact=True).format())
    size = shutil.get_terminal_size((0, 0))
    known = {name: os.environ[name] for name in _TERMINAL if name in os.environ}
    lines = [
        f"gvtui {__version__}, {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}",
        f"called as: {' '.join(['gvtui', *_called_as(sys.argv[1:])])}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"with {', '.join(_versions())}",
        f"terminal: {' '.join(f'{name}={value}' for name, value in known.items())} "
        f"{size.columns}x{size.lines}",
        "",
        *told[-MAX_REPORT:].splitlines(),
    ]
    # The exception's text may quote a sandbox, and the report is read on a terminal.
    return "".join(f"{escape(line)}\n" for line in lines)


def _called_as(arguments: list[str]) -> list[str]:
    """The command's words and the names of its options, without values, which may be private."""
    words = []
    for at, argument in enumerate(arguments):
        if argument.startswith("--"):
            words.append(argument.partition("=")[0])
        elif argument.isalpha() and words == arguments[:at]:
            words.append(argument)
        elif words[-1:] != ["…"]:
            words.append("…")
    return words


def _versions() -> list[str]:
    found = []
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return found
