"""Where runsc and its containers are on this machine.

Roots are known from Docker, containerd and runsc's own defaults, and from the command lines of
running sandboxes, which also tell the binary that runs them.
"""

from __future__ import annotations

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.containers import Container, list_containers, sandbox_ids
from gvtui.agent.runsc import DEFAULT_TIMEOUT, Runsc, RunscError
from gvtui.points.runsc_command import parse_runsc_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BINARIES = ("/usr/local/bin/runsc", "/usr/bin/runsc", "/usr/local/sbin/runsc", "/opt/runsc/runsc")
_ROOT_PATTERNS = (
    "run/docker/runtime-*/moby",
    "run/containerd/runsc/*",
    "run/runsc",
    "run/user/*/runsc",
)
_SANDBOX_PROCESS = "runsc-sandbox"
_MAX_COMMAND = 16_384
_WORKERS = 8
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class SandboxProcess:
    """A sandbox's process, found running."""

    pid: int
    root: Path
    sandbox_id: str
    binary: str
    """The file that it runs; "" if that is not known, or no longer there."""


@dataclass(frozen=True, slots=True)
class RootReport:
    """A root and what came of listing it."""

    root: Path
    runsc: Runsc | None
    """The binary that listed it."""
    containers: tuple[Container, ...] = ()
    error: str = ""
    """Why it could not be listed, or not all of it, one sentence; "" if it could."""
    detail: str = ""
    """All that runsc said."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What runs here, as far as gvtui may see."""

    roots: tuple[RootReport, ...] = ()
    binaries: tuple[Runsc, ...] = ()
    """Every runsc found, the preferred one first."""
    problem: str = ""
    """Why nothing could be looked for at all."""
    containers: tuple[Container, ...] = field(init=False)
    """The containers of all roots."""

    def __post_init__(self) -> None:
        found = tuple(each for report in self.roots for each in report.containers)
        object.__setattr__(self, "containers", found)

    def find(self, container_id: str) -> list[Container]:
        """The containers of that ID, or else whose ID begins so; several roots may have one."""
        exact = [each for each in self.containers if each.id == container_id]
        if exact or not container_id:
            return exact
        return [each for each in self.containers if each.id.startswith(container_id)]


def find_binaries(
    named: Sequence[str] = (),
    processes: Iterable[SandboxProcess] = (),
    timeout: float = DEFAULT_TIMEOUT,
) -> list[Runsc]:
    """The runsc binaries here: the named ones alone, or PATH's, the usual places', running ones.

    Raises:
        RunscError: a named one is not there.
    """
    if named:
        found = []
        for name in named:
            path = shutil.which(name)
            if path is None:
                raise RunscError(f"there is no program {name}; name runsc's path")
            found.append(path)
    else:
        running = sorted({process.binary for process in processes if process.binary})
        places = [shutil.which("runsc") or "", *_BINARIES, *running]
        found = [place for place in places if place and os.access(place, os.X_OK)]
    unique: dict[str, str] = {}
    for path in found:
        unique.setdefault(os.path.realpath(path), path)
    return [Runsc(path, timeout) for path in unique.values()]


def find_roots(
    named: Sequence[Path | str] = (),
    processes: Iterable[SandboxProcess] = (),
    top: Path = Path("/"),
) -> list[Path]:
    """Runsc's roots that exist: the named ones alone, or the usual ones and the running ones."""
    if named:
        return [Path(root) for root in dict.fromkeys(map(str, named))]
    places = [place for pattern in _ROOT_PATTERNS for place in sorted(top.glob(pattern))]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        places.append(Path(runtime, "runsc"))
    places += sorted({process.root for process in processes})
    unique: dict[str, Path] = {}
    for place in places:
        if place.is_dir():
            unique.setdefault(os.path.realpath(place), place)
    return list(unique.values())


def sandbox_processes(proc: Path = Path("/proc")) -> list[SandboxProcess]:
    """The sandboxes among the running processes, by their command lines."""
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        command = _command(entry)
        if command[:1] != [_SANDBOX_PROCESS] or "boot" not in command:
            continue
        root = parse_runsc_command(command).flags.get("root", "")
        if root.startswith("/"):
            process = SandboxProcess(int(entry.name), Path(root), command[-1], _binary(entry))
            found.append(process)
    return found


