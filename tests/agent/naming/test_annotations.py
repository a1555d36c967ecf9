from __future__ import annotations

from gvtui.agent.naming.annotations import names_in
from gvtui.trace.names import Names


def test_names_of_containerd() -> None:
    annotations = {
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.container-name": "web",
        "io.kubernetes.cri.image-name": "docker.io/library/nginx:1",
        "io.kubernetes.cri.sandbox-name": "cart-7d9f",
        "io.kubernetes.cri.sandbox-namespace": "shop",
    }
    expected = Names("containerd", "web", "docker.io/library/nginx:1", "cart-7d9f", "shop")
    assert names_in(annotations) == expected
    del annotations["io.kubernetes.cri.container-name"], annotations["io.kubernetes.cri.image-name"]
    assert names_in(annotations).label == "cart-7d9f"


def test_names_of_crio_and_nerdctl() -> None:
    annotations = {
        "io.kubernetes.container.name": "POD",
        "io.kubernetes.pod.name": "cart",
        "io.kubernetes.pod.namespace": "shop",
    }
    assert names_in(annotations) == Names("cri-o", "", "", "cart", "shop")
    assert names_in({"nerdctl/name": "web"}) == Names("nerdctl", "web")
    assert names_in({"other": "x"}) == Names()


def test_long_names_are_cut() -> None:
    assert len(names_in({"nerdctl/name": "x" * 9999}).name) == 256
