from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.options import MonitorOptions


@pytest.mark.parametrize(
    "options",
    [
        MonitorOptions(),
        MonitorOptions(
            listen=Path("/x y"), record=Path("/r"), realtime=False, socket_group="adm", keep_bytes=5
        ),
        MonitorOptions(user=7, allow_uids=(3, 5), limits=changed(AS_THEY_COME, {"connections": 7})),
    ],
)
def test_options_survive_the_way_to_the_process(options: MonitorOptions) -> None:
    assert MonitorOptions.unpack(json.loads(json.dumps(options.pack()))) == options