def take_inventory(
    binaries: Sequence[str] = (), roots: Sequence[Path | str] = (), timeout: float = DEFAULT_TIMEOUT
) -> Inventory:
    """Look for binaries, roots and containers; never raises for what it may not see.

    Args:
        binaries: runsc binaries to use, in place of those found.
        roots: runsc roots to look at, in place of those found.
        timeout: seconds for each call of runsc.
    """
    processes = sandbox_processes()
    try:
        found = find_binaries(binaries, processes, timeout)
    except RunscError as error:
        return Inventory(problem=str(error))
    if not found:
        return Inventory(problem="no runsc on this machine: install gVisor, or name its path")
    places = find_roots(roots, processes)
    with ThreadPoolExecutor(_WORKERS) as pool:
        reports = list(pool.map(lambda root: _report(root, found, processes), places))
    return Inventory(tuple(reports), tuple(found))


def _report(root: Path, binaries: list[Runsc], processes: list[SandboxProcess]) -> RootReport:
    if not root.is_dir():
        return RootReport(root, None, error=f"there is no directory {root}")
    if not os.access(root, os.R_OK | os.X_OK):
        return RootReport(
            root, None, error=f"no permission to read {root}; run gvtui as its owner, mostly root"
        )
    by_path = {os.path.realpath(each.path): each for each in binaries}
    real = os.path.realpath(root)
    here = [each for each in processes if os.path.realpath(each.root) == real]
    running = {
        process.pid: by_path[os.path.realpath(process.binary)]
        for process in here
        if os.path.realpath(process.binary) in by_path
    }
    # A binary lists the sandboxes of a newer one as stopped, so those that run here are asked.
    asked = list(dict.fromkeys(running.values())) or binaries
    listed: dict[str, Container] = {}
    answered: Runsc | None = None
    failure: RunscError | None = None
    for runsc in asked:
        try:
            containers = list_containers(runsc, root)
        except RunscError as error:
            failure = failure or error
            continue
        answered = answered or runsc
        for container in containers:
            if running.get(container.pid) == runsc:
                listed[container.id] = container
            else:
                listed.setdefault(container.id, container)
        if not running:
            break
    if failure is None:
        return RootReport(root, answered, tuple(listed.values()))
    # One sandbox that does not answer keeps runsc from listing its whole root.
    for container in _by_processes(root, here, running, binaries[0]):
        known = listed.get(container.id)
        if known is None or not known.can_be_traced:
            listed[container.id] = container
    why = str(failure)
    if listed:
        why += "; what is known of its sandboxes is from their processes"
    return RootReport(root, answered, tuple(listed.values()), why, failure.detail)


def _by_processes(
    root: Path, processes: list[SandboxProcess], running: dict[int, Runsc], other: Runsc
) -> list[Container]:
    """The containers of the sandboxes that have a process, where runsc cannot list them."""
    members = sandbox_ids(root)
    found = []
    for process in processes:
        runsc = running.get(process.pid, other)
        inner = [name for name, sandbox in members.items() if sandbox == process.sandbox_id]
        found += [
            Container(each, root, runsc, "running", process.pid, process.sandbox_id)
            for each in dict.fromkeys([process.sandbox_id, *inner])
        ]
    return found


def own_runsc(container: Container, proc: Path = Path("/proc")) -> Runsc | None:
    """The very binary that runs a container's sandbox, even if its file has been replaced.

    Its `trace metadata` is what the sandbox offers, whatever is installed now. None unless it is
    surely that: a running sandbox of that name, from a file that only root or this user can write.
    """
    entry = proc / str(container.pid)
    command = _command(entry)
    if command[:1] != [_SANDBOX_PROCESS] or command[-1:] != [container.sandbox_id]:
        return None
    try:
        status = (entry / "exe").stat()
    except OSError:
        return None
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE:
        return None
    return Runsc(str(entry / "exe"), container.runsc.timeout)


def has_ended(container: Container, proc: Path = Path("/proc")) -> bool:
    """Whether the process of a container's sandbox is surely gone; False if that cannot be told."""
    if not container.pid:
        return False
    command = _command(proc / str(container.pid))
    return command[:1] != [_SANDBOX_PROCESS] or command[-1:] != [container.sandbox_id]


def _command(entry: Path) -> list[str]:
    try:
        with (entry / "cmdline").open("rb") as file:
            raw = file.read(_MAX_COMMAND)
    except OSError:
        return []
    return [word.decode("utf-8", "surrogateescape") for word in raw.split(b"\0") if word]


def _binary(entry: Path) -> str:
    try:
        path = str((entry / "exe").readlink())
        status = Path(path).stat()
    except OSError:
        return ""
    safe = status.st_uid in (0, os.geteuid()) and not status.st_mode & _OTHERS_MAY_WRITE
    return path if safe else ""
