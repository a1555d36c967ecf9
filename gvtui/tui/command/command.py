"""What a command is: a method of a feature or of a pane, declared where it stands."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

from gvtui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gvtui.query.filter.complete import Completion

_DECLARED = "__gvtui_commands__"

_Method = TypeVar("_Method", bound="Callable[..., None]")


class CommandError(UsageError):
    """A line is no command, or a key cannot be given to one."""

    def __init__(self, message: str, column: int | None = None, key: str = "") -> None:
        """Say what is wrong.

        Args:
            message: in one sentence.
            column: where in the line, counted from 0; None if it is about all of it.
            key: of a wrong keymap, the entry that it is about.
        """
        super().__init__(message)
        self.column = column
        self.key = key


class Owner:
    """What commands are declared on: a feature, or a pane whose keys work while it has the focus."""

    prefix: ClassVar[str] = ""
    """What the names of its commands begin with, as `filter` in `filter.pid`."""
    heading: ClassVar[str] = ""
    """Where its commands stand on the help screen."""
    home: ClassVar[str] = ""
    """Of a pane, the id of its widget; "" for commands whose keys work everywhere."""
    tab: ClassVar[str] = ""
    """Of a pane, the tab that has it; "" if it is always on the screen."""
    part: ClassVar[Literal["", "sidebar", "detail"]] = ""
    """Of a pane, the part of the screen that has it, if that can be hidden."""
    where: ClassVar[str] = ""
    """Where its keys work, as the help says it: `in the sandboxes`; "" if the titles tell."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One use of a method, as `@command` notes it."""

    title: str
    keys: tuple[str, ...]
    arguments: tuple[str, ...]
    footer: str
    heading: str
    complete: Callable[..., Sequence[Completion]] | None


def command(
    title: str,
    keys: str = "",
    *arguments: object,
    footer: str = "",
    heading: str = "",
    complete: Callable[..., Sequence[Completion]] | None = None,
) -> Callable[[_Method], _Method]:
    """Make a method a command; several of these make several commands of it.

    Args:
        title: what it does, for the help screen and the palette.
        keys: the keys that call it unless the configuration says otherwise, in Textual's names,
            separated by commas; "" for none.
        arguments: what the method is called with when the key is pressed.
        footer: its word in the last line of the screen; "" keeps it out of there.
        heading: where it stands on the help screen, if not under its class's heading.
        complete: a method of the same class that suggests arguments: it is given the text after
            the name and the cursor's place in it.
    """

    def declare(method: _Method) -> _Method:
        noted: list[Declaration] = method.__dict__.setdefault(_DECLARED, [])
        # Decorators are called from the lowest to the highest.
        noted.insert(
            0,
            Declaration(
                title,
                tuple(key for key in keys.split(",") if key),
                tuple(map(str, arguments)),
                footer,
                heading,
                complete,
            ),
        )
        return method

    return declare


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that a method takes from a typed line."""

    name: str
    kind: Literal["choice", "number", "text", "rest"]
    choices: tuple[str, ...] = ()
    is_required: bool = True

    def read(self, word: str) -> int | str:
        """The value that a word stands for.

        Raises:
            CommandError: it stands for none.
        """
        if self.kind == "number":
            try:
                return int(word)
            except ValueError:
                raise CommandError(f"{word!r} is no whole number") from None
        if self.kind == "choice" and word not in self.choices:
            raise CommandError(f"{word!r} is none of {', '.join(self.choices)}")
        return word


@cache
def parameters(method: Callable[..., None]) -> tuple[Parameter, ...]:
    """What a command's method takes after `self`: `Literal`, `int`, `str`, and `*words: str`.

    Raises:
        TypeError: it takes something else.
    """
    hints = get_type_hints(method)
    found = []
    for each in list(inspect.signature(method).parameters.values())[1:]:
        hint = hints.get(each.name)
        required = each.default is inspect.Parameter.empty
        if each.kind is inspect.Parameter.VAR_POSITIONAL and hint is str:
            found.append(Parameter(each.name, "rest", is_required=False))
        elif get_origin(hint) is Literal:
            found.append(Parameter(each.name, "choice", get_args(hint), required))
        elif hint is int:
            found.append(Parameter(each.name, "number", is_required=required))
        elif hint is str:
            found.append(Parameter(each.name, "text", is_required=required))
        else:
            raise TypeError(f"{method.__qualname__}: no command can have {each.name}: {hint}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can ask for: a method, and the arguments that its key gives it."""

    name: str
    """Its owner's prefix and its own name: `filter.pid`."""
    title: str
    heading: str
    keys: tuple[str, ...] = ()
    """The keys that call it by default."""
    arguments: tuple[str, ...] = ()
    footer: str = ""
    owner: type[Owner] = Owner
    method: Callable[..., None] = field(default=lambda self: None, compare=False)
    complete: Callable[..., Sequence[Completion]] | None = field(default=None, compare=False)

    @property
    def line(self) -> str:
        """What one types to have it done, which is also what the configuration calls it."""
        return " ".join((self.name, *self.arguments))

    @property
    def where(self) -> str:
        """Where its key works, as the end of its title; "" if the title tells."""
        return f" ({self.owner.where})" if self.owner.where else ""


def commands_of(owner: type) -> Iterator[Command]:
    """The commands that a class itself declares, in their order; not those it inherits."""
    for name, method in vars(owner).items():
        for noted in getattr(method, _DECLARED, ()):
            yield Command(
                f"{owner.prefix}.{name.rstrip('_').replace('_', '-')}",  # type: ignore[attr-defined]
                noted.title,
                noted.heading or owner.heading,  # type: ignore[attr-defined]
                noted.keys,
                noted.arguments,
                noted.footer,
                owner,
                method,
                noted.complete,
            )
