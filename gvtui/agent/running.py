"""Finds sandboxes among the running processes, and the runsc that may manage each.

A sandbox's process ran `runsc` itself until gVisor's release of 2026-08-31. Since then it runs
`gvisor-bin/gvisor_sentry` beside runsc, mostly through a prewarmer in the same folder: a program
that is started with the sentry's path and command line as arguments, and then becomes the sentry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.abilities import SIDECAR_FOLDER, is_runsc_file, knows_trace
from gvtui.agent.containers import sandbox_ids
from gvtui.agent.trust import is_own_file
from gvtui.points.runsc_command import parse_runsc_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.agent.containers import Container
    from gvtui.agent.runsc import Runsc

_GVISOR_NAME = re.compile(r"runsc|gvisor|sentry")
"""Found in the first word of the command line of gVisor's processes: all versions up to 2026-09
have `runsc-sandbox` and `runsc-gofer`."""

_PREWARMER_WORDS = 2
"""How many words precede the sandbox's own command line while the prewarmer runs."""

_MAX_COMMAND = 16_384
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Hint:
    """A file that may be the runsc of a sandbox, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class SandboxProcess:
    """The running process of a sandbox."""

    pid: int
    root: Path
    sandbox_id: str
    hints: tuple[Hint, ...] = ()
    """Where its runsc may be, the most likely file first; none has been checked or run."""
    gofer_pid: int = 0
    """The pid of its gofer, a process that runs runsc itself; 0 if none was found."""


def sandbox_processes(proc: Path = Path("/proc")) -> list[SandboxProcess]:
    """The sandboxes among the running processes, by their command lines."""
    sandboxes: list[tuple[Path, list[str], Path, str]] = []
    gofers: dict[tuple[str, str], Path] = {}
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        words, role = _gvisor_command(entry)
        if not role:
            continue
        root = parse_runsc_command(words).flags.get("root", "")
        if not root.startswith("/"):
            continue
        if role == "boot":
            sandboxes.append((entry, words, Path(root), words[-1]))
        else:
            gofers.setdefault((root, words[-1]), entry)
    found = []
    for entry, words, place, sandbox_id in sandboxes:
        gofer = gofers.get((str(place), sandbox_id))
        hints = tuple(_hints(entry, words, gofer))
        pid = int(gofer.name) if gofer else 0
        found.append(SandboxProcess(int(entry.name), place, sandbox_id, hints, pid))
    return found


def processes_of(wanted: Sequence[tuple[str, str]]) -> list[SandboxProcess | None]:
    """The running sandbox of each container; None where there is none, or more than one.

    The machine is searched once for all of them.

    Args:
        wanted: containers, each with its runsc root; "" for a root that is not known.
    """
    processes = sandbox_processes()
    members = {root: sandbox_ids(root) for root in {each.root for each in processes}}

    def find(container: str, root: str) -> SandboxProcess | None:
        found = [
            each
            for each in processes
            if root in ("", str(each.root))
            and each.sandbox_id == members[each.root].get(container, container)
        ]
        return found[0] if len(found) == 1 else None

    return [find(*each) for each in wanted]


def _hints(entry: Path, words: list[str], gofer: Path | None) -> Iterator[Hint]:
    runs = _exe(entry)
    whole = command_of(entry)
    # While the prewarmer runs, the sentry's path is one of its arguments.
    will_run = whole[1] if whole != words and len(whole) > 1 else ""
    for path in dict.fromkeys((will_run, runs)):
        if not path.startswith("/"):
            continue
        file = Path(path)
        if not file.name.startswith("runsc"):
            yield Hint(str(file.parent.parent / "runsc"), f"beside its sandbox's {file.parent}")
        if path == runs and file.parent.name != SIDECAR_FOLDER:
            yield Hint(path, "its sandbox runs it")
    if gofer is not None and (path := _exe(gofer)):
        yield Hint(path, "its sandbox's gofer runs it")


def own_runsc(container: Container, proc: Path = Path("/proc")) -> Runsc | None:
    """The very binary that started a container's sandbox, even if its file was replaced since.

    Its `trace metadata` lists what the sandbox offers, whatever is installed now. It is the file
    that the sandbox's process runs or, where that file cannot manage trace sessions, the file that
    its gofer runs. None unless this is certain: a running sandbox of that name, from a file that
    only root or this user can write.
    """
    if not _is_sandbox_of(container, proc):
        return None
    gofers = [each.gofer_pid for each in sandbox_processes(proc) if each.pid == container.pid]
    for pid in (container.pid, *filter(None, gofers)):
        entry = proc / str(pid)
        path = entry / "exe"
        try:
            is_safe = is_own_file(path.stat())
        except OSError:
            continue
        runsc = replace(container.runsc, path=str(path))
        has_name = Path(_exe(entry)).name.startswith("runsc")
        if is_safe and (has_name or is_runsc_file(str(path))) and knows_trace(runsc):
            return runsc
    return None


def pod_init_of(pid: int, proc: Path = Path("/proc")) -> str:
    """The pod init file that a process of gVisor's was started with, absolute; "" if none is known.

    A sandbox has runsc's flags in its command line, and so has the `runsc` that starts it.
    """
    words = command_of(proc / str(pid))
    for start in (0, _PREWARMER_WORDS):
        path = parse_runsc_command(words[start:]).flags.get("pod-init-config", "")
        if path.startswith("/"):
            return path
    return ""


def process_start(pid: int, proc: Path = Path("/proc")) -> int:
    """When a process started, in the kernel's clock ticks, field 22 of proc_pid_stat(5).

    0 if it runs no more: it has gone, or only its parent has not asked for its exit yet.
    """
    try:
        words = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return 0 if words[0] in (b"Z", b"X") else int(words[22 - 3])
    except (OSError, ValueError, IndexError):
        return 0


def has_ended(container: Container, proc: Path = Path("/proc")) -> bool:
    """Whether the process of a container's sandbox has certainly ended; False if in doubt."""
    return bool(container.pid) and not _is_sandbox_of(container, proc)


def _is_sandbox_of(container: Container, proc: Path) -> bool:
    words, role = _gvisor_command(proc / str(container.pid))
    return role == "boot" and words[-1] == container.sandbox_id


def _gvisor_command(entry: Path) -> tuple[list[str], str]:
    """The command line of a sandbox or a gofer, and `boot` or `gofer`; "" for other processes."""
    whole = command_of(entry)
    for start in (0, _PREWARMER_WORDS):
        words = whole[start:]
        if len(words) > 1 and _GVISOR_NAME.search(Path(words[0]).name):
            role = parse_runsc_command(words).subcommand
            if role in ("boot", "gofer"):
                return words, role
    return [], ""


def command_of(entry: Path) -> list[str]:
    """The command line of a process, by its folder in /proc; none if it cannot be read."""
    try:
        with (entry / "cmdline").open("rb") as file:
            raw = file.read(_MAX_COMMAND)
    except OSError:
        return []
    raw = raw.rstrip(b"\0")
    return [word.decode("utf-8", "surrogateescape") for word in raw.split(b"\0")] if raw else []


def _exe(entry: Path) -> str:
    """The path of the file that a process runs, without the note that it has been deleted."""
    try:
        return str((entry / "exe").readlink()).removesuffix(_DELETED)
    except OSError:
        return ""
