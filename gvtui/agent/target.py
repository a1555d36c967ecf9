"""What a session can be applied to, as `targets` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.agent.containers import Container
    from gvtui.agent.pod_init import SessionFile
    from gvtui.points.catalogue import Catalogue
    from gvtui.points.session import Session

Key = tuple[str, str]
"""Identifies a target: a sandbox's root and ID, or "file" and a session file's path."""


class SessionOwner(Enum):
    """Who made the session that runs at a target."""

    OURS = "gvtui's session"
    EARLIER = "a session that another gvtui has made: one before, one beside, or a command"
    POD_INIT = "the session of a pod init file"
    OTHER = "a session that gvtui did not make"
    HERE = "a session that sends here, though this gvtui did not make it"
    NONE = "no session"
    UNKNOWN = "not known"
    FILE = "file"
    RECORDED = "as recorded"


@dataclass(frozen=True, slots=True)
class Target:
    """A sandbox or a file that a session can be applied to."""

    key: Key
    title: str
    owner: SessionOwner
    container: Container | None = None
    applied: Session | None = None
    """The session that runs there or is in the file, if it is known."""
    is_guess: bool = False
    """Whether `applied` may have changed since: it is what a pod init file says now."""
    catalogue: Catalogue | None = None
    error: str = ""
    """Why gvtui could not find out what runs there; "" if it could."""
    members: int = 1
    """How many containers share the sandbox, and so its session."""
    exists: bool = True
    """Whether a session file exists yet."""

    def sends_to(self, endpoint: Path | None) -> bool:
        """Whether its session sends to a socket, so far as the session is known."""
        return self.applied is None or str(endpoint) in self.applied.endpoints


@dataclass(frozen=True, slots=True)
class TargetSurvey:
    """The result of one search for targets."""

    targets: tuple[Target, ...]
    """The sandboxes."""
    containers: tuple[Container, ...]
    problem: str = ""
    """What could not be searched, and why, one sentence; "" if all was."""
    file: SessionFile | None = None
    """The session file as somebody else has changed it; None if nobody has."""
    file_error: str = ""
    """Why the session file cannot be read any more; "" if it can."""
    catalogue: Catalogue | None = None
    """What this machine's runsc offers, for when no sandbox's own catalogue is known."""
