"""What thirteen of Falco's stable rules look for, as conditions written anew with its fields.

Each has what it must find in the workload of tests/e2e/falco_workload.sh, and nothing else: next to
every deed that counts the workload does one that is like it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

_SPAWNED = "evt.type in (execve, execveat) and evt.failed = false"
_SHELLS = "(ash, bash, dash, sh, zsh)"
_OPENED_TO_READ = (
    "evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f"
    " and fd.num >= 0"
)
_SENSITIVE = "fd.name in (/etc/shadow, /etc/sudoers, /etc/pam.conf)"
_SERVERS = "(nginx, httpd, mysqld, redis-server)"
_SEARCHES = "proc.name in (grep, egrep, fgrep)"
WORK = "falco-work"
"""The name of the folder of the workload, which is at another place each time."""
_IN_WORK = re.compile(rf"/\S*?/{WORK}")

RULES: dict[str, tuple[str, set[str]]] = {
    "packet socket created": (
        "evt.type = socket and evt.arg.domain contains AF_PACKET",
        {"prog packet"},
    ),
    "PTRACE attached to process": (
        "evt.type = ptrace and evt.arg.request in (PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_SETOPTIONS)"
        " and proc.name exists",
        {"prog attach"},
    ),
    "PTRACE anti-debug attempt": (
        "evt.type = ptrace and evt.arg.request contains PTRACE_TRACEME and proc.name exists",
        {"prog traceme"},
    ),
    "bulk data removed from disk": (
        f"{_SPAWNED} and proc.name in (shred, mkfs, mke2fs)",
        {"shred -n 1 W/victim | W/bin/shred"},
    ),
    "netcat remote code execution": (
        f"{_SPAWNED} and ((proc.name = nc and (proc.cmdline contains ' -e' or proc.cmdline contains"
        " ' -c')) or (proc.name = ncat and (proc.args contains --sh-exec or proc.args contains"
        " --exec or proc.args contains '-e ' or proc.args contains '-c ')))",
        {"nc 127.0.0.1 9 -e /bin/sh | W/bin/nc"},
    ),
    "private keys or passwords searched": (
        f"{_SPAWNED} and (({_SEARCHES} and (proc.args icontains 'BEGIN PRIVATE' or proc.args"
        " icontains 'BEGIN OPENSSH PRIVATE' or proc.args icontains 'BEGIN RSA PRIVATE'))"
        " or (proc.name = find and (proc.args contains id_rsa or proc.args contains id_dsa)))",
        {
            "grep BEGIN RSA PRIVATE W/notes | W/bin/grep",
            "find W/home -name id_rsa | W/bin/find",
        },
    ),
    "AWS credentials searched": (
        f"{_SPAWNED} and (({_SEARCHES} and (proc.args icontains aws_access_key_id or proc.args"
        " icontains aws_secret_access_key)) or (proc.name = find and proc.args endswith"
        " .aws/credentials))",
        {
            "grep aws_secret_access_key W/notes | W/bin/grep",
            "find W/home -path W/home/.aws/credentials | W/bin/find",
        },
    ),
    "execution from /dev/shm": (
        f"{_SPAWNED} and (proc.exe startswith /dev/shm/ or (proc.cwd startswith /dev/shm/ and"
        f" proc.exe startswith ./) or (proc.name in {_SHELLS} and proc.args startswith"
        " '-c /dev/shm'))",
        {"tool stream | /dev/shm/tool"},
    ),
    "shell run by an untrusted program": (
        f"{_SPAWNED} and proc.name in {_SHELLS} and proc.pname in {_SERVERS}",
        {"sh -c exit | W/bin/sh"},
    ),
    "directory traversal": (
        f"{_OPENED_TO_READ} and fd.name pmatch (/etc, /root/.ssh) and fd.nameraw glob *../*../*",
        {"prog read ../../../../../../../../etc/shadow | /etc/shadow"},
    ),
    "sensitive file read by a trusted program after its start": (
        f"{_OPENED_TO_READ} and {_SENSITIVE} and proc.name in {_SERVERS} and proc.duration > 5s",
        {"nginx late 5 /etc/shadow | /etc/shadow"},
    ),
    "sensitive file read by an untrusted program": (
        f"{_OPENED_TO_READ} and {_SENSITIVE} and proc.name exists and not proc.name in"
        f" (passwd, sshd, su, sudo) and not proc.name in {_SERVERS}",
        {"prog read ../../../../../../../../etc/shadow | /etc/shadow"},
    ),
    "logs cleared": (
        "evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.num >= 0 and"
        " fd.name startswith /var/log/ and evt.arg.flags contains O_TRUNC",
        {"busybox sh W/workload.sh W | /var/log/gvtui-test/auth.log"},
    ),
}
"""Each rule's condition, and what it must find: command lines, and for a file its path."""


def found(trace: Trace, condition: str) -> set[str]:
    """What passes a condition: the command line of each row's process, and the row's path."""
    analysis = Analysis(trace)
    compiled = compile_filter(condition, analysis.context)
    resolved = analysis.resolved
    while analysis.context.advance():
        pass
    start = trace.first_row
    rows = trace.rows(start, trace.end_row)
    chosen = compiled.mask(trace, rows, start) & ~resolved.doubles(start, len(rows))
    places, told = analysis.context.texts("proc.cmdline", start, rows)
    paths = resolved.path_of(start, rows)
    lines = set()
    for place in np.flatnonzero(chosen).tolist():
        path = paths[place] if paths[place].startswith("/") else ""
        line = f"{told[places[place]][0]} | {path}".removesuffix(" | ")
        lines.add(_IN_WORK.sub("W", line))
    return lines
