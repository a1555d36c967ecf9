"""Finds runsc's roots and containers on this machine.

The roots are the defaults of Docker, containerd and runsc itself, and those in the command lines of
running sandboxes.
"""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.binaries import Binaries
from gvtui.agent.containers import Container, list_containers, sandbox_ids, state_files
from gvtui.agent.naming.namer import Namer
from gvtui.agent.naming.spec import Spec, spec_in
from gvtui.agent.running import has_ended, sandbox_processes
from gvtui.agent.runsc import DEFAULT_TIMEOUT, Runsc, RunscError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Sequence

    from gvtui.agent.binaries import FoundRunsc, RefusedRunsc
    from gvtui.agent.running import SandboxProcess

_ROOT_PATTERNS = (
    "run/docker/runtime-*/moby",
    "run/containerd/runsc/*",
    "run/runsc",
    "run/user/*/runsc",
)
_WORKERS = 8
_SCHEME = re.compile(r"[a-z][a-z0-9-]*://")
"""The program before an ID, as in `docker://4f5c0d`."""


@dataclass(frozen=True, slots=True)
class RootReport:
    """The result of listing one root."""

    root: Path
    runsc: Runsc | None
    """The binary that listed the root; None if none did."""
    containers: tuple[Container, ...] = ()
    error: str = ""
    """Why the root, or a part of it, could not be listed, one sentence; "" if all was listed."""
    detail: str = ""
    """All that runsc said."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All binaries, roots and containers that gvtui may see on this machine."""

    roots: tuple[RootReport, ...] = ()
    found: tuple[FoundRunsc, ...] = ()
    """Every usable runsc with the reason why it is used; the preferred one first."""
    refused: tuple[RefusedRunsc, ...] = ()
    """The binaries that were found but may not be used."""
    problem: str = ""
    """Why nothing could be searched at all; "" if something was."""
    containers: tuple[Container, ...] = field(init=False)
    """The containers of all roots."""

    def __post_init__(self) -> None:
        found = tuple(each for report in self.roots for each in report.containers)
        object.__setattr__(self, "containers", found)

    @property
    def binaries(self) -> tuple[Runsc, ...]:
        """Every usable runsc, the preferred one first."""
        return tuple(each.runsc for each in self.found)

    def find(self, word: str) -> list[Container]:
        """The containers that a word means, from all roots.

        They are those with that ID; else those of that name, as `Names.spellings` has it; else
        those whose IDs begin so. `docker://`, `containerd://` and the like before an ID, as
        Kubernetes writes it, say that it is no name. Of a pod's containers that a name means, the
        pod's sandbox stands for all.
        """
        scheme = _SCHEME.match(word)
        word = word[scheme.end() :] if scheme else word
        exact = [each for each in self.containers if each.id == word]
        if exact or not word:
            return exact
        named = [each for each in self.containers if word in each.names.spellings]
        if named and not scheme:
            return _without_members(named)
        return [each for each in self.containers if each.id.startswith(word)]


def _without_members(found: list[Container]) -> list[Container]:
    """Containers, without those whose sandbox is among them."""
    sandboxes = {each.sandbox_key for each in found if each.is_sandbox}
    return [each for each in found if each.is_sandbox or each.sandbox_key not in sandboxes]


def find_binaries(
    named: Sequence[str] = (),
    processes: Iterable[SandboxProcess] = (),
    timeout: float = DEFAULT_TIMEOUT,
) -> list[Runsc]:
    """The usable runsc binaries: only the named ones if there are any, else all found.

    Raises:
        RunscError: a named binary does not exist.
    """
    return [each.runsc for each in Binaries(named, timeout).all(processes)]


def find_roots(
    named: Sequence[Path | str] = (),
    processes: Iterable[SandboxProcess] = (),
    top: Path = Path("/"),
) -> list[Path]:
    """Runsc's roots: only the named ones if there are any, else the default and running ones."""
    if named:
        return [Path(root) for root in dict.fromkeys(map(str, named))]
    places = [place for pattern in _ROOT_PATTERNS for place in sorted(top.glob(pattern))]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        places.append(Path(runtime, "runsc"))
    places += sorted({process.root for process in processes})
    unique: dict[str, Path] = {}
    for place in places:
        if _may_be_folder(place):
            unique.setdefault(os.path.realpath(place), place)
    return list(unique.values())


