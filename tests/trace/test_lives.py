from __future__ import annotations

import pytest

from gvtui.trace import lives as module
from gvtui.trace.lives import Life, LifeEnding, Lives


class Story:
    """Rows that tell of connections, in their order."""

    def __init__(self) -> None:
        self.lives = Lives()
        self.row = 0

    def opens(self, conn: int, sandbox: str = "web", made_by: int = 0) -> None:
        """A connection whose peer is a runsc with the pid `made_by`; 0 for `trace create`."""
        self.row += 1
        self.lives.meet(conn)
        if made_by:
            self.lives.made(conn, made_by, 7)
        if sandbox:
            self.lives.named(conn, sandbox, self.row, self.row)

    def says(self, conn: int, container: str = "web", *, is_start: bool = False) -> None:
        self.row += 1
        if not self.of(conn).sandbox:
            self.lives.named(conn, container, self.row, self.row)
        self.lives.speaks(conn, container, self.row, self.row, is_start=is_start)

    def closes(self, conn: int, *, by_monitor: bool = False) -> None:
        self.row += 1
        self.lives.closes(conn, self.row, self.row, by_monitor=by_monitor)

    def of(self, conn: int) -> Life:
        life = self.lives.of(conn)
        assert life is not None
        return life

    @property
    def numbers(self) -> list[int]:
        return [self.lives.number(conn) for conn in range(1, 4) if self.lives.of(conn)]


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_session_that_is_replaced_does_not_end_the_life(story: Story) -> None:
    story.opens(1, made_by=100)
    story.says(1, is_start=True)
    story.opens(2)
    story.closes(1)
    story.says(2)
    assert story.of(1) is story.of(2)
    assert (story.of(1).ending, story.of(1).is_out_of_sight) == (None, False)
    assert story.lives.changes(0) == []


def test_a_sandbox_that_is_started_again_has_a_life_of_its_own(story: Story) -> None:
    story.opens(1, made_by=100)
    story.closes(1)
    assert story.of(1).is_out_of_sight
    story.opens(2, made_by=200)
    assert story.numbers == [1, 2]
    assert (story.of(1).ending, story.of(1).ended_ns) == (LifeEnding.RESTARTED, 2)
    assert story.of(2).ending is None
    changes = story.lives.changes(0)
    assert [(each.row, each.life, each.has_ended) for each in changes] == [
        (2, 1, False), (3, 1, True),
    ]  # fmt: skip
    assert story.lives.changes(1) == changes[1:]
    assert story.lives.changes(2) == []


def test_one_runsc_with_two_sinks_starts_one_sandbox(story: Story) -> None:
    story.opens(1, made_by=100)
    story.opens(2, made_by=100)
    assert story.of(1) is story.of(2)


def test_where_nothing_tells_who_connected_the_start_of_the_container_does(story: Story) -> None:
    story.opens(1, sandbox="")
    story.says(1, is_start=True)
    story.opens(2, sandbox="")
    story.says(2)
    story.closes(1)
    story.closes(2)
    story.opens(3, sandbox="")
    story.says(3, is_start=True)
    assert story.of(1) is story.of(2)
    assert story.of(3) is not story.of(1)
    assert story.of(1).ending is LifeEnding.RESTARTED
    assert (story.of(3).sandbox, story.of(3).ending) == ("web", None)


def test_a_container_of_a_pod_that_starts_again_is_in_the_same_sandbox(story: Story) -> None:
    story.opens(1, made_by=100)
    for container in ("web", "inner"):
        story.says(1, container, is_start=True)
    story.opens(2)
    story.closes(1)
    story.says(2, "inner", is_start=True)
    assert story.of(1) is story.of(2)


@pytest.mark.parametrize(
    ("status", "goes_on", "ending"),
    [(9, False, LifeEnding.EXITED), (9, True, None), (None, 0, None)],
)
def test_a_life_ends_with_its_first_process(
    story: Story, status: int | None, goes_on: bool, ending: LifeEnding | None
) -> None:
    story.opens(1, made_by=100)
    if status is not None:
        story.lives.exits(1, status)
    if goes_on:
        story.lives.goes_on(1)
    assert story.of(1).ending is None
    story.closes(1)
    assert story.of(1).ending is ending
    assert story.of(1).is_out_of_sight is (ending is None)
    story.opens(2)
    assert (story.of(2) is story.of(1)) is (ending is None)


def test_a_process_that_has_gone_ends_a_life_that_nobody_hears_of(story: Story) -> None:
    story.opens(1, made_by=100)
    story.lives.gone(1, 2, 2)
    assert story.of(1).ending is None
    story.closes(1)
    story.lives.gone(1, 9, 9)
    assert (story.of(1).ending, story.of(1).ended_ns) == (LifeEnding.CUT_OFF, 2)
    assert story.lives.changes(1)[0].row == 9


@pytest.mark.parametrize("traced", [None, False, True])
def test_whether_exits_were_traced_is_told_by_exits_and_by_the_session(
    story: Story, traced: bool | None
) -> None:
    story.opens(1, sandbox="")
    if traced:
        # Before the connection has its name.
        story.lives.tells_exits(1)
    story.says(1)
    if traced is False:
        story.lives.tells_exits(1)
        story.lives.takes_session("web", traces_exits=False)
    story.closes(1)
    story.lives.gone(1, 9, 9)
    story.lives.tells_exits(1)
    assert story.of(1).traces_exits is traced
    assert [change.traces_exits for change in story.lives.changes(1)] == [traced]


def test_a_monitor_that_stops_ends_nothing(story: Story) -> None:
    story.opens(1, made_by=100)
    story.closes(1, by_monitor=True)
    assert (story.of(1).ending, story.of(1).is_out_of_sight) == (None, False)
    assert story.lives.changes(0) == []


def test_a_connection_that_loses_its_name_leaves_the_life_of_the_others(story: Story) -> None:
    story.opens(1, made_by=100)
    story.opens(2)
    story.lives.named(2, "¬2:web", 9, 9)
    assert (story.of(1).sandbox, story.of(2).sandbox) == ("web", "¬2:web")
    assert (story.of(1).connected, story.of(2).connected) == ({1}, {2})


def test_the_oldest_are_forgotten(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LIVES", 2)
    for conn in (1, 2, 3):
        story.opens(conn, f"box {conn}", made_by=conn)
    assert [story.lives.number(conn) for conn in (1, 2, 3)] == [-1, 2, 3]
    assert [life.sandbox for life in story.lives.standing()] == ["box 2", "box 3"]
    for conn in (1, 2, 3):
        story.lives.forget(conn)
    assert story.lives.number(2) == 2
