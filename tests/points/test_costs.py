from __future__ import annotations

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.costs import ALL_RAW, FIELD_COSTS, point_cost, session_costs
from gvtui.points.presets import build_preset
from gvtui.points.session import Point, Session

CATALOGUE = bundled_catalogue()


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


def test_raw_points_cost_from_so_many_on_that_they_are_a_flood() -> None:
    def costs(count: int) -> list[str]:
        raw = tuple(Point(f"syscall/sysno/{number}/enter") for number in range(count))
        return session_costs(Session((*raw, Point("syscall/read/enter"))))

    assert costs(ALL_RAW - 1) == []
    (flood,) = costs(ALL_RAW)
    assert flood.startswith(f"{ALL_RAW} raw points: every system call is sent twice")


def test_the_field_that_most_points_collect_is_told_first() -> None:
    session = Session(
        (
            Point("syscall/openat/enter", ("fd_path",), ("cwd", "time")),
            Point("syscall/read/enter", ("fd_path",), ("cwd",)),
            Point("sentry/execve", ("binary_info",), ("cwd", "credentials")),
        )
    )
    told = [hint.split(":")[0] for hint in session_costs(session)]
    assert told == [
        "cwd on 3 points",
        "fd_path on 2 points",
        "binary_info on 1 point",
        "credentials on 1 point",
    ]
    assert all(hint.endswith(FIELD_COSTS[hint.split()[0]]) for hint in session_costs(session))
