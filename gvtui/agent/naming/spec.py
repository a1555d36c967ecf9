"""Reads a container's OCI specification: from runsc's state file, or from its bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.agent.naming.files import read_json
from gvtui.trace.details import list_in, text_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_MOUNTS = 256
_MAX_ANNOTATIONS = 1024
_MAX_PATH = 4096
_ENGINE_FILES = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
"""Where engines mount files of their own into a container."""


@dataclass(frozen=True, slots=True)
class Spec:
    """The part of a container's specification that tells who manages it."""

    id: str
    bundle: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    mounted: tuple[str, ...] = ()
    """The files of this machine that are `/etc/hostname` and the like in the container."""


def members_of(root: Path, sandbox_id: str) -> list[Spec]:
    """The containers of a sandbox, from the names of runsc's state files; the sandbox's own first.

    They are `CONTAINER_sandbox:SANDBOX.state` in all releases so far; each holds the container's
    specification (`spec`) and the path of its bundle (`bundleDir`).
    """
    end = f"_sandbox:{sandbox_id}.state"
    try:
        names = sorted(each.name for each in root.iterdir() if each.name.endswith(end))
    except OSError:
        return []
    ids = [name.removesuffix(end) for name in names]
    return [spec_in(root, each, sandbox_id) for each in sorted(ids, key=sandbox_id.__ne__)]


def spec_in(root: Path, container_id: str, sandbox_id: str) -> Spec:
    """A container's specification from runsc's state file; empty if that cannot be read."""
    state = read_json(root / f"{container_id}_sandbox:{sandbox_id}.state")
    if not isinstance(state, dict):
        return Spec(container_id)
    return _read(container_id, text_in(state, "bundleDir", _MAX_PATH), state.get("spec"))


def spec_of_bundle(container_id: str, bundle: str) -> Spec:
    """A container's specification from its bundle, as it is before runsc has a state file."""
    if not bundle.startswith("/"):
        return Spec(container_id)
    return _read(container_id, bundle, read_json(Path(bundle, "config.json")))


def _read(container_id: str, bundle: str, spec: Any) -> Spec:  # noqa: ANN401
    if not isinstance(spec, dict):
        return Spec(container_id, bundle)
    notes = spec.get("annotations")
    pairs = list(notes.items())[:_MAX_ANNOTATIONS] if isinstance(notes, dict) else []
    mounts = [each for each in list_in(spec, "mounts")[:_MAX_MOUNTS] if isinstance(each, dict)]
    return Spec(
        container_id,
        bundle,
        {key: value for key, value in pairs if isinstance(value, str)},
        tuple(
            text_in(each, "source", _MAX_PATH)
            for each in mounts
            if each.get("destination") in _ENGINE_FILES
        ),
    )
