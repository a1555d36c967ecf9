"""What tests with real sandboxes share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.containers import (
    Container,
    Listener,
    RunscBinary,
    binaries_as_params,
    need,
    running_container,
)


@pytest.fixture(params=binaries_as_params(), scope="module")
def binary(request: pytest.FixtureRequest) -> RunscBinary:
    """Each runsc here, one after the other."""
    return need(request.param)


@pytest.fixture(scope="module")
def shared(binary: RunscBinary) -> Iterator[Container]:
    """A busy container for tests that leave it without a session."""
    with (
        tempfile.TemporaryDirectory(prefix="gv") as folder,
        running_container(binary, Path(folder)) as one,
    ):
        yield one


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A monitor that collects."""
    with tempfile.TemporaryDirectory(prefix="gv") as folder, Listener(Path(folder, "s")) as one:
        yield one
