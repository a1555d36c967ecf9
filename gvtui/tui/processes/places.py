"""Goes from a row to the place of its process in the tree."""

from __future__ import annotations

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Viewer


class TreePlaces(Feature):
    """Says which process the tree is to select next."""

    prefix, heading = "processes", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.wanted: int | None = None
        """The number of the process that the tree has to select; None for none."""

    @command("This row's process in the tree, below its parents", "T")
    def place(self) -> None:
        """Show the tree of processes, and select the selected row's process in it."""
        row = self.viewer.selected_message()
        row_id = self.model.cursor
        if row is None or row_id is None:
            return
        processes = self.model.analysis.processes
        if row_id >= processes.position:
            self.viewer.tell("This row has not been read for the tree yet.", "warning")
            return
        process = processes.tree.spans.at(row.conn, row.pid, row_id) if row.pid else None
        if process is None or processes.tree.get(process.number) is None:
            why = "the session does not collect group_id" if not row.pid else "it is not known"
            self.viewer.tell(f"This row's process is not in the tree: {why}.", "warning")
            return
        self.wanted = process.number
        self.viewer.show_pane("processes")
