"""Reads names from OCI annotations, which containerd, CRI-O and nerdctl write into the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.names import MAX_NAME, Names

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS: dict[str, tuple[str, str, str, str]] = {
    # The names of containerd's CRI plugin: github.com/containerd/containerd,
    # internal/cri/annotations.
    "containerd": (
        "io.kubernetes.cri.container-name",
        "io.kubernetes.cri.image-name",
        "io.kubernetes.cri.sandbox-name",
        "io.kubernetes.cri.sandbox-namespace",
    ),
    # Those of CRI-O: github.com/cri-o/cri-o, pkg/annotations.
    "cri-o": (
        "io.kubernetes.container.name",
        "io.kubernetes.cri-o.ImageName",
        "io.kubernetes.pod.name",
        "io.kubernetes.pod.namespace",
    ),
    "nerdctl": ("nerdctl/name", "nerdctl/image-ref", "", ""),
}
"""For each program, its keys for the container's name, its image, its pod and the namespace."""

_POD_CONTAINER = "POD"
"""The name that CRI-O gives to a pod's own sandbox container, which is none."""


def names_in(annotations: Mapping[str, str]) -> Names:
    """The names that annotations give a container; empty if they give none."""
    for manager, keys in _KEYS.items():
        name, image, pod, namespace = (annotations.get(key, "")[:MAX_NAME] for key in keys)
        if name or pod:
            return Names(manager, "" if name == _POD_CONTAINER else name, image, pod, namespace)
    return Names()
