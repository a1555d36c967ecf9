import pytest

from gvtui.export.report.recorded import (
    NoContainerError,
    container_filter,
    containers_in,
    named_containers,
)
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def test_containers_of_a_recording() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    assert list(containers_in(trace).values()) == ["runsc-749074"]
    trace.close()


def test_a_container_is_named_by_id_beginning_or_name() -> None:
    known = {(1, "abc1"): "abc1, pod/web", (2, "abc2"): "abc2"}
    assert container_filter(named_containers(known, "pod/web")) == "container.id in (abc1)"
    assert container_filter(named_containers(known, "abc")) == "container.id in (abc1, abc2)"
    assert container_filter(named_containers(known, "abc2")) == "container.id in (abc2)"
    with pytest.raises(NoContainerError, match="it has: abc1, pod/web; abc2"):
        named_containers(known, "web")
    assert container_filter([]) == ""
