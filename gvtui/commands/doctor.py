"""`gvtui doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gvtui import __version__
from gvtui.commands.completing import files
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import LISTEN_OPTION, examples
from gvtui.python import python, why_not_started
from gvtui.saying import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.agent.binaries import FoundRunsc

_WMEM = Path("/proc/sys/net/core/wmem_default")
_USUAL_WMEM = 212_992
_MESSAGE_OVERHEAD = 32
"""How many bytes of the sender's buffer a message cannot use."""

_LEAST_COLUMNS, _LEAST_LINES = 80, 24
_TIMEOUT_SECONDS = 20.0
_WIDTH = 11


class Grade(Enum):
    """The severity of a finding; the value is its sign on the terminal."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    verdict: Grade
    subject: str
    text: str
    advice: str = ""
    """What the user can do about it; "" if nothing is wrong."""


@click.command(
    cls=ExitingCommand,
    exit_codes={1: "something must be changed before gvtui can work"},
    epilog=examples("gvtui doctor", "gvtui doctor --listen /run/gvtui.sock"),
)
@LISTEN_OPTION
@click.option(
    "--runsc",
    metavar="BIN",
    help="The runsc to check; all that are found if not given.",
    shell_complete=files(),
)
@click.pass_context
def doctor(ctx: click.Context, /, listen: Path, runsc: str | None) -> None:
    """Check whether gvtui can work on this machine.

    Checks each runsc and runs a sandbox that does nothing; says which runsc manages the sandboxes
    that run here, and why; checks the socket's path, real-time priority, the sender's buffer, the
    disk, the terminal and the configuration.
    """
    click.echo(f"gvtui {__version__}, Python {sys.version.split()[0]}")
    is_bad = False
    for finding in examine(listen, runsc):
        is_bad = is_bad or finding.verdict is Grade.BAD
        show(f"{finding.verdict.value:<5} {finding.subject:<{_WIDTH}}{finding.text}")
        if finding.advice:
            show(f"{'':<{_WIDTH + 6}}{finding.advice}")
    ctx.exit(int(is_bad))


def examine(listen: Path, runsc: str | None) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    yield from check_runsc(runsc)
    yield check_socket(listen)
    yield check_priority()
    yield check_buffer()
    yield check_fence()
    yield check_disk()
    yield from check_terminal()
    yield from check_config()


def check_runsc(named: str | None) -> Iterator[Finding]:
    """Which runsc are here, what each can do, and which of them manages each running sandbox."""
    from gvtui.agent.discover import take_inventory
    from gvtui.decode.escape import escape

    inventory = take_inventory([named] if named else [])
    for found in inventory.found:
        yield from _check_binary(found)
    for refused in inventory.refused:
        yield Finding(
            Grade.NOTE,
            "runsc",
            escape(f"{refused.path} {refused.why}"),
            "It is not used unless it is named with --runsc.",
        )
    if not inventory.found and named:
        yield Finding(Grade.BAD, "runsc", inventory.problem)
    elif not inventory.found and not inventory.refused:
        yield Finding(
            Grade.NOTE,
            "runsc",
            "not found; recordings can be opened without it",
            "Install gVisor, or name its runsc with --runsc.",
        )
    for each in inventory.containers:
        if each.is_sandbox and each.can_be_traced:
            by = f"{each.id} in {each.root}: by {each.runsc.path} ({each.runsc_why})"
            yield Finding(Grade.GOOD, "managed", escape(by))
    for report in inventory.roots:
        if report.error:
            yield Finding(Grade.NOTE, "managed", escape(f"{report.root}: {report.error}"))


def _check_binary(found: FoundRunsc) -> Iterator[Finding]:
    from gvtui.agent.abilities import missing_sidecar
    from gvtui.agent.started import note_flags
    from gvtui.commands.sandbox import Unusable, probe
    from gvtui.errors import GvtuiError

    runsc = found.runsc
    try:
        version, points = runsc.version(), len(runsc.catalogue())
    except GvtuiError as error:
        yield Finding(Grade.BAD, "runsc", f"{runsc.path}: {error}")
        return
    yield Finding(
        Grade.GOOD, "runsc", f"{runsc.path}, {version}, {points} trace points ({found.why})"
    )
    missing = missing_sidecar(runsc)
    if missing is not None:
        yield Finding(
            Grade.NOTE,
            "gvisor-bin",
            f"{missing} is missing: {runsc.path} starts sandboxes from a copy inside it, "
            "slowly, and gVisor drops these copies in October 2026",
            "Install gvisor-bin of the same release beside runsc.",
        )
    usable = probe(runsc.path)
    if isinstance(usable, Unusable):
        yield Finding(
            Grade.NOTE,
            "sandbox",
            usable.reason,
            "gvtui can still watch sandboxes that others start.",
        )
    else:
        note_flags(os.path.abspath(runsc.path), usable.flags)
        yield Finding(Grade.GOOD, "sandbox", f"runs with {' '.join(usable.flags)}")


def check_socket(listen: Path) -> Finding:
    """Whether gvtui can listen at a socket's path."""
    from gvtui.errors import GvtuiError
    from gvtui.monitor.listener import Listener

    try:
        Listener(listen).close()
    except GvtuiError as error:
        return Finding(Grade.BAD, "socket", str(error))
    return Finding(Grade.GOOD, "socket", f"{listen} is free to listen at")


