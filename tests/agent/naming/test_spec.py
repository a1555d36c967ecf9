from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gvtui.agent.naming.spec import Spec, members_of, spec_in, spec_of_bundle

CONFIG: dict[str, Any] = {
    "annotations": {"a": "b", "c": 4},
    "mounts": [
        {"destination": "/etc/hostname", "source": "/data/hostname"},
        {"destination": "/other", "source": "/data/other"},
        "nonsense",
    ],
}


def write_state(root: Path, container: str, sandbox: str) -> None:
    state = {"id": container, "bundleDir": f"/bundles/{container}", "spec": CONFIG}
    (root / f"{container}_sandbox:{sandbox}.state").write_text(json.dumps(state))


def test_members_come_with_the_sandbox_first(tmp_path: Path) -> None:
    for container in ("a", "pod", "z"):
        write_state(tmp_path, container, "pod")
    write_state(tmp_path, "other", "other")
    found = members_of(tmp_path, "pod")
    assert [each.id for each in found] == ["pod", "a", "z"]
    assert found[1] == Spec("a", "/bundles/a", {"a": "b"}, ("/data/hostname",))
    assert members_of(tmp_path / "none", "pod") == []


def test_a_bundle_tells_before_there_is_a_state(tmp_path: Path) -> None:
    assert spec_in(tmp_path, "web", "web") == Spec("web")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    assert spec_of_bundle("web", str(tmp_path)).annotations == {"a": "b"}
    assert spec_of_bundle("web", "relative") == Spec("web")
    (tmp_path / "config.json").write_text("[]")
    assert spec_of_bundle("web", str(tmp_path)) == Spec("web", str(tmp_path))
