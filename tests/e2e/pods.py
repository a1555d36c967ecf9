"""Pods, as container engines start them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.e2e.containers import Container, RunscBinary, running_container

_KIND = "io.kubernetes.cri.container-type"


@contextlib.contextmanager
def running_pod(
    binary: RunscBinary,
    folder: Path,
    inner: Mapping[str, list[str]],
    *,
    container_id: str,
    root: Path,
    flags: list[str] | None = None,
) -> Iterator[Container]:
    """A pod of a pause container, which is given, and of others.

    Args:
        binary: the runsc to start it with.
        folder: as for `start_container`.
        inner: the workload of each other container, by its ID.
        container_id: the ID of the pause container; sandboxes of one ID cannot run at the same time.
        root: runsc's root.
        flags: more of runsc's own flags for the first container.
    """
    inside = {_KIND: "container", "io.kubernetes.cri.sandbox-id": container_id}
    with contextlib.ExitStack() as stack:
        pod = stack.enter_context(
            running_container(
                binary,
                folder,
                ["/bin/sleep", "1000"],
                container_id=container_id,
                root=root,
                flags=flags,
                annotations={_KIND: "sandbox"},
            )
        )
        for name, args in inner.items():
            stack.enter_context(
                running_container(
                    binary, folder, args, container_id=name, root=root, annotations=inside
                )
            )
        yield pod
