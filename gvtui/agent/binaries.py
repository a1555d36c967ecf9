"""Chooses which runsc to use on this machine and for each running sandbox, and says why.

A binary that the user names is used without a check. One that gvtui finds must be safe to run
(`trust`), be gVisor's and manage trace sessions (`abilities`).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.abilities import is_runsc_file, trace_problem
from gvtui.agent.configured import configured_runtimes
from gvtui.agent.running import Hint
from gvtui.agent.runsc import DEFAULT_TIMEOUT, Runsc, RunscError
from gvtui.agent.trust import distrust

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Sequence

    from gvtui.agent.configured import ConfiguredRuntime
    from gvtui.agent.running import SandboxProcess

_PLACES = ("/usr/local/bin/runsc", "/usr/bin/runsc", "/usr/local/sbin/runsc", "/opt/runsc/runsc")


@dataclass(frozen=True, slots=True)
class FoundRunsc:
    """A runsc that is used, and the reason."""

    runsc: Runsc
    why: str


@dataclass(frozen=True, slots=True)
class RefusedRunsc:
    """A runsc that was found but is not used, and the reason."""

    path: str
    why: str
    """The reason, as words to follow the path."""


class Binaries:
    """The runsc binaries on this machine; each file is checked once."""

    def __init__(
        self,
        named: Sequence[str] = (),
        timeout: float = DEFAULT_TIMEOUT,
        stop: threading.Event | None = None,
    ) -> None:
        """Read where runsc is named or configured; no program is run yet.

        Args:
            named: binaries to use, in place of those found here.
            timeout: seconds for each call of a binary.
            stop: an event to set when no answer is needed any more.

        Raises:
            RunscError: a named binary does not exist.
        """
        self._timeout = timeout
        self._stop = stop
        self._refused: dict[str, RefusedRunsc] = {}
        self._judged: dict[str, bool] = {}
        self._configured = () if named else tuple(configured_runtimes())
        self._named: dict[str, FoundRunsc] = {}
        for name in named:
            path = shutil.which(name)
            if path is None:
                raise RunscError(f"there is no program {name}; name runsc's path")
            found = FoundRunsc(Runsc(path, timeout, stop), "named with --runsc")
            self._named.setdefault(os.path.realpath(path), found)

    @property
    def refused(self) -> tuple[RefusedRunsc, ...]:
        """The binaries found so far that may not be used."""
        return tuple(self._refused.values())

    def all(self, processes: Iterable[SandboxProcess] = ()) -> list[FoundRunsc]:
        """All usable binaries: from PATH, the usual places, configurations, and running sandboxes.

        The preferred one comes first. If the user named binaries, only those are given.
        """
        if self._named:
            return list(self._named.values())
        hints = [*_usual(), *_configured(self._configured)]
        running: dict[str, Hint] = {}
        for hint in (hint for process in processes for hint in process.hints):
            running.setdefault(hint.path, hint)
        hints += [running[path] for path in sorted(running)]
        return self._usable(hints)

    def refused_of_sandbox(self, process: SandboxProcess) -> RefusedRunsc | None:
        """The runsc that a sandbox's own processes lead to, if it may not be used; else None."""
        real = (os.path.realpath(hint.path) for hint in process.hints)
        return next((self._refused[path] for path in real if path in self._refused), None)

    def of_sandbox(self, process: SandboxProcess) -> FoundRunsc | None:
        """The runsc that a sandbox's own processes lead to, if it may be used; else None."""
        for hint in process.hints:
            if self._named:
                found = self._named.get(os.path.realpath(hint.path))
            else:
                found = self._judge(hint)
            if found is not None:
                return found
        return None

    def for_root(self, root: Path) -> list[FoundRunsc]:
        """The binaries that may manage a root's sandboxes, the most likely first.

        First the runtimes that the root's container engine is configured with, then those from
        PATH, the usual places and other engines. If the user named binaries, only those are given.
        """
        if self._named:
            return list(self._named.values())
        words = root.parts

        def is_of_root(runtime: ConfiguredRuntime) -> bool:
            return runtime.engine in words or f"runtime-{runtime.name}" in words

        near = [each for each in self._configured if is_of_root(each)]
        far = [each for each in self._configured if not is_of_root(each)]
        return self._usable([*_configured(near), *_usual(), *_configured(far)])

    def _usable(self, hints: Iterable[Hint]) -> list[FoundRunsc]:
        unique: dict[str, FoundRunsc] = {}
        for hint in hints:
            found = self._judge(hint)
            if found is not None:
                unique.setdefault(os.path.realpath(hint.path), found)
        return list(unique.values())

    def _judge(self, hint: Hint) -> FoundRunsc | None:
        real = os.path.realpath(hint.path)
        runsc = Runsc(hint.path, self._timeout, self._stop)
        # A link may be unsafe although the file that it leads to is safe.
        if hint.path not in self._judged:
            self._judged[hint.path] = self._may_be_used(hint.path, real, runsc)
        return FoundRunsc(runsc, hint.why) if self._judged[hint.path] else None

    def _may_be_used(self, path: str, real: str, runsc: Runsc) -> bool:
        if not os.access(path, os.F_OK):
            return False
        problem = distrust(path)
        if not problem and not is_runsc_file(real):
            return False
        problem = problem or trace_problem(runsc)
        if problem and Path(path).name.startswith("runsc"):
            self._refused.setdefault(real, RefusedRunsc(path, problem))
        return not problem


def _usual() -> list[Hint]:
    in_path = shutil.which("runsc")
    hints = [Hint(in_path, "in PATH")] if in_path else []
    return hints + [Hint(place, "in a usual place") for place in _PLACES]


def _configured(runtimes: Iterable[ConfiguredRuntime]) -> list[Hint]:
    return [Hint(runtime.path, runtime.why) for runtime in runtimes]
