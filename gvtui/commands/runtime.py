"""Options and lookups of the commands that talk to runsc."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.completing import files, folders
from gvtui.commands.options import FILE
from gvtui.commands.values import Seconds
from gvtui.errors import GvtuiError
from gvtui.points.syscalls import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvtui.agent.agent import Agent
    from gvtui.agent.containers import Container
    from gvtui.agent.discover import Inventory
    from gvtui.points.catalogue import Catalogue

RUNSC_OPTION = click.option(
    "--runsc",
    "binaries",
    metavar="BIN",
    multiple=True,
    help="The runsc to use, in place of those found here; may be given several times.",
    shell_complete=files(),
)

GVISOR_OPTION = click.option(
    "--gvisor",
    metavar="VERSION",
    default="",
    help="Use the bundled list of this gVisor version, such as 20240729, 2024-07 or "
    "release-20260914.0, instead of a runsc's own.",
)

ARCH_OPTION = click.option(
    "--arch",
    "architecture",
    type=click.Choice(ARCHITECTURES),
    help="Use the bundled list for this architecture; without --gvisor, the newest.",
)

ROOT_OPTION = click.option(
    "--root",
    "roots",
    metavar="DIR",
    type=FILE,
    multiple=True,
    help="Look in this root of runsc's, in place of those found here; may be given several times.",
    shell_complete=folders,
)

TIMEOUT_OPTION = click.option(
    "--timeout",
    metavar="SECONDS",
    type=Seconds(0.1, 3600),
    default=10.0,
    show_default=True,
    help="How long each call of runsc may take.",
)

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class RuntimeLookupError(GvtuiError):
    """The wanted container or runsc is not on this machine, or is ambiguous."""


def open_agent(options: dict[str, Any]) -> Agent:
    """The agent for a command's options; it stores which sessions it makes, for later runs."""
    import platformdirs

    from gvtui.agent.agent import Agent
    from gvtui.agent.memory import Memory

    folder = platformdirs.user_state_path("gvtui") / "sessions"
    return Agent(
        options.get("binaries", ()),
        options.get("roots", ()),
        timeout=options.get("timeout", 10.0),
        memory=Memory(folder),
    )


def find_catalogues(
    binaries: tuple[str, ...], *, gvisor: str = "", architecture: str | None = None
) -> list[Catalogue]:
    """The catalogue of each named runsc; if none is named, that of `find_catalogue`; raises as
    it."""
    if gvisor or architecture or not binaries:
        return [find_catalogue(binaries, gvisor=gvisor, architecture=architecture)]
    return [find_catalogue((each,)) for each in binaries]


@contextmanager
def failing_in_json(as_json: bool) -> Iterator[None]:
    """Print an error as JSON too, so that a script always gets JSON."""
    try:
        yield
    except GvtuiError as error:
        if as_json:
            click.echo(json.dumps({"applied": False, "error": str(error)}, indent=2))
        raise


def find_container(inventory: Inventory, word: str) -> Container:
    """The container that a word means, see `Inventory.find`.

    Raises:
        RuntimeLookupError: no container matches, or more than one.
    """
    from gvtui.decode.escape import escape

    if inventory.problem:
        raise RuntimeLookupError(inventory.problem)
    found = inventory.find(word)
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(f"{each.called} in {each.root}" for each in found)
        raise RuntimeLookupError(
            f"{escape(word)} matches more than one container: {escape(places)}; "
            "give the whole ID, or --root"
        )
    failed = [f"{report.root}: {report.error}" for report in inventory.roots if report.error]
    looked = ", ".join(str(report.root) for report in inventory.roots) or "no root at all"
    why = f" ({'; '.join(failed)})" if failed else ""
    raise RuntimeLookupError(
        escape(f"no container {word} in {looked}{why}; name its root with --root")
    )


def find_catalogue(
    binaries: tuple[str, ...],
    *,
    bundled: bool = False,
    gvisor: str = "",
    architecture: str | None = None,
) -> Catalogue:
    """The catalogue of a named runsc, of one found or running here, or the bundled one.

    Args:
        binaries: the runsc that the user named.
        bundled: take the newest bundled list, even if a runsc is here.
        gvisor: take the bundled list for this version.
        architecture: take the bundled list for this architecture.

    Raises:
        GvtuiError: a named runsc could not be asked, or the version contains no date.
        click.UsageError: both a runsc and a version or architecture are given.
    """
    from gvtui.agent.discover import find_binaries
    from gvtui.agent.running import sandbox_processes
    from gvtui.points.bundled import bundled_catalogue

    if binaries and (gvisor or architecture):
        raise click.UsageError(
            "give either --runsc, or --gvisor and --arch: each says whose points to take"
        )
    if bundled or gvisor or architecture:
        return bundled_catalogue(architecture or "", gvisor)
    for runsc in find_binaries(binaries, sandbox_processes()):
        try:
            return runsc.catalogue()
        except GvtuiError:
            if binaries:
                raise
    return bundled_catalogue()


def relative_to_here(path: Path) -> str:
    """A socket's path as a session needs it: absolute, since runsc may run in another folder."""
    return str(path.absolute())
