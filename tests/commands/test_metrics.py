from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gvtui.commands.metrics import MetricsError, MetricsServer
from gvtui.errors import UsageError
from tests.export.test_status import document


def test_what_was_told_last_is_served(tmp_path: Path) -> None:
    server = MetricsServer("127.0.0.1:0")
    try:
        server.tell(document(tmp_path))
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=60) as answer:
            assert "gvtui_viewers 2" in answer.read().decode().splitlines()
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"http://{server.address}/other", timeout=60)
        told.value.close()
        assert told.value.code == 404
        with pytest.raises(MetricsError, match="cannot serve metrics at"):
            MetricsServer(server.address)
    finally:
        server.close()


@pytest.mark.parametrize("address", ["", "9100", "x:y", "127.0.0.1:70000"])
def test_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="is no HOST:PORT"):
        MetricsServer(address)
