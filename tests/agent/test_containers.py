from __future__ import annotations

from pathlib import Path
from typing import Any

from gvtui.agent.containers import read_containers, sandbox_ids
from gvtui.agent.runsc import Runsc


def test_containers_of_a_pod_share_its_sandbox(tmp_path: Path) -> None:
    for name in ("pod_sandbox:pod.state", "sub_sandbox:pod.state", "sub_sandbox:pod.lock", "x"):
        (tmp_path / name).touch()
    assert sandbox_ids(tmp_path) == {"pod": "pod", "sub": "pod"}
    assert sandbox_ids(tmp_path / "none") == {}
    values: list[dict[str, Any]] = [
        {"id": "pod", "status": "running", "pid": 4},
        {"id": "sub", "status": "running", "pid": 4},
        {
            "id": "told",
            "pid": -1,
            "annotations": {
                "io.kubernetes.cri.sandbox-id": "pod",
                "io.kubernetes.cri.sandbox-name": "web",
                "io.kubernetes.cri.container-name": "nginx",
                "io.kubernetes.cri.image-name": "nginx:1",
            },
        },
    ]
    runsc = Runsc("runsc")
    pod, sub, told = read_containers(values, runsc, tmp_path, sandbox_ids(tmp_path))
    assert [pod.is_sandbox, sub.is_sandbox, told.is_sandbox] == [True, False, False]
    assert pod.sandbox_key == sub.sandbox_key == told.sandbox_key
    assert told.label == "web/nginx nginx:1"
    assert (told.pid, told.status, told.can_be_traced) == (0, "", False)
