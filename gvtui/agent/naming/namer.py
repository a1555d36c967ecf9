"""Finds the names of containers from all that may tell them; blocks for at most some seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.agent.naming.annotations import names_in
from gvtui.agent.naming.engines import DOCKER, PODMAN, Engines, engine_of
from gvtui.trace.names import MAX_NAME, Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.agent.naming.spec import Spec

_CONTAINERD = re.compile(r".*/io\.containerd\.runtime\.v2\.task/([^/]+)/([^/]+)/?")
"""Where containerd's bundles lie: its own namespace, and the container's ID."""

_MADE_UP = re.compile(r"[0-9a-f]{64}")
"""An ID that a program has made, and nobody calls the container by."""


class Namer:
    """Names containers. May be used from several threads."""

    def __init__(self, engines: Engines | None = None) -> None:
        self._engines = engines or Engines()

    def names(self, specs: Sequence[Spec]) -> list[Names]:
        """What the operators of these containers call them, in their order; empty for no name."""
        engines = [engine_of(each) for each in specs]
        told: dict[str, dict[str, Names]] = {"": {}}
        for engine in {DOCKER, PODMAN} & set(engines):
            own = [spec for spec, by in zip(specs, engines, strict=True) if by == engine]
            told[engine] = self._engines.names(engine, own)
        # Users of Docker and podman can give their containers any annotation.
        return [
            told[engine].get(spec.id) or names_in(spec.annotations) or _by_bundle(spec)
            for spec, engine in zip(specs, engines, strict=True)
        ]


def _by_bundle(spec: Spec) -> Names:
    """containerd's own containers have their name as ID, as `ctr run IMAGE NAME` gives it."""
    place = _CONTAINERD.fullmatch(spec.bundle)
    if place is None or place[2] != spec.id or _MADE_UP.fullmatch(spec.id):
        return Names()
    return Names("containerd", spec.id[:MAX_NAME])
