"""What tests with real sandboxes share."""

from __future__ import annotations

import pytest

from tests.e2e.containers import RunscBinary, binaries_as_params, need


@pytest.fixture(params=binaries_as_params())
def binary(request: pytest.FixtureRequest) -> RunscBinary:
    """Each runsc here, one after the other."""
    return need(request.param)