def _may_be_folder(place: Path) -> bool:
    """False if there is certainly no folder; True also where this user may not look."""
    try:
        return stat.S_ISDIR(place.stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def take_inventory(
    binaries: Sequence[str] = (),
    roots: Sequence[Path | str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    stop: threading.Event | None = None,
    namer: Namer | None = None,
) -> Inventory:
    """Search for binaries, roots and containers; never raises for what it may not read.

    Args:
        binaries: runsc binaries to use, in place of those found.
        roots: runsc roots to search, in place of those found.
        timeout: seconds for each call of runsc.
        stop: an event to set when the result is not needed any more; running calls are then ended.
        namer: finds the containers' names.
    """
    processes = sandbox_processes()
    try:
        known = Binaries(binaries, timeout, stop)
    except RunscError as error:
        return Inventory(problem=str(error))
    found = tuple(known.all(processes))
    if not found:
        refused = [f"{each.path} {each.why}" for each in known.refused]
        problem = "no runsc on this machine: install gVisor, or name its path"
        if refused:
            problem = f"no runsc that can be used: {'; '.join(refused)}; name it with --runsc"
        return Inventory(refused=known.refused, problem=problem)
    places = find_roots(roots, processes)
    # The binaries are checked here, one after the other; the roots are then listed in parallel.
    candidates = [(root, *_candidates(root, known, processes)) for root in places]
    led = {each.pid: known.refused_of_sandbox(each) for each in processes}
    barred = {pid: each for pid, each in led.items() if each}
    with ThreadPoolExecutor(_WORKERS) as pool:
        reports = list(pool.map(lambda each: _report(*each, refused=barred), candidates))
    return Inventory(_named(reports, namer or Namer()), found, known.refused)


def _named(reports: list[RootReport], namer: Namer) -> tuple[RootReport, ...]:
    """The reports with what operators call their containers."""
    names = iter(namer.names([_spec(each) for report in reports for each in report.containers]))
    return tuple(
        replace(
            report,
            containers=tuple(replace(each, names=next(names)) for each in report.containers),
        )
        for report in reports
    )


def _spec(container: Container) -> Spec:
    found = spec_in(container.root, container.id, container.sandbox_id)
    if found.bundle or found.annotations:
        return found
    return Spec(container.id, container.bundle, container.annotations)


def _candidates(
    root: Path, known: Binaries, processes: list[SandboxProcess]
) -> tuple[list[SandboxProcess], dict[int, FoundRunsc], list[FoundRunsc]]:
    """A root's running sandboxes, the runsc that each leads to, and the binaries to try then."""
    real = os.path.realpath(root)
    here = [each for each in processes if os.path.realpath(each.root) == real]
    chosen = {each.pid: known.of_sandbox(each) for each in here}
    return here, {pid: each for pid, each in chosen.items() if each}, known.for_root(root)


def _report(
    root: Path,
    here: list[SandboxProcess],
    chosen: dict[int, FoundRunsc],
    others: list[FoundRunsc],
    *,
    refused: dict[int, RefusedRunsc],
) -> RootReport:
    if not _may_be_folder(root):
        return RootReport(root, None, error=f"there is no directory {root}")
    if not os.access(root, os.R_OK | os.X_OK):
        return RootReport(root, None, error=_no_permission(root))
    # A binary lists the sandboxes of a newer one as stopped. So the binaries of the running
    # sandboxes are asked first, and others only while a running sandbox is not listed as running.
    unseen = {each.sandbox_id for each in here}
    pids = {each.pid for each in here}
    listed: dict[str, Container] = {}
    answered: Runsc | None = None
    failure: RunscError | None = None
    leading = {each.runsc: each for each in chosen.values()}
    following = [each for each in others if each.runsc not in leading]
    for found in (*leading.values(), *following):
        if found.runsc not in leading and failure and leading:
            break
        try:
            containers = list_containers(found.runsc, root)
        except RunscError as error:
            # The failure of a further binary does not matter where one has answered.
            failure = failure or (error if answered is None else None)
            continue
        failure = failure if found.runsc in leading else None
        answered = answered or found.runsc
        for container in containers:
            known = listed.get(container.id)
            own = chosen.get(container.pid)
            is_better = known is None or (own is not None and own.runsc == found.runsc)
            if is_better or (container.can_be_traced and known and not known.can_be_traced):
                why = own.why if own and own.runsc == found.runsc else found.why
                listed[container.id] = replace(container, runsc_why=why)
            if container.pid in pids and container.can_be_traced:
                unseen.discard(container.sandbox_id)
        if not unseen:
            break
    if failure is None:
        why = _mark_unmanaged(root, here, listed, refused) or _hidden(root)
        return RootReport(root, answered, tuple(listed.values()), why)
    # A single sandbox that does not answer keeps runsc from listing the whole root.
    for container in _by_processes(root, here, chosen, others):
        former = listed.get(container.id)
        if former is None or not former.can_be_traced:
            listed[container.id] = container
    why = str(failure)
    if listed:
        why += "; what is known of its sandboxes is from their processes"
    return RootReport(root, answered, tuple(listed.values()), why, failure.detail)


def _no_permission(place: Path) -> str:
    return f"no permission to read {place}; run gvtui as its owner, mostly root"


def _hidden(root: Path) -> str:
    """A sentence on containers that this user may not read: runsc omits them silently."""
    hidden = (each for each in state_files(root) if not os.access(each, os.R_OK))
    return next(map(_no_permission, hidden), "")


def _mark_unmanaged(
    root: Path,
    here: list[SandboxProcess],
    listed: dict[str, Container],
    refused: dict[int, RefusedRunsc],
) -> str:
    """Mark running sandboxes that every runsc lists as stopped; gives a sentence on the first."""
    said = ""
    for process in here:
        container = listed.get(process.sandbox_id)
        if container is None or container.can_be_traced:
            continue
        runs = replace(
            container, pid=process.pid, status="unmanaged", runsc_why="which sees it stopped"
        )
        if has_ended(runs):
            continue
        listed[container.id] = runs
        no = refused.get(process.pid)
        why = "no runsc found here manages it; name the one that started it"
        if no is not None:
            why = f"the runsc that its processes lead to, {no.path}, {no.why}; name it"
        said = said or f"{container.id} runs as pid {process.pid}, but {why} with --runsc"
    return said


def _by_processes(
    root: Path,
    processes: list[SandboxProcess],
    chosen: dict[int, FoundRunsc],
    others: list[FoundRunsc],
) -> list[Container]:
    """The containers of running sandboxes, from their processes, where runsc cannot list them."""
    members = sandbox_ids(root)
    found = []
    for process in processes:
        by = chosen.get(process.pid) or next(iter(others), None)
        if by is None:
            continue
        inner = [name for name, sandbox in members.items() if sandbox == process.sandbox_id]
        found += [
            Container(
                each,
                root,
                by.runsc,
                "running",
                process.pid,
                process.sandbox_id,
                runsc_why=by.why,
            )
            for each in dict.fromkeys([process.sandbox_id, *inner])
        ]
    return found
