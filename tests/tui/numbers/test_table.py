from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.numbers.tables import By
from gvtui.tui.numbers.table import NumbersTable
from tests.tui.helpers import catch_up, drive, recording, until

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_tables_and_orders_change_in_turn() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("3")
        table = app.main.query_one(NumbersTable)
        # Its counts go on while the analysis reads, up to all calls of the recording.
        await until(pilot, lambda: any(text.strip() == "746" for text, _ in table.headings()[-1]))
        seen, order, headings = [table._by], table._order, table.headings()
        for _ in range(len(By)):
            await pilot.press("right")
            seen.append(table._by)
        assert seen == [*By, next(iter(By))]
        # The table of events on the way has no such column.
        assert table._order is order
        catch_up(app)
        assert table.headings()[-1] == headings[-1]
        await pilot.press("left", "right")
        assert table._by is next(iter(By))
        before = table._order
        await pilot.press("s")
        assert table._order is not before
        catch_up(app)

        def first() -> list[str]:
            return [table.line(place)[0][0][0] for place in range(3)]

        others = first()
        await pilot.press("S")
        await until(pilot, lambda: first() != others)

    drive(app, script)


def test_a_line_leads_to_its_rows_and_the_way_back_is_known() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("3")
        table = app.main.query_one(NumbersTable)
        await until(pilot, lambda: table.selected_syscall is not None)
        name = table.selected_syscall
        await pilot.press("enter")
        assert [chip.expression for chip in app.model.chips] == [f"evt.type = {name}"]
        assert app.pane == "stream"
        await pilot.press("r")
        assert app.pane == "numbers"
        assert not len(app.model.chips)

    drive(app, script)
