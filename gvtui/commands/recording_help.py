"""What recordings are: one text, for the help and for the man page."""

from __future__ import annotations

from textwrap import wrap
from typing import NamedTuple

from gvtui.query.kept.keeper import LEAST_ROWS as KEPT_FROM
from gvtui.query.kept.spaced import LEAST_ROWS as ASOF_FROM
from gvtui.query.spacing import LEAST_BYTES, MOST_BYTES, MOST_STATES
from gvtui.trace.flight import DEFAULT_SEGMENT_BYTES, MIN_SEGMENTS
from gvtui.trace.keptplace import MOST_CACHED, MOST_CACHED_BYTES


class Told(NamedTuple):
    """A thing to know about recordings."""

    name: str
    text: str
    commands: tuple[str, ...] = ()
    """Examples of it."""


RECORDINGS = (
    Told(
        "A file",
        "NAME.gvtrace is a recording in one file: each message byte for byte as it came, with its "
        "connection and the time. It grows without limit. NAME.gvtrace.index and "
        "NAME.gvtrace.strings beside it make it quick to read; they are made again where they are "
        "missing or do not fit.",
        ("gvtui --record NAME.gvtrace", "gvtui record --out NAME.gvtrace"),
    ),
    Told(
        "A folder",
        "Each start makes a trace of its own in the folder, named by its time: a folder of segments, "
        "each with its index. A viewer without --record has such a trace among its caches, and "
        "deletes it at the end unless it is kept. Each command that reads a recording reads a trace "
        "of segments too.",
        ("gvtui monitor --trace DIR", "gvtui record --out DIR/"),
    ),
    Told(
        "What ran before",
        "A session that begins in a running container tells nothing of what ran there already. "
        "Whoever receives asks the sandbox once (runsc trace procfs): the viewer, record, print and "
        "monitor. The answer is a trace mark: processes with arguments, parents and open "
        "descriptors. So it is when a runsc exec on this machine lasts some seconds. Why a "
        "sandbox could not be asked is said. The process that receives messages asks nobody.",
        ("gvtui record --out NAME.gvtrace",),
    ),
    Told(
        "Rotation",
        f"A segment is complete at {DEFAULT_SEGMENT_BYTES >> 20} MiB of log and index, or at one part "
        f"in {MIN_SEGMENTS} of --keep if that is less. The next one begins with all that is needed "
        "to read it alone: who is connected, names, processes.",
    ),
    Told(
        "What is kept",
        "All that fits into --keep. Beyond, the oldest segment goes; of it stays what sandboxes have "
        "sent that hold less than an equal share, so that none pushes out the others. --keep-for 7d "
        "lets go what is older, too. A share is a sandbox's over all traces in a monitor's folder, one "
        "for each start; what former ones keep leaves at least half of --keep to the one that is "
        "written. A trace mark says how much was let go, and gvtui status from when on each "
        "sandbox is whole. In config.toml: "
        'keep = "20GiB", keep-for = "7d".',
        ("gvtui monitor --trace DIR --keep 20GiB",),
    ),
    Told(
        "Compression",
        "With --compress zstd another process compresses complete segments when a processor is idle; "
        "what stays of segments that go is compressed too. Every command shows the same of both. "
        "What a monitor has not come to, also one that was killed, the next one in the folder "
        'does. In config.toml: compress = "none", or "zstd".',
        ("gvtui --compress zstd", "gvtui monitor --trace DIR --compress none"),
    ),
    Told(
        "What was found out",
        f"NAME.gvtrace.kept beside a recording of {KEPT_FROM:,} messages or more is what report, "
        "diff, print --stats and the viewer's tabs have found out, so that it is not read through "
        f"again. NAME.gvtrace.asof, from {ASOF_FROM:,} messages on, is the state of processes, "
        f"descriptors, numbers and activity at up to {MOST_STATES:,} rows: another process makes it "
        "when a recording is first shown as of a row (@ in the viewer), and from then on any position "
        "is there after a moment, forward or back. It has at most a quarter of the recording's size, "
        f"or {LEAST_BYTES >> 20} MiB if that is more, and never more than {MOST_BYTES >> 30} GiB. "
        "The states of a folder of segments, and of a recording that is being written, lie in "
        f"gvtui's cache (states in ~/.cache/gvtui), of {MOST_CACHED} traces at most, and "
        f"{MOST_CACHED_BYTES >> 30} GiB together. Such a file is believed only by the user who made "
        "it, and only while the recording is unchanged; delete it at any time.",
    ),
    Told(
        "Loss of power",
        "That gvtui ends, however it does, costs nothing that was written. What a loss of power costs "
        "is what came in the last half minute, or in the time of --sync.",
        ("gvtui record --out NAME.gvtrace --sync 1",),
    ),
    Told(
        "Damage",
        "What was written has checksums: a changed or missing byte costs the messages it is in, "
        "or those of its frame where it is compressed; it is told, and the rest is read. info looks "
        "through all of it; repair writes what can be read to a new file, and says exactly what was "
        "lost.",
        ("gvtui info FILE", "gvtui repair FILE -o NEW.gvtrace"),
    ),
    Told(
        "Seals",
        "seal writes a chain of hashes over the segments, and prints the last one; verify names the "
        "first segment that differs. To compress a segment does not break its seal.",
        ("gvtui seal FILE", "gvtui verify FILE --expect HASH"),
    ),
    Told(
        "Parts, and other formats",
        "cut writes a part, merge several as one, convert another format, with --redact without "
        "secrets. Save files of gVisor's tracereplay are read as recordings.",
        (
            "gvtui cut FILE --from 14:05 --to 14:10 -o PART.gvtrace",
            "gvtui convert FILE OUT.jsonl --redact",
        ),
    ),
)
"""In the order in which they are told."""

_INDENT = 4


def explain(width: int = 100) -> str:
    """What `gvtui help recordings` prints.

    Args:
        width: columns of the terminal.
    """
    lines = [
        "What recordings are, and what becomes of them. FILE is a file or a folder of segments."
    ]
    for each in RECORDINGS:
        lines += ["", each.name]
        lines += [" " * _INDENT + line for line in wrap(each.text, width - _INDENT)]
        lines += [f"{' ' * 2 * _INDENT}{command}" for command in each.commands]
    return "\n".join(lines) + "\n"
