"""Commands as Textual's key bindings, each under an id that is its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.binding import Binding, BindingType

from gvtui.tui.command.command import Owner, commands_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

    from gvtui.tui.command.keymap import Keymap

UNBOUND = "unbound"
"""Stands for no key where Textual wants one: no terminal sends it."""


def bindings(*owners: type) -> list[BindingType]:
    """The bindings of the commands that these classes declare; the app runs them all."""
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
    """The Textual action that has the app run a line."""
    return f"app.command({line!r})"


def put_in_force(app: App[Any], keymap: Keymap) -> None:
    """Have an app's keys call what a keymap says."""
    app.set_keymap(textual_keymap(keymap))
    for line, keys in keymap.added.items():
        if keys:
            app.bind(",".join(keys), action(line), description=line, show=False)


def textual_keymap(keymap: Keymap) -> Mapping[str, str]:
    """What Textual's `set_keymap` takes: keys by binding id."""
    return {line: ",".join(keys) or UNBOUND for line, keys in keymap.changed.items()}


class Pane(Owner):
    """To be inherited by widgets, first of all: the keys of their commands work while they have
    the focus."""

    def __init_subclass__(cls, **options: bool) -> None:
        # Before Textual looks at it.
        cls.BINDINGS = bindings(cls)  # type: ignore[attr-defined]
        super().__init_subclass__(**options)
