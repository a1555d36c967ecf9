"""Makes a keymap from the user's configuration; wrong entries are reported and ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.escape import escape
from gvtui.tui.command.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.config import Config
    from gvtui.tui.command.keymap import Keymap
    from gvtui.tui.command.registry import Commands

_MAX_SHOWN = 60


class Configured(NamedTuple):
    """The keymap from the table `[keys]`, and the problems of its entries."""

    keymap: Keymap
    problems: Sequence[str]
    """Wrong entries, which are ignored: sentences without full stop, each with file and line."""


def configured_keys(commands: Commands, config: Config) -> Configured:
    """Make a keymap of the valid entries, and list the problems of the others."""
    entries: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    for entry in config.keys:
        try:
            line = commands.line_of(entry)
        except CommandError as error:
            wrong.append((entry, str(error)))
            continue
        if line in entries:
            wrong.append((entry, f"its keys are given by {entries[line]!r} too"))
        else:
            entries[line] = entry
    while True:
        try:
            keymap = commands.keymap({line: config.keys[entry] for line, entry in entries.items()})
        except CommandError as error:
            wrong.append((entries.pop(error.key), str(error)))
        else:
            break
    # In the order of the file; they were found in another order.
    place = {entry: number for number, entry in enumerate(config.keys)}
    told = [
        f"{config.where('keys', entry)}: {_shown(entry)}: {escape(words)}"
        for entry, words in sorted(wrong, key=lambda each: place[each[0]])
    ]
    return Configured(keymap, told)


def _shown(entry: str) -> str:
    return escape(entry, _MAX_SHOWN) or '""'


def said_at_start(every: Sequence[str]) -> str:
    """One sentence about all problems of the configuration; "" if there are none."""
    if not every:
        return ""
    more = len(every) - 1
    if not more:
        return every[0] if every[0].endswith("?") else f"{every[0]}."
    others = "one more mistake" if more == 1 else f"{more} more mistakes"
    return f"{every[0]}; {others}: gvtui doctor lists them."
