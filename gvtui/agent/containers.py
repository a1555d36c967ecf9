"""Reads the containers that runsc lists, and which sandbox each runs in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.agent.naming.annotations import names_in
from gvtui.decode.ids import short_id
from gvtui.trace.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gvtui.agent.runsc import Runsc

_SANDBOX_ID_KEYS = ("io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID")
_STATE_FILE = ".state"
_STATE_JOIN = "_sandbox:"


@dataclass(frozen=True, slots=True)
class Container:
    """A container under one of runsc's roots."""

    id: str
    root: Path
    runsc: Runsc
    """The binary that manages the container."""
    status: str
    """`running`, `created`, `stopped`, `paused`; "" if runsc does not say. `unmanaged` means that
    the sandbox runs, but no usable runsc lists it as running."""
    pid: int
    """The pid of the sandbox's process on this machine; 0 if there is none."""
    sandbox_id: str
    """The ID of its sandbox: its own ID, or its pod's. Sessions belong to sandboxes."""
    bundle: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    """What its operator calls it."""
    runsc_why: str = field(default="", compare=False)
    """Why `runsc` is used for it, in words."""

    @property
    def key(self) -> tuple[str, str]:
        """Root and ID, which together identify the container."""
        return (str(self.root), self.id)

    @property
    def sandbox_key(self) -> tuple[str, str]:
        """Root and sandbox ID, which together identify its sandbox."""
        return (str(self.root), self.sandbox_id)

    @property
    def is_sandbox(self) -> bool:
        """Whether it is its sandbox's first container, whose ID runsc's trace commands take."""
        return self.id == self.sandbox_id

    @property
    def can_be_traced(self) -> bool:
        """Whether a session can be made for it now."""
        return self.status in ("running", "created", "paused")

    @property
    def called(self) -> str:
        """Its name with its ID, or the ID alone, for sentences."""
        return f"{self.names.full} ({self.id})" if self.names.label else self.id

    @property
    def short(self) -> str:
        """Its name, or else its ID, as lists show it."""
        return self.names.label or short_id(self.id)

    @property
    def label(self) -> str:
        """Its pod, name and image; "" if nobody tells them."""
        return " ".join(part for part in (self.names.label, self.names.image) if part)


def list_containers(runsc: Runsc, root: Path) -> list[Container]:
    """The containers under a root.

    Raises:
        RunscError: runsc could not list them.
    """
    return read_containers(runsc.list_containers(root), runsc, root, sandbox_ids(root))


def read_containers(
    values: Iterable[dict[str, Any]], runsc: Runsc, root: Path, sandboxes: Mapping[str, str]
) -> list[Container]:
    """Containers from the objects that `runsc list` prints; objects without an ID are left out."""
    found = []
    for each in values:
        container_id, pid = each.get("id"), each.get("pid")
        if not isinstance(container_id, str) or not container_id:
            continue
        raw = each.get("annotations")
        notes = (
            {str(key): str(value) for key, value in raw.items()} if isinstance(raw, dict) else {}
        )
        told = next((notes[key] for key in _SANDBOX_ID_KEYS if notes.get(key)), container_id)
        found.append(
            Container(
                container_id,
                root,
                runsc,
                str(each.get("status") or ""),
                pid if isinstance(pid, int) and pid > 0 else 0,
                sandboxes.get(container_id, told),
                str(each.get("bundle") or ""),
                notes,
                names_in(notes),
            )
        )
    return found


def sandbox_ids(root: Path) -> dict[str, str]:
    """The sandbox of each container, from the names of runsc's state files."""
    found = {}
    for file in state_files(root):
        container_id, _, sandbox_id = file.name.removesuffix(_STATE_FILE).partition(_STATE_JOIN)
        found[container_id] = sandbox_id
    return found


def state_files(root: Path) -> list[Path]:
    """The files in which runsc keeps the containers of a root; none if the root cannot be read."""
    try:
        entries = list(root.iterdir())
    except OSError:
        return []
    return [each for each in entries if _STATE_JOIN in each.name and each.suffix == _STATE_FILE]
