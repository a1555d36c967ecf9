"""The status line: what is watched, how much has arrived, and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.times import zone_text
from gvtui.tui.kit.cells import Part, short_bytes, short_count, width_of
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.signs import (
    BAD_SIGN,
    DISPUTED_SIGN,
    DROP_SIGN,
    FAILED_SIGN,
    LOST_SIGN,
    UNKNOWN_SIGN,
)
from gvtui.tui.kit.times import full_day_text
from gvtui.tui.model.rowtext import word
from gvtui.tui.viewer import Item
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from textual.strip import Strip

    from gvtui.trace.accounting import Accounting
    from gvtui.trace.connections import Connections
    from gvtui.tui.model.model import Model

_GAP = "   "


def items(
    model: Model,
    new_rows: int,
    playing: str = "",
    lost: int = 0,
    refused: int = 0,
    left_out: int = 0,
    account: Accounting | None = None,
) -> list[Item]:
    """The items of the line, in order; the last one is at the right edge.

    Args:
        model: the viewer's model.
        new_rows: how many rows have arrived since the stream was paused.
        playing: the speed of a recording that is played; "" if none is.
        lost: messages that came and are in no row, of those that a monitor has received.
        refused: connections that the monitor has refused.
        left_out: messages that a limit kept out of the trace.
        account: what happened to all that the monitor has received; None where there is none.
    """
    trace = model.trace
    connections = trace.connections
    all_sandboxes = model.sandboxes
    connected = sum(sandbox.connected for sandbox in all_sandboxes)
    place = word(str(model.live.monitor.listen if model.live else model.named or trace.path))
    said = [Item("gvtui", "gvtui", "name", 2), Item(place, place.rsplit("/", 1)[-1], "place", 4)]
    if model.live and model.live.readonly:
        said.append(Item("read-only", "r/o", "paused"))
    if model.monitor_gone:
        said.append(Item(f"{LOST_SIGN} monitor gone", f"{LOST_SIGN} gone", "alarm"))
    elif model.monitor_silent:
        said.append(Item(f"{LOST_SIGN} monitor silent", f"{LOST_SIGN} silent", "alarm"))
    elif model.is_live:
        noun = noun_for(connected, "sandbox", "sandboxes")
        sign = "●" if connected else "○"
        style = "good" if connected else "faint"
        said.append(Item(f"{sign} {connected} {noun}", f"{sign} {connected}", style, 5))
        said.append(Item(f"{short_count(model.rate)}/s", f"{short_count(model.rate)}/s", "", 6))
    else:
        words = counted(len(all_sandboxes), "sandbox", "sandboxes")
        if connections.earlier.connections:
            words += f" and {counted(connections.earlier.connections, 'earlier connection')}"
        said.append(Item(words, "", "", 3))
    total = trace.end_row - model.first_row_ever
    said.append(Item(counted(total, "row"), f"{short_count(total)} {noun_for(total, 'row')}"))
    if trace.is_behind:
        what = "making the index" if trace.settling and trace.settling.is_making else "reading"
        share = f"{trace.read_share:.0%}"
        said.append(Item(f"{what} {share}", share, "paused"))
    so_far = " so far" if trace.is_behind else ""
    dropped = connections.dropped
    # What a sandbox dropped behind its last message only its runsc tells, while it can be asked.
    least = "≥" if connections.may_lack_drops(model.moments.now_ns) else ""
    words = f"{least}{dropped:,} dropped"
    if dropped >= 1_000_000:
        words = f"{least}{short_count(dropped)} dropped"
    words += so_far
    said.append(
        Item(f"{DROP_SIGN} {words}", f"{DROP_SIGN} {least}{short_count(dropped)}", "alarm")
        if dropped
        else Item(words, f"{least}0 dropped" + so_far, "faint")
    )
    if lost:
        said.append(
            Item(f"{FAILED_SIGN} {lost:,} lost", f"{FAILED_SIGN} {short_count(lost)}", "alarm")
        )
    if refused:
        said.append(
            Item(
                f"{FAILED_SIGN} {counted(refused, 'connection')} refused",
                f"{FAILED_SIGN} {short_count(refused)} refused",
                "bad",
                9,
            )
        )
    if left_out:
        short = f"{FAILED_SIGN} {short_count(left_out)} left out"
        said.append(Item(f"{FAILED_SIGN} {left_out:,} left out by limits", short, "alarm"))
    if account is not None:
        said.append(_accounted(account))
    said += _odd_messages(connections)
    if disputed := connections.claims.contradicted:
        words = f"{DISPUTED_SIGN} {counted(disputed, 'disputed name')}"
        said.append(Item(words, f"{DISPUTED_SIGN} {short_count(disputed)}", "alarm"))
    if trace.first_row > model.first_row_ever:
        gone = f"rows before {trace.first_row:,} are gone"
        said.append(Item(gone, f"<{short_count(trace.first_row)} gone", "bad", 7))
    if model.live and model.live.monitor.record:
        # The trace's name: a restarted monitor writes another file.
        name = word(trace.path.name)
        size = short_bytes(trace.size_bytes)
        goes_on = not model.monitor_gone
        what = "● REC" if goes_on else "recorded"
        style = "record" if goes_on else ""
        said.append(Item(f"{what} {name} {size}", f"{what} {size}", style))
    elif model.is_live:
        said.append(Item(f"{short_bytes(trace.size_bytes)} kept", "", "faint", 1))
    zone = zone_text(model.moments.here_ns, model.zone)
    day = full_day_text(model.moments.here_ns, model.zone)
    said.append(Item(f"{day} {zone}".strip(), zone, "faint", 1, is_kept=True))
    said.append(_following(model, new_rows, playing))
    return said


def _accounted(account: Accounting) -> Item:
    """That all messages that came are somewhere, or the alarm that they are not."""
    problem = next(account.problems(), "")
    if problem:
        return Item(f"{FAILED_SIGN} ALARM: {problem}", f"{FAILED_SIGN} ALARM", "alarm")
    received = account.received or 0
    full = f"{received:,} received, all accounted for"
    return Item(full, f"{short_count(received)} received", "faint", 1)


def _odd_messages(connections: Connections) -> list[Item]:
    """Items that count messages that are damaged, cut short or of an unknown type."""
    kinds = (
        (BAD_SIGN, connections.malformed, "malformed", "bad"),
        (BAD_SIGN, connections.truncated, "truncated", "cut"),
        (UNKNOWN_SIGN, connections.unknown, "of unknown type", "unknown"),
    )
    return [
        Item(f"{sign} {count:,} {words}", f"{sign} {short_count(count)} {short}", "bad", 8)
        for sign, count, words, short in kinds
        if count
    ]


def _following(model: Model, new_rows: int, playing: str) -> Item:
    if model.following and playing.startswith("paused"):
        return Item(f"‖ {playing}", f"‖ {playing}", "paused")
    if model.following:
        words = f"▶ {playing}" if playing else "▶ following" if model.is_live else "▶ at the end"
        return Item(words, words.replace("following", "follow"), "good")
    if not model.is_live and not playing:
        row = "no row" if model.cursor is None else f"row {model.cursor:,}"
        return Item(f"‖ {row}", f"‖ {row}")
    come = f" +{new_rows:,}" if new_rows else ""
    return Item(
        f"‖ paused{come} new" if come else "‖ paused",
        f"‖ +{short_count(new_rows)}" if come else "‖ paused",
        "paused",
    )


def layout(said: list[Item], width: int) -> list[Part]:
    """Fit the items into `width`: they are shortened, then left out, in the order of `goes`.

    An item that was left out returns if later omissions make room for it.
    """
    forms = [item.full for item in said]

    def taken() -> int:
        shown = [form for form in forms if form]
        return sum(width_of(form) for form in shown) + len(_GAP) * max(0, len(shown) - 1) + 2

    turns = sorted((item.goes or 99, place) for place, item in enumerate(said))
    for short in (True, False):
        for goes, place in turns:
            if taken() <= width:
                break
            if short:
                forms[place] = said[place].short
            elif goes < 99 and not said[place].is_kept:
                forms[place] = ""
    for _, place in reversed(turns):
        if not forms[place]:
            forms[place] = said[place].full
            if taken() > width:
                forms[place] = ""
    parts: list[Part] = [(" ", "")]
    for item, form in zip(said[:-1], forms[:-1], strict=True):
        if form:
            parts += [(form, item.style), (_GAP, "")]
    left = sum(width_of(text) for text, _ in parts)
    parts.append((" " * max(0, width - left - width_of(forms[-1]) - 1), ""))
    parts.append((forms[-1], said[-1].style))
    return parts


class StatusLine(LineWidget):
    """The widget of the status line."""

    PREFIX = "status"
    LOOKS = ("name", "place", "good", "faint", "alarm", "bad", "record", "paused")

    def __init__(self) -> None:
        super().__init__(id="status")
        self._said: list[Item] = []

    def say(self, said: list[Item]) -> None:
        """Show these items."""
        if said != self._said:
            self._said = said
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        if y or not self._said:
            return self.strip([], self.size.width)
        return self.strip(layout(self._said, self.size.width), self.size.width)
