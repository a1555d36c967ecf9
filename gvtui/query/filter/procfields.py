"""The fields of the filter language that ask for the process of a row."""

from __future__ import annotations

from dataclasses import replace

from gvtui.query.filter.batch import PARENT, NumberColumn, of_context
from gvtui.query.filter.field import IS_EXEC_SESSION, NAME, PID, PROCESS, THREAD, TRUTH, Field
from gvtui.query.filter.forms import process_of
from gvtui.query.filter.messages import CwdCondition
from gvtui.query.filter.newnames import new_names
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.origins import ORIGIN_NUMBERS
from gvtui.query.filter.texts import TextColumn

BINARY_INFO, SHA256, FD_INFO = "binary_info", "binary_sha256", "fd_info"
"""Optional fields of `sentry/execve`."""


def _process_field(
    name: str, description: str, example: str, *, is_list: bool = False, optional: str = ""
) -> Field:
    return Field(
        f"proc.{name}",
        ValueKind.TEXT,
        description,
        f"proc.{example}",
        of_context=True,
        is_list=is_list,
        needs=("group_id",),
        optional=optional,
    )


def _layer_field(name: str, description: str) -> Field:
    return Field(
        f"proc.is_exe_{name}",
        ValueKind.CHOICE,
        f"whether its program's file {description}",
        f"proc.is_exe_{name} = true",
        of_context(f"proc.is_exe_{name}"),
        choices=TRUTH,
        needs=("group_id",),
        optional=BINARY_INFO,
    )


