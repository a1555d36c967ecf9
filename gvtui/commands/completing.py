"""Finds possible values of options and arguments, for the shells' completion.

Each function is a `shell_complete` of click's, and loads the modules that it needs when called.
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
"""How many seconds each call of runsc may take."""
ANSWER_SECONDS = 1.5
"""How many seconds all calls together may take: the user waits for the Tab key."""

_MAX_LABEL = 60

_Found = TypeVar("_Found")


def files(*endings: str) -> Complete:
    """Files with these endings, and folders that may hold such files; any file for no ending."""

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
    """The groups of this machine."""
    import grp

    return _beginning(incomplete, sorted((each.gr_name, "") for each in grp.getgrall()))


def users(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Users of this machine's."""
    import pwd

    return _beginning(incomplete, sorted((each.pw_name, "") for each in pwd.getpwall()))


def limits(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Limits with their values as they come."""
    from gvtui.limits import LIMITS

    table = [(f"{each.name}={each.shown(each.default)}", each.words) for each in LIMITS.values()]
    return _beginning(incomplete, table)


def profiles(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Profiles of the user's configuration."""
    from gvtui.config import read_config

    return _beginning(incomplete, ((name, "") for name in sorted(read_config().profiles)))


def described(names: Iterable[tuple[str, str]]) -> Complete:
    """A fixed list of names, each with its meaning."""
    table = list(names)

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        return _beginning(incomplete, table)

    return complete


def containers(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The running containers that the options typed so far find; none if that takes too long."""
    from gvtui.commands.runtime import open_agent
    from gvtui.decode.escape import escape

    given = {name: value for name, value in ctx.params.items() if value}
    agent = open_agent({**given, "timeout": CALL_SECONDS})
    inventory: Inventory | None = in_time(agent.inventory, ANSWER_SECONDS)
    if inventory is None:
        return []
    named = [
        (each.names.label, escape(f"{each.status} {each.id}".strip(), _MAX_LABEL))
        for each in inventory.containers
        if each.names.label
    ]
    by_id = [
        (each.id, escape(f"{each.status} {each.label}".strip(), _MAX_LABEL))
        for each in inventory.containers
    ]
    return _beginning(incomplete, [*named, *by_id])


def in_time(work: Callable[[], _Found], seconds: float) -> _Found | None:
    """The result of the work; None if it fails or takes longer than `seconds`."""
    found: list[_Found] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception:
            # A completion cannot show an error.
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


def known_points(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Trace points of the bundled list, since asking a runsc would take too long."""
    from gvtui.points.bundled import bundled_catalogue

    specs = bundled_catalogue()
    return _beginning(incomplete, [(each.name, ", ".join(each.purposes)) for each in specs])


def field_names(kind: str) -> Complete:
    """Field names, separated by commas; `kind` is "context" or "optional"."""

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
    """Continuations of a filter: a field, an operator, a known value, or `and`.

    A single continuation is given together with what may follow it: the shell then does not
    consider the filter finished, and leaves its quotes open.
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
