"""How a pane asks for the rows behind what it shows."""

from __future__ import annotations

from textual.message import Message


class Drilled(Message):
    """The stream is to show the rows behind something."""

    def __init__(self, expression: str, slot: str, row: int | None = None) -> None:
        """Ask for it.

        Args:
            expression: a filter.
            slot: the field it is about; the chip takes the place of that field's chip.
            row: a row to go to.
        """
        super().__init__()
        self.expression = expression
        self.slot = slot
        self.row = row
