"""The keymap: which keys call which commands, where the configuration changes the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gvtui.tui.command.command import CommandError
from gvtui.tui.command.keys import key_name, key_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gvtui.tui.command.command import Command, Owner


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys that differ from the defaults, by the lines of commands."""

    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands with default keys, each with the keys that replace them; none unbinds it."""
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines without a default key, such as a command with the user's own arguments."""

    def keys(self, command: Command) -> tuple[str, ...]:
        """The keys that call a command."""
        return self.of_line(command.line, command.keys)

    def of_line(self, line: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The keys that call a line; `default` if the keymap does not contain it."""
        return self.changed.get(line, self.added.get(line, default))


def make_keymap(
    commands: Iterable[Command],
    scopes: Mapping[str, Iterable[type[Owner]]],
    wanted: Mapping[str, str],
) -> Keymap:
    """Make the keymap of a configuration, whose lines are known to be commands.

    Args:
        commands: all declared commands.
        scopes: for each part of the screen, the classes whose keys work there.
        wanted: keys by line, separated by commas or spaces.

    Raises:
        CommandError: two commands would have the same key in the same place, or a key is unknown.
    """
    declared = {command.line: command for command in commands}
    changed: dict[str, tuple[str, ...]] = {}
    added: dict[str, tuple[str, ...]] = {}
    for line, keys in wanted.items():
        try:
            names = tuple(dict.fromkeys(key_name(key) for key in _split(keys)))
        except ValueError as error:
            raise CommandError(str(error), key=line) from error
        known = declared.get(line)
        (changed if known is not None and known.keys else added)[line] = names
    keymap = Keymap(changed, added)
    for owners in scopes.values():
        inside = [each for each in declared.values() if each.owner in owners]
        lines = {each.line: keymap.keys(each) for each in inside}
        if any(not owner.home for owner in owners):
            lines |= added
        _check(lines, wanted)
    return keymap


def _split(keys: str) -> list[str]:
    # A single or double comma is the comma key.
    words = keys.split()
    return [key for word in words for key in ([word] if word == "," else word.split(",")) if key]


def _check(lines: Mapping[str, tuple[str, ...]], wanted: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for line, keys in lines.items():
        for key in keys:
            other = taken.setdefault(key, line)
            if other == line:
                continue
            new, old = (line, other) if line in wanted else (other, line)
            if new not in wanted:
                continue
            words = key_words(key)
            raise CommandError(
                f"{words} is already the key of {old}: give one of the two another key", key=new
            )
