"""Ready-made sessions, each built from what the runtime at hand offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.points.catalogue import Catalogue, PointSpec

_TREE = ("container/start", "sentry/clone", "sentry/execve", "sentry/task_exit")
"""The events that a process tree needs; every preset but `seed` contains them."""

_SECURITY = frozenset(
    "listen connect accept accept4 bind ptrace setuid setgid setreuid setregid setresuid setresgid "
    "setfsuid setfsgid setgroups chroot open openat openat2 creat".split()
)
"""System calls by which a program gets in, gets out, or gets more rights."""
_EXEC_NEEDS = ("group_id", "thread_group_start_time")
"""The context fields that `pipe_proc_info` needs: gVisor sends it for the processes they name."""

_STARTS = ("fork", "vfork", "clone", "execve", "execveat")
_SEED_CONTEXT = ("group_id", "process_name")


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready-made choice of points, with a name."""

    name: str
    title: str
    description: str
    """What the preset is good for and what it leaves out, in a sentence or two."""
    choose: Callable[[Catalogue, tuple[str, ...]], Iterable[Point]]
    """Gives the preset's points for a catalogue and the wanted context fields."""


DEFAULT_PRESET = "all-schematized"
"""The preset that is used if the user names none."""


def build_preset(
    name: str,
    catalogue: Catalogue,
    *,
    context_fields: Iterable[str] = DEFAULT_CONTEXT_FIELDS,
    sinks: tuple[Sink, ...] = (),
) -> Session:
    """Make a session from a preset; points and fields that the runtime lacks are left out.

    Args:
        name: a key of `PRESETS`.
        catalogue: what the runtime offers.
        context_fields: fields to ask of each point; `seed` and `everything` have their own.
        sinks: the sinks that the points are sent to.

    Raises:
        KeyError: there is no such preset.
    """
    points = PRESETS[name].choose(catalogue, tuple(context_fields))
    return Session(sinks=sinks).with_points(points)


def make_point(
    spec: PointSpec,
    context_fields: Iterable[str] = DEFAULT_CONTEXT_FIELDS,
    optional_fields: Iterable[str] = (),
) -> Point:
    """Make a point of a session, with those of the fields that the runtime offers for it."""
    return Point(
        spec.name,
        tuple(field for field in optional_fields if field in spec.optional_fields),
        tuple(field for field in context_fields if field in spec.context_fields),
    )


def _processes(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    for spec in catalogue.schematized:
        if (
            spec.component in ("container", "sentry") and "processes" in spec.purposes
        ) or spec.event in _STARTS:
            yield make_point(spec, context)


def _files(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    yield from _tree(catalogue, context)
    for spec in catalogue.schematized:
        if spec.component == "syscall" and _is_of_files(spec):
            # The exit does not need the path: the enter has it, and after a close only the enter.
            paths = ("fd_path",) if spec.direction == "E" else ()
            yield make_point(spec, context, paths)


def _is_of_files(spec: PointSpec) -> bool:
    if spec.event in _STARTS:
        return spec.event.startswith("exec")
    if {"network", "time", "signals"} & set(spec.purposes):
        return False
    return bool({"files", "descriptors"} & set(spec.purposes)) and spec.event not in (
        "eventfd",
        "eventfd2",
        "mmap",
    )


def _network(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    yield from _tree(catalogue, context)
    decoded = {spec.event for spec in catalogue.schematized}
    for spec in catalogue:
        if "network" in spec.purposes and (not spec.is_raw or spec.event not in decoded):
            yield make_point(spec, context)


def _all_schematized(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    return (make_point(spec, context) for spec in catalogue.schematized)


def _security(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    decoded = {spec.event for spec in catalogue.schematized}
    for spec in catalogue:
        if spec.name == "sentry/execve":
            wanted = tuple(dict.fromkeys((*context, *_EXEC_NEEDS)))
            yield make_point(spec, wanted, spec.optional_fields)
        elif spec.name in _TREE or spec.name == "sentry/mmap":
            yield make_point(spec, context)
        elif spec.event in _SECURITY and (not spec.is_raw or spec.event not in decoded):
            # The folder that a relative path begins at; the enter's is enough.
            paths = ("fd_path",) if spec.event == "openat" and spec.direction == "E" else ()
            yield make_point(spec, context, paths)


def _everything(catalogue: Catalogue, _: tuple[str, ...]) -> Iterable[Point]:
    return (make_point(spec, spec.context_fields, spec.optional_fields) for spec in catalogue)


def _seed(catalogue: Catalogue, _: tuple[str, ...]) -> Iterable[Point]:
    for spec in catalogue:
        if spec.name in ("container/start", "sentry/clone", "sentry/task_exit"):
            yield make_point(spec, ())
        elif spec.name in ("syscall/fork/enter", "syscall/fork/exit", "syscall/execve/enter") or (
            spec.is_raw and spec.event == "nanosleep"
        ):
            yield make_point(spec, _SEED_CONTEXT)


def _tree(catalogue: Catalogue, context: tuple[str, ...]) -> Iterable[Point]:
    return (make_point(spec, context) for spec in catalogue if spec.name in _TREE)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "processes",
            "Processes",
            "Which programs start, from whom, with which arguments, and how they end. Few messages; "
            "good to leave on.",
            _processes,
        ),
        Preset(
            "files",
            "Files",
            "Opening, reading, writing and closing of files, with their paths, and the processes "
            "that do it. Many messages where programs read or write in small pieces.",
            _files,
        ),
        Preset(
            "network",
            "Network",
            "Sockets: connecting, listening, accepting, with addresses; sending and receiving as raw "
            "calls, with sizes but no addresses; and the processes that do it.",
            _network,
        ),
        Preset(
            "security",
            "Security",
            "Where programs came from, with digests, and what their standard input and output are; "
            "executable mappings, listening and connecting, ptrace, changes of user and root, and "
            "which files are opened. gVisor before 2026 cannot tell the first two.",
            _security,
        ),
        Preset(
            "all-schematized",
            "All with fields of their own",
            "Every point whose messages gVisor takes apart, without the optional fields. Calls that "
            "exist only as raw points are left out.",
            _all_schematized,
        ),
        Preset(
            "everything",
            "Everything",
            "Every point, raw system calls too, with every field. A flood that slows programs a "
            "lot; an exec with a large environment may be lost. For short looks and for tests.",
            _everything,
        ),
        Preset(
            "seed",
            "gVisor's own example",
            "The points of the example in gVisor's documentation, with its few context fields, and "
            "the start of containers and the end of tasks. For comparing with gVisor's example "
            "server; gvtui's columns stay half empty.",
            _seed,
        ),
    )
}
"""The presets by name, in the order of display."""
