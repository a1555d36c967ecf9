"""What Docker and podman call a container: from their socket, else from their files.

Facts, seen with Docker 20.10 and podman 4.3: Docker's bundles lie in a folder of containerd's that
is named `moby`, and it mounts `/etc/hostname` from `DATA-ROOT/containers/ID`, where `config.v2.json`
is. The bundle of podman is `GRAPH-ROOT/DRIVER-containers/ID/userdata`; `containers.json` in the
folder above `ID` has names and images, but no labels.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.agent.naming import socket
from gvtui.agent.naming.files import parse, read_json
from gvtui.trace.details import list_in, text_in
from gvtui.trace.names import MAX_NAME, Names, short_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.agent.naming.spec import Spec

DOCKER, PODMAN = "docker", "podman"

_CONTAINERS = re.compile(r"(/.+/containers/([0-9a-f]{64}))/[^/]+")
_ID = re.compile(r"[0-9a-f]{64}")
_DATA_ROOT = "/var/lib/docker"
_AGAIN_SECONDS = 30.0
"""How long an engine that did not answer is left alone."""


def engine_of(spec: Spec) -> str:
    """The engine that manages a container: `docker`, `podman`, or "" for neither."""
    if not _ID.fullmatch(spec.id):
        return ""
    if spec.annotations.get("io.container.manager") == "libpod":
        return PODMAN
    if Path(spec.bundle).parent.name == "moby" or _docker_folder(spec):
        return DOCKER
    return ""


def _docker_folder(spec: Spec) -> str:
    """Where Docker keeps the container, by what it mounts; "" if it mounts nothing."""
    found = (_CONTAINERS.fullmatch(place) for place in spec.mounted)
    return next((each[1] for each in found if each and each[2] == spec.id), "")


class Engines:
    """Asks Docker and podman; an engine that does not answer is left alone for a while."""

    def __init__(
        self,
        ask: Callable[[Path], list[dict[str, Any]] | None] = socket.ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._silent: dict[Path, float] = {}
        """Until when a socket is not asked."""

    def names(self, engine: str, specs: list[Spec]) -> dict[str, Names]:
        """The names of an engine's containers, by ID; those that nobody tells are left out."""
        found: dict[str, Names] = {}
        for place in socket.sockets(engine):
            if len(found) < len(specs):
                found = self._told_at(place, engine, {each.id for each in specs}) | found
        from_files = {DOCKER: _from_docker, PODMAN: _from_podman}[engine]
        for spec in specs:
            if spec.id not in found and (names := from_files(spec)):
                found[spec.id] = names
        return found

    def _told_at(self, place: Path, engine: str, wanted: set[str]) -> dict[str, Names]:
        now = self._clock()
        if now < self._silent.get(place, 0.0):
            return {}
        told = self._ask(place)
        if told is None:
            self._silent[place] = now + _AGAIN_SECONDS
        found = {}
        for each in told or []:
            container_id = text_in(each, "Id")
            given = [name for name in list_in(each, "Names") if isinstance(name, str)]
            # Those of links have a further slash.
            own = [name for name in given if name.rfind("/") <= 0]
            if container_id in wanted and own:
                name, image = own[0], text_in(each, "Image", MAX_NAME)
                found[container_id] = _names(engine, name, image, each.get("Labels"))
        return found


def _names(engine: str, name: str, image: str, labels: object) -> Names:
    return Names(engine, name.lstrip("/")[:MAX_NAME], image, labels=short_labels(labels))


def _from_docker(spec: Spec) -> Names:
    folder = _docker_folder(spec) or f"{_DATA_ROOT}/containers/{spec.id}"
    state = read_json(Path(folder, "config.v2.json"))
    if not isinstance(state, dict) or state.get("ID") != spec.id:
        return Names()
    config = state.get("Config")
    config = config if isinstance(config, dict) else {}
    name, image = text_in(state, "Name", MAX_NAME), text_in(config, "Image", MAX_NAME)
    return _names(DOCKER, name, image, config.get("Labels")) if name else Names()


def _from_podman(spec: Spec) -> Names:
    bundle = Path(spec.bundle)
    if bundle.name != "userdata" or bundle.parent.name != spec.id:
        return Names()
    containers = read_json(bundle.parent.parent / "containers.json")
    for each in containers if isinstance(containers, list) else []:
        if isinstance(each, dict) and each.get("id") == spec.id:
            names = [name for name in list_in(each, "names") if isinstance(name, str)]
            more = parse(text_in(each, "metadata", 1 << 16).encode())
            image = text_in(more, "image-name", MAX_NAME) if isinstance(more, dict) else ""
            return _names(PODMAN, names[0], image, {}) if names else Names()
    return Names()