def check_priority() -> Finding:
    """Whether the monitor may run at real-time priority."""
    code = (
        "import sys; from gvtui.monitor.priority import become_realtime as try_; "
        "sys.exit(not try_())"
    )
    try:
        done = subprocess.run(
            python("-c", code), timeout=_TIMEOUT_SECONDS, capture_output=True, check=False
        )
    except OSError as error:
        return Finding(Grade.BAD, "priority", f"no monitor can run: {why_not_started(error)}")
    if done.returncode == 0:
        return Finding(Grade.GOOD, "priority", "the monitor may run at real-time priority")
    return Finding(
        Grade.NOTE,
        "priority",
        "no real-time priority; sandboxes drop points sooner while the machine is busy",
        "Run gvtui as root, or allow it: ulimit -r 10 (rtprio in /etc/security/limits.conf).",
    )


def check_buffer(setting: Path = _WMEM, *, may_enlarge: bool | None = None) -> Finding:
    """The size of a sandbox's send buffer, which limits the size of a message too."""
    from gvtui.monitor import sendbuffer
    from gvtui.monitor.options import SEND_BUFFER_BYTES
    from gvtui.wire.header import MAX_MESSAGE_SIZE

    if sendbuffer.may_enlarge() if may_enlarge is None else may_enlarge:
        return Finding(
            Grade.GOOD,
            "buffer",
            f"each sandbox gets room for {SEND_BUFFER_BYTES >> 20} MiB of messages, and messages of "
            f"up to {MAX_MESSAGE_SIZE >> 20} MiB reach gvtui",
        )
    try:
        size = int(setting.read_text())
    except (OSError, ValueError):
        return Finding(Grade.NOTE, "buffer", f"{setting} cannot be read")
    text = f"messages of up to {size - _MESSAGE_OVERHEAD:,} bytes reach gvtui"
    if size < _USUAL_WMEM:
        return Finding(
            Grade.NOTE,
            "buffer",
            f"{text}: sandboxes drop points sooner than usual",
            f"sysctl net.core.wmem_default={_USUAL_WMEM}, before the sandboxes start.",
        )
    return Finding(
        Grade.NOTE,
        "buffer",
        f"{text}; an execve with longer arguments is lost",
        "Run gvtui as root: it then gives each sandbox more room.",
    )


def check_fence(*, has_landlock: bool | None = None, has_seccomp: bool | None = None) -> Finding:
    """Whether the kernel can fence in the processes that read what sandboxes send."""
    from gvtui.fence import landlock, seccomp

    reaches = landlock.version() > 0 if has_landlock is None else has_landlock
    calls = seccomp.is_available() if has_seccomp is None else has_seccomp
    if reaches and calls:
        text = (
            "the process that receives messages reaches nothing but its own files (Landlock), and "
            "can make no dangerous system call (seccomp)"
        )
        return Finding(Grade.GOOD, "fence", text)
    missing = " and ".join(
        name for name, has in (("Landlock", reaches), ("seccomp", calls)) if not has
    )
    half = "not fenced in" if not (reaches or calls) else "only half fenced in"
    advice = {
        "Landlock": "Linux 5.13 or later with landlock in its lsm= list",
        "seccomp": "Linux with CONFIG_SECCOMP_FILTER on x86_64 or arm64",
    }
    return Finding(
        Grade.NOTE,
        "fence",
        f"this kernel has no {missing}, or it is switched off: the process that receives messages "
        f"is {half}",
        f"Use {' and '.join(advice[name] for name in missing.split(' and '))}, or start gvtui with "
        "--user nobody.",
    )


def check_disk() -> Finding:
    """Whether the disk has room for the rows that a live view keeps."""
    import platformdirs

    from gvtui.monitor.options import DEFAULT_KEEP_BYTES

    place = Path(platformdirs.user_cache_dir("gvtui"))
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        return Finding(
            Grade.BAD, "disk", f"{place} cannot be written to", "Set XDG_CACHE_HOME elsewhere."
        )
    free = shutil.disk_usage(place).free
    text = f"{free / (1 << 30):.1f} GiB free in {place}"
    if free < DEFAULT_KEEP_BYTES:
        return Finding(Grade.NOTE, "disk", text, "Give --keep a smaller size than 2GiB.")
    return Finding(Grade.GOOD, "disk", text)


def check_config() -> Iterator[Finding]:
    """Whether every setting of the user's configuration is valid."""
    from gvtui.config import read_config
    from gvtui.decode.escape import escape
    from gvtui.tui.features import every_command
    from gvtui.tui.settings import problems_of

    config = read_config()
    problems: list[str] = []
    for profile in ("", *config.profiles):
        problems += problems_of(read_config(profile=profile), every_command())
    # Reading a profile reports the problems outside of it too.
    for problem in dict.fromkeys(problems):
        yield Finding(Grade.BAD, "config", problem)
    if not problems:
        words = "is right" if config.path.exists() else "does not exist: the defaults hold"
        yield Finding(Grade.GOOD, "config", escape(f"{config.path} {words}"))


def check_terminal() -> Iterator[Finding]:
    """Whether the terminal can show the viewer."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield Finding(
            Grade.NOTE,
            "terminal",
            "the viewer cannot draw on this terminal",
            "gvtui print and gvtui record need no terminal.",
        )
        return
    size = os.get_terminal_size(sys.stdout.fileno())
    text = f"{os.environ['TERM']}, {size.columns}x{size.lines}"
    if size.columns < _LEAST_COLUMNS or size.lines < _LEAST_LINES:
        yield Finding(
            Grade.NOTE,
            "terminal",
            text,
            f"Enlarge it to at least {_LEAST_COLUMNS}x{_LEAST_LINES}.",
        )
    else:
        yield Finding(Grade.GOOD, "terminal", text)
    encoding = sys.stdout.encoding.lower().replace("-", "")
    if encoding != "utf8":
        yield Finding(
            Grade.NOTE,
            "terminal",
            f"its encoding is {sys.stdout.encoding}: lines and signs cannot be drawn",
            "Set LANG=C.UTF-8.",
        )
