"""What could stand for the values of options and arguments, for the shells' completion.

Each function here is a `shell_complete` of click's. They load what they need when they are called.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click
    from click.shell_completion import CompletionItem

    from gvtui.agent.discover import Inventory

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

CALL_SECONDS = 1.0
"""How long each call of runsc may take."""
ANSWER_SECONDS = 1.5
"""How long all of them may: whoever waits for a key to do something does not wait longer."""

_MAX_LABEL = 60

_Found = TypeVar("_Found")


def files(*endings: str) -> Complete:
    """Files whose names end so, and folders on the way to them; any file where there are none."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file", endings=" ".join(endings))]

    return complete


recordings = files(".gvtrace", ".trace")
session_files = files(".json")


def folders(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Folders."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def groups(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Groups of this machine's."""
    import grp

    return _beginning(incomplete, sorted((each.gr_name, "") for each in grp.getgrall()))


def described(names: Iterable[tuple[str, str]]) -> Complete:
    """Names that do not change, each with what it means."""
    table = list(names)

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        return _beginning(incomplete, table)

    return complete


def containers(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Containers that run now, as the options given so far find them; none if that takes long."""
    from gvtui.commands.runtime import open_agent
    from gvtui.decode.escape import escape

    given = {name: value for name, value in ctx.params.items() if value}
    agent = open_agent({**given, "timeout": CALL_SECONDS})
    inventory: Inventory | None = in_time(agent.inventory, ANSWER_SECONDS)
    if inventory is None:
        return []
    return _beginning(
        incomplete,
        [
            (each.id, escape(f"{each.status} {each.label}".strip(), _MAX_LABEL))
            for each in inventory.containers
        ],
    )


def in_time(work: Callable[[], _Found], seconds: float) -> _Found | None:
    """What the work gives; None if it fails, or takes longer."""
    found: list[_Found] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception:
            # A completion has nowhere to say why.
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


def known_points(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Trace points, of the list that comes along: a runsc would take too long to ask."""
    from gvtui.points.bundled import bundled_catalogue

    specs = bundled_catalogue()
    return _beginning(incomplete, [(each.name, ", ".join(each.purposes)) for each in specs])


def field_names(kind: str) -> Complete:
    """Names of fields with commas between; `kind` is "context" or "optional"."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from gvtui.points.bundled import bundled_catalogue

        known: tuple[str, ...] = getattr(bundled_catalogue(), f"{kind}_fields")
        before, comma, last = incomplete.rpartition(",")
        taken = before.split(",")
        found = [(name, "") for name in known if name not in taken]
        return _beginning(last, found, prefix=before + comma, part="part")

    return complete


def filters(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """A filter that goes on: by a field, an operator, a value that is known, `and`.

    Where there is one way only, it comes with what may follow: a shell then does not take the
    filter for finished, and leaves its quotes open.
    """
    found = _filters_from(incomplete)
    if len(found) == 1:
        whole = f"{found[0].value} "
        found = _filters_from(whole) or found
    return found


def _filters_from(text: str) -> list[CompletionItem[str]]:
    from gvtui.query.filter.complete import complete

    found = complete(text, len(text))
    return _beginning(
        text, [(f"{text[: each.start]}{each.text}", each.note) for each in found], part="part"
    )


def _beginning(
    incomplete: str, found: Iterable[tuple[str, str]], prefix: str = "", part: str = "word"
) -> list[CompletionItem[str]]:
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(prefix + name, help=text, part=part)
        for name, text in found
        if name.startswith(incomplete)
    ]