PROCESS_FIELDS: tuple[Field, ...] = (
    Field(
        PROCESS,
        ValueKind.PROCESS,
        "one process: its container, a slash, its process id, @ and its start time, since ids are "
        "reused; container and start may be left out",
        "proc.id = web/110@2026-08-21T14:05:09.25Z",
        NumberColumn("pid", 0),
        needs=("group_id",),
    ),
    Field(
        PID,
        ValueKind.NUMBER,
        "process id inside the sandbox",
        "proc.pid in (110, 112)",
        NumberColumn("pid", 0),
        needs=("group_id",),
        path="context_data.thread_group_id",
    ),
    Field(
        NAME,
        ValueKind.TEXT,
        "process name; on the rows of an exec that is done that of the new program, though gVisor "
        "sends the former one there",
        "proc.name = bash",
        TextColumn("process", lambda decoded, trace: process_of(decoded), of_rows=new_names),
        needs=("process_name",),
        path="context_data.process_name",
    ),
    Field(
        "proc.ppid",
        ValueKind.NUMBER,
        "process id of the parent",
        "proc.ppid = 1",
        PARENT,
        needs=("group_id",),
    ),
    *(
        Field(
            name,
            ValueKind.NUMBER,
            f"the same as {same}, by the name that Falco has for an id inside the sandbox; in a PID "
            "namespace of its own a process sees another one, which gVisor does not tell",
            f"{name} = {value}",
            column,
            needs=needs,
        )
        for name, same, value, column, needs in (
            ("proc.vpid", PID, 110, NumberColumn("pid", 0), ("group_id",)),
            ("proc.pvpid", "proc.ppid", 1, PARENT, ("group_id",)),
            ("thread.vtid", THREAD, 7, NumberColumn("tid", 0), ("thread_id",)),
        )
    ),
    _process_field(
        "cmdline",
        "the process's name, and the arguments of its program after it, with blanks between them; "
        "compared whole; where a long one's message has been let go only its beginning, which is told",
        "cmdline contains --force",
    ),
    _process_field("args", "the arguments of its program, with blanks between them", "args = -c"),
    _process_field(
        "exe", "the first word of its command line, which need not be a path", "exe = sh"
    ),
    _process_field(
        "exepath", "absolute path of its program, if the sandbox told it", "exepath pmatch (/tmp)"
    ),
    Field(
        "proc.exe_origin",
        ValueKind.CHOICE,
        "where its program's file came from: image, modified, new (written since the start; gVisor "
        "sees a modified file of the image so too, unless somebody had it open all the while), "
        "elsewhere (a tmpfs or a mount), memory (a memfd); missing where gVisor did not tell, as "
        "before 2026",
        "proc.exe_origin in (new, modified, memory)",
        of_context("proc.exe_origin"),
        choices=ORIGIN_NUMBERS,
        needs=("group_id",),
        optional=BINARY_INFO,
    ),
    _layer_field("upper_layer", "lies in the upper layer of the overlay: new or modified"),
    _layer_field("lower_layer", "lies in the lower layer alone: it is the image's"),
    _layer_field("from_memfd", "is a memfd, which is in no file system"),
    Field(
        "proc.exe_ino",
        ValueKind.NUMBER,
        "inode of its program's file, within its file system",
        "proc.exe_ino = 12",
        of_context("proc.exe_ino"),
        needs=("group_id",),
        optional=BINARY_INFO,
    ),
    Field(
        "proc.exe_ino.ctime",
        ValueKind.TIME,
        "when that inode changed last: a time as evt.time takes it, also in nanoseconds since 1970",
        "proc.exe_ino.ctime > -1h",
        of_context("proc.exe_ino.ctime"),
        needs=("group_id",),
        optional=BINARY_INFO,
    ),
    Field(
        "proc.exe_writable",
        ValueKind.CHOICE,
        "whether the user that started its program may write to the program's file; missing where "
        "that depends on a capability or on further groups, and without binary_info and credentials "
        "on sentry/execve",
        "proc.exe_writable = true",
        of_context("proc.exe_writable"),
        choices=TRUTH,
        needs=("group_id", "credentials"),
    ),
    replace(
        _process_field(
            "sha256",
            "digest of its program's file, SHA-256 or SHA-1, in hexadecimal: = and in take beginnings "
            "of four digits and more, and lists in files as sha256sum writes them: (@FILE)",
            "sha256 = 9f2c41d8",
        ),
        is_digest=True,
        optional=SHA256,
    ),
    *(
        _process_field(
            f"{which}.{what}", description, f"{which}.{what} {example}", optional=FD_INFO
        )
        for which in ("stdin", "stdout", "stderr")
        for what, description, example in (
            (
                "type",
                f"kind of the {which} that its program began with, as fd.type has it",
                "in (ipv4, ipv6)",
            ),
            (
                "name",
                f"what that {which} is: a path, or of a socket its own address, -> and the other "
                "end's",
                "startswith pipe:",
            ),
        )
    ),
    Field(
        "proc.cwd",
        ValueKind.TEXT,
        "working directory of the process",
        "proc.cwd startswith /home",
        condition=CwdCondition,
        needs=("cwd",),
        path="context_data.cwd",
    ),
    _process_field("pname", "name of the parent", "pname = sshd"),
    _process_field(
        "pcmdline", "command line of the parent, as proc.cmdline", "pcmdline contains -i"
    ),
    _process_field("pexepath", "path of the parent's program", "pexepath = /bin/sh"),
    _process_field(
        "aname",
        "name of any ancestor; with a number that of one: [0] is the process itself, [1] its "
        "parent",
        "aname in (nginx, httpd)",
        is_list=True,
    ),
    Field(
        "proc.duration",
        ValueKind.DURATION,
        "how long the process had been running",
        "proc.duration < 1s",
        of_context("proc.duration"),
        needs=("group_id", "time"),
    ),
    _process_field(
        "exec_session",
        "the exec session that the process is of, by its first process, written as proc.id: not of "
        "it passes all other rows, those of no exec session included",
        "exec_session = web/58@2026-08-21T14:05:09.25Z",
    ),
    Field(
        IS_EXEC_SESSION,
        ValueKind.CHOICE,
        "whether the process was started in the container from outside, as by docker exec, or "
        "descends from one that was; where gVisor does not tell, a process without parent that is "
        "not the first one of its container. Its audit ID, which the tree and the details show, "
        "is from the environment of its programs: a program can forge it",
        f"{IS_EXEC_SESSION} = true",
        of_context(IS_EXEC_SESSION),
        choices=TRUTH,
        needs=("group_id",),
    ),
    Field(
        THREAD,
        ValueKind.NUMBER,
        "thread id inside the sandbox",
        "thread.tid = 7",
        NumberColumn("tid", 0),
        needs=("thread_id",),
        path="context_data.thread_id",
    ),
)
