"""What the fields of trace points tell, for who chooses among them."""

from __future__ import annotations

from gvtui.points.costs import FIELD_COSTS

FIELD_MEANINGS = {
    "fd_path": "the path of the descriptor that a call is given",
    "envv": "the environment that a program is started with",
    "env": "the environment of the container's first program",
    "binary_info": "mode, owner, inode, change time, size and links of the program's file, and "
    "where it came from: image, modified, new, elsewhere or memory",
    "binary_sha256": "the SHA-256 of the program's file",
    "binary_sha1": "the SHA-1 of the program's file",
    "fd_info": "what the new program's standard input, output and error are: file, terminal, pipe, "
    "or socket with both addresses",
    "pipe_proc_info": "the process at the other end of a pipe on standard input or output, if it "
    "has the same parent; needs group_id and thread_group_start_time",
    "time": "when it happened, by the sandbox's clock",
    "thread_id": "the thread",
    "task_start_time": "when the thread started",
    "group_id": "the process id",
    "thread_group_start_time": "when the process started, which tells processes apart that had "
    "the same id one after the other",
    "container_id": "the container, which tells those of a pod apart",
    "credentials": "real, effective and saved user and group ids",
    "cwd": "the working directory, where relative paths begin",
    "process_name": "the process's name",
    "parent_thread_group_id": "the process id of the parent",
    "is_exec_session": "whether the process came in from outside, as by docker exec, or descends "
    "from one that did",
}
"""The meaning of each field of the points of gVisor, optional and of the context, by its name in
sessions."""


def field_words(name: str) -> str:
    """What a field tells and what it costs; "" for a field that this version does not know."""
    meaning, cost = FIELD_MEANINGS.get(name, ""), FIELD_COSTS.get(name, "")
    return "; ".join(filter(None, (meaning, cost and f"costs: {cost}")))
