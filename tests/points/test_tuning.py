from __future__ import annotations

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.check import check_session
from gvtui.points.costs import FIELD_COSTS, point_cost, session_costs
from gvtui.points.presets import build_preset
from gvtui.points.session import Point, Session, Sink
from gvtui.points.tuning import (
    LOSSLESS,
    LOWEST_OVERHEAD,
    TUNINGS,
    Tuning,
    remote_sink,
    tuning_of,
    with_tuning,
)

CATALOGUE = bundled_catalogue()


@pytest.mark.parametrize("tuning", TUNINGS.values())
def test_a_tuning_is_known_again(tuning: Tuning) -> None:
    sink = remote_sink("/tmp/s", tuning)
    assert tuning_of(sink) is tuning
    session = Session((Point("sentry/clone"),), (sink,))
    assert check_session(session, CATALOGUE) == []


def test_other_settings_are_no_tuning() -> None:
    assert tuning_of(Sink("remote", {"endpoint": "/tmp/s"})) is LOWEST_OVERHEAD
    assert tuning_of(Sink("remote", {"endpoint": "/tmp/s", "retries": 7})) is None


def test_settings_change_and_the_endpoint_stays() -> None:
    sink = with_tuning(remote_sink("/tmp/s", LOSSLESS, ignore_setup_error=True), LOWEST_OVERHEAD)
    assert sink == Sink("remote", {"endpoint": "/tmp/s", "retries": 0}, True)


def test_costs_are_told() -> None:
    costs = session_costs(build_preset("everything", CATALOGUE))
    assert "884 raw points" in costs[0]
    assert any(cost.startswith("envv on 4 points") for cost in costs)
    assert session_costs(build_preset("processes", CATALOGUE)) == []
    assert session_costs(Session((Point("container/start", ("env",)),)))[0].startswith(
        "env on 1 point:"
    )


def test_busy_points_are_told() -> None:
    assert point_cost(CATALOGUE.points["syscall/read/enter"])
    assert point_cost(CATALOGUE.points["syscall/sysno/202/exit"])
    assert "environment" in point_cost(CATALOGUE.points["sentry/execve"])
    assert not point_cost(CATALOGUE.points["sentry/clone"])


def test_costs_are_of_fields_that_exist() -> None:
    known = {*CATALOGUE.optional_fields, *CATALOGUE.context_fields}
    newer = {"binary_sha256", "binary_sha1"}
    assert FIELD_COSTS.keys() - newer <= known
