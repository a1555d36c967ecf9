"""Turns commands into Textual's key bindings; the id of a binding is the command's line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.binding import Binding, BindingsMap, BindingType

from gvtui.tui.command.command import Owner, commands_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

    from gvtui.tui.command.keymap import Keymap

UNBOUND = "unbound"
"""A key that no terminal sends, for bindings without a key: Textual requires one."""


def bindings(*owners: type) -> list[BindingType]:
    """The bindings of the commands that these classes declare, all run by the app."""
    return [
        Binding(
            ",".join(command.keys),
            action(command.line),
            command.footer or command.title,
            show=bool(command.footer),
            id=command.line,
        )
        for owner in owners
        for command in commands_of(owner)
        if command.keys
    ]


def action(line: str) -> str:
    """The Textual action with which the app runs a command's line."""
    return f"app.command({line!r})"


def put_in_force(app: App[Any], keymap: Keymap) -> None:
    """Apply a keymap to an app's keys."""
    # Without a key at first: Textual drops all bindings of a key that one of them loses, but those
    # that its keymap gives the key.
    added = [
        Binding(UNBOUND, action(line), line, show=False, id=line)
        for line, keys in keymap.added.items()
        if keys
    ]
    app._bindings = BindingsMap.merge([app._bindings, BindingsMap(added)])
    app.set_keymap(textual_keymap(keymap))


def textual_keymap(keymap: Keymap) -> Mapping[str, str]:
    """The argument of Textual's `set_keymap`: keys by binding id."""
    return {
        line: ",".join(keys) or UNBOUND for line, keys in {**keymap.changed, **keymap.added}.items()
    }


class Pane(Owner):
    """A widget with commands, whose keys work while it has the focus. Inherit it first."""

    def __init_subclass__(cls, **options: bool) -> None:
        # Before Textual reads the attribute.
        cls.BINDINGS = bindings(cls)  # type: ignore[attr-defined]
        super().__init_subclass__(**options)
