"""A workload that is recorded twice differs in nothing; a changed one as its manifest says.

With each runsc, between recordings and between containers of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gvtui.agent.scratch import scratch_folder
from gvtui.export.report.recorded import containers_in
from gvtui.trace.reader import Trace
from tests.e2e.commands import called
from tests.e2e.containers import RunscBinary
from tests.e2e.recorded import everything, recording, run_do, write_pod_init

pytestmark = pytest.mark.e2e

SCRIPT = r"""
cd /etc
cat hostname > /dev/null
first=$(mktemp /tmp/diff.XXXXXXXXXX)
second=$(mktemp)
mkdir /tmp/work.$$
echo hi > $first
echo there > $second
cat $first $second > /tmp/work.$$/out
mv /tmp/work.$$/out /tmp/work.$$/done
for each in 1 2 3; do
    sh -c "ls /usr > /dev/null; cat /nonexistent$each" 2> /dev/null
done
perl -MSocket -e '
    $place = sockaddr_in(8080, INADDR_LOOPBACK);
    socket($server, PF_INET, SOCK_STREAM, 0) and bind($server, $place) and listen($server, 1) or die;
    if (!($child = fork)) {
        socket($client, PF_INET, SOCK_STREAM, 0) and connect($client, $place) or die;
        syswrite($client, "hello");
        exit 0;
    }
    accept($came, $server) or die;
    sysread($came, $got, 5);
    waitpid($child, 0);
'
. "$1"
rm $first $second
rm -r /tmp/work.$$
"""
CHANGE = r"""
cat passwd > /dev/null
head -n 1 group > /dev/null
cat /nowhere 2> /dev/null
: > /tmp/created
"""
USUAL = "head -n 1 services > /dev/null\n"


class Recorded(NamedTuple):
    """Recordings of three containers: that ran the script, ran it again, and ran a changed one."""

    first: Path
    again: Path
    changed: Path
    all_three: Path
    """Another monitor's, which had all of them."""


@pytest.fixture(scope="module")
def recorded(binary: RunscBinary) -> Iterator[Recorded]:
    with scratch_folder("gv") as folder:
        paths = [folder / name for name in ("first", "again", "changed", "all")]
        for path in paths:
            path.mkdir()
        script, change_script = folder / "script.sh", folder / "change.sh"
        script.write_text(SCRIPT)
        with recording(paths[-1]) as all_three:
            for place, change in zip(paths[:-1], (USUAL, USUAL, CHANGE), strict=True):
                # The command line is the same each time.
                change_script.write_text(change)
                with recording(place) as one:
                    session = everything(one.socket, all_three.socket)
                    pod_init = write_pod_init(place / "pod.json", session)
                    run_do(binary, place, pod_init, "/bin/sh", str(script), str(change_script))
                    one.wait_for(1)
                    one.end().close()
            all_three.wait_for(3)
            all_three.end().close()
        yield Recorded(*(path / "record.gvtrace" for path in paths))


def diff(*words: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the comparison."""
    done = called("diff", *words, "--format", "json")
    assert done.out, done.err
    return done.code, json.loads(done.out)


def briefly(made: dict[str, Any], kind: str = "differences") -> list[tuple[str, str, str, str]]:
    keys = ("section", "sign", "what", "details")
    found = [tuple(each[key] for key in keys) for each in made[kind]]
    # Where a program came from is told by the newest gVisor alone.
    return [
        (section, sign, what, details.replace(", from image", ""))
        for section, sign, what, details in found
    ]


def test_the_same_workload_differs_in_nothing_and_a_changed_one_as_its_manifest(
    recorded: Recorded,
) -> None:
    first, again, changed, _ = recorded
    code, made = diff(str(first), str(again))
    assert (briefly(made), briefly(made, "untold")) == ([], [])
    assert code == 0
    assert made["same"]["programs"] >= 17
    assert made["same"]["connected"] == made["same"]["listening"] == 1
    assert made["same"]["renamed"] == 1

    code, made = diff(str(first), str(changed))
    assert code == 3
    assert briefly(made) == [
        ("programs", "new", "cat /nowhere", "/usr/bin/cat, by sh"),
        ("programs", "new", "cat passwd", "/usr/bin/cat, by sh"),
        ("programs", "new", "head -n 1 group", "/usr/bin/head, by sh"),
        ("programs", "gone", "head -n 1 services", "/usr/bin/head, by sh"),
        ("read", "new", "/etc/group", ""),
        ("read", "new", "/etc/passwd", ""),
        ("read", "gone", "/etc/services", ""),
        ("written", "new", "/tmp/created", ""),
        ("maybe_created", "new", "/tmp/created", ""),
        ("failed", "new", "openat /nowhere", "ENOENT"),
    ]
    assert briefly(made, "untold") == []

    # The other way round it is the same.
    code, other = diff(str(changed), str(first))
    turned = {"new": "gone", "gone": "new", "changed": "changed"}
    assert sorted((key, turned[sign], *rest) for key, sign, *rest in briefly(other)) == sorted(
        briefly(made)
    )


def test_two_containers_of_one_recording(recorded: Recorded) -> None:
    path = recorded.all_three
    trace = Trace.open(path)
    first, again, changed = containers_in(trace).values()
    trace.close()
    code, made = diff(str(path), "--container", first, "--container", again)
    assert (code, briefly(made), briefly(made, "untold")) == (0, [], [])
    code, made = diff(str(path), "--container", first, "--container", changed)
    assert code == 3
    assert ("read", "gone", "/etc/services", "") in briefly(made)
    assert len(briefly(made)) == 10
    assert diff(str(path), "--container", first, "--container", changed) == (3, made)
