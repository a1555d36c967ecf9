"""Finds out whether a runsc can run a sandbox here, and how."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gvtui.agent.scratch import scratch_folder
from gvtui.decode.escape import escape

PROBE_SECONDS = 20.0
"""How many seconds a sandbox that does nothing may take; one second is usual."""

_PLATFORMS = ("systrap", "ptrace", "kvm")
"""Platforms to try: the usual one, that of versions before 2023, and that of machines with KVM."""

_UNKNOWN_PLATFORM = "unknown platform"
"""How a runsc refuses a platform that it lacks; the failure on another platform says more."""

_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class UsableRunsc:
    """A runsc that has just run a sandbox."""

    path: str
    platform: str
    flags: tuple[str, ...]
    """The flags before the subcommand that it needs on this machine and for this user."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reason why a runsc cannot run a sandbox."""

    reason: str


def probe(path: str) -> UsableRunsc | Unusable:
    """Run a sandbox that does nothing, on one platform after the other."""
    reason = ""
    rootless = () if os.geteuid() == 0 else ("--rootless",)
    for platform in _PLATFORMS:
        flags = (*rootless, "--network=none", "--ignore-cgroups", f"--platform={platform}")
        failure = _try(path, flags)
        if failure is None:
            return UsableRunsc(path, platform, flags)
        if not reason or _UNKNOWN_PLATFORM in reason:
            reason = failure
    return Unusable(f"{path} cannot run a sandbox: {reason}")


def _try(path: str, flags: tuple[str, ...]) -> str | None:
    """Why a sandbox could not run; None if it did."""
    with scratch_folder("gvtui-probe-") as root:
        command = [path, f"--root={root}", *flags, "do", "true"]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_SECONDS,
                start_new_session=True,
                cwd=Path("/"),
                # `runsc do` keeps its state in a temporary folder, and leaves it there if killed.
                env={**os.environ, "TMPDIR": str(root)},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not end within {PROBE_SECONDS:g} s"
        except OSError as error:
            return str(error.strerror)
    if done.returncode == 0:
        return None
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return escape(said[-1], _MAX_REASON) if said else f"it ended with code {done.returncode}"
