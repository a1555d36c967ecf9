from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.monitor.options import MonitorOptions


@pytest.mark.parametrize(
    "options",
    [
        MonitorOptions(),
        MonitorOptions(
            listen=Path("/x y"), record=Path("/r"), realtime=False, socket_group="adm", keep_bytes=5
        ),
    ],
)
def test_options_survive_the_way_to_the_process(options: MonitorOptions) -> None:
    assert MonitorOptions.unpack(json.loads(json.dumps(options.pack()))) == options
