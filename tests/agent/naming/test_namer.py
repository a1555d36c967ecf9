from __future__ import annotations

from gvtui.agent.naming.engines import Engines
from gvtui.agent.naming.namer import Namer
from gvtui.agent.naming.spec import Spec
from gvtui.trace.names import Names

ID = "4f" * 32
TASKS = "/run/containerd/io.containerd.runtime.v2.task"
POD = {"io.kubernetes.cri.sandbox-name": "cart", "io.kubernetes.cri.container-name": "web"}


class Told(Engines):
    def names(self, engine: str, specs: list[Spec]) -> dict[str, Names]:
        return {each.id: Names(engine, "told") for each in specs}


def test_each_is_named_by_who_manages_it() -> None:
    specs = [
        Spec(ID, f"{TASKS}/moby/{ID}", POD),
        Spec(ID, f"{TASKS}/k8s.io/{ID}", POD),
        Spec("redis", f"{TASKS}/default/redis"),
        Spec("redis", "/home/me/bundle"),
        Spec(ID, f"{TASKS}/k8s.io/{ID}"),
    ]
    assert [each.full for each in Namer(Told()).names(specs)] == [
        "told",
        "cart/web",
        "redis",
        "",
        "",
    ]
