"""Lists commands and keys: as a table, as values for JSON, as a section of the configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvtui.tui.command.keys import key_words, keys_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.tui.command.command import Command
    from gvtui.tui.command.registry import Commands

HEADINGS = (
    "Following",
    "Moving",
    "Filter",
    "Copying",
    "In the details",
    "What is traced",
    "In the processes",
    "In the activity",
    "In the running calls",
    "In the numbers",
    "Screen",
    "Recording",
)
"""The headings, from top to bottom."""

_MAX_LINE_WIDTH = 28


def grouped(commands: Iterable[Command]) -> dict[str, list[Command]]:
    """The commands by their headings, from top to bottom."""
    groups: dict[str, list[Command]] = {heading: [] for heading in HEADINGS}
    for command in commands:
        groups.setdefault(command.heading, []).append(command)
    return {heading: group for heading, group in groups.items() if group}


def table(commands: Commands) -> Iterator[str]:
    """The lines of a table: the keys in force, the command's line, and what it does."""
    everything = list(commands.listed())
    keys_width = max(len(keys_words(commands.keys(each))) for each in everything)
    width = min(_MAX_LINE_WIDTH, max(len(each.line) for each in everything))
    for heading, group in grouped(everything).items():
        yield heading
        for each in group:
            keys = keys_words(commands.keys(each))
            yield f"  {keys:<{keys_width}}  {each.line:<{width}}  {each.title}{each.where}"
        yield ""


def document(commands: Commands) -> list[dict[str, Any]]:
    """The same as plain values for JSON; keys have the names that the configuration accepts."""
    return [
        {
            "command": each.line,
            "keys": list(commands.keys(each)),
            "default": list(each.keys),
            "does": each.title,
            "heading": each.heading,
            "where": each.owner.where or None,
        }
        for each in commands.listed()
    ]


def config_section(commands: Commands) -> Iterator[str]:
    """The lines of a section for `config.toml` with all default keys.

    Commands without a key are listed as comments.
    """
    yield "# The default keys of gvtui. Keep only the lines that you change."
    yield '# Write several keys with spaces between them, as in "k Ctrl+S"; "" removes the key. A command'
    yield '# may have arguments of your own: "filter.add evt.failed = true" = "Ctrl+E"'
    yield "[keys]"
    for heading, group in grouped(commands).items():
        yield ""
        yield f"# {heading}"
        width = max(len(_entry(each)) for each in group)
        for each in group:
            entry = _entry(each) if each.keys else f"# {_entry(each)}"
            yield f"{entry:<{width}}  # {each.title}{each.where}"


def _entry(command: Command) -> str:
    keys = " ".join(map(_written, command.keys))
    return f"{json.dumps(command.line)} = {json.dumps(keys)}"


def _written(key: str) -> str:
    """A key as it is written in a file and read back."""
    words = key_words(key)
    plain = words.isascii() and ("," not in words or words == ",")
    return words if plain else key
