"""The numbers of message types, as gVisor's schema has them (`MessageType` in common.proto)."""

from __future__ import annotations

from enum import IntEnum


class MessageType(IntEnum):
    """A message type; its name is the schema's without `MESSAGE_`."""

    CONTAINER_START = 1
    SENTRY_CLONE = 2
    SENTRY_EXEC = 3
    SENTRY_EXIT_NOTIFY_PARENT = 4
    SENTRY_TASK_EXIT = 5
    SYSCALL_RAW = 6
    """A system call whose arguments the sandbox does not decode."""
    SYSCALL_OPEN = 7
    SYSCALL_CLOSE = 8
    SYSCALL_READ = 9
    SYSCALL_CONNECT = 10
    SYSCALL_EXECVE = 11
    SYSCALL_SOCKET = 12
    SYSCALL_CHDIR = 13
    SYSCALL_SETID = 14
    SYSCALL_SETRESID = 15
    SYSCALL_PRLIMIT64 = 16
    SYSCALL_PIPE = 17
    SYSCALL_FCNTL = 18
    SYSCALL_DUP = 19
    SYSCALL_SIGNALFD = 20
    SYSCALL_CHROOT = 21
    SYSCALL_EVENTFD = 22
    SYSCALL_CLONE = 23
    SYSCALL_BIND = 24
    SYSCALL_ACCEPT = 25
    SYSCALL_TIMERFD_CREATE = 26
    SYSCALL_TIMERFD_SETTIME = 27
    SYSCALL_TIMERFD_GETTIME = 28
    SYSCALL_FORK = 29
    SYSCALL_INOTIFY_INIT = 30
    SYSCALL_INOTIFY_ADD_WATCH = 31
    SYSCALL_INOTIFY_RM_WATCH = 32
    SYSCALL_SOCKETPAIR = 33
    SYSCALL_WRITE = 34
    SENTRY_MMAP = 35
    SYSCALL_MMAP = 36
    SYSCALL_LISTEN = 37
    SYSCALL_PTRACE = 38


WITH_ADDRESS = (
    MessageType.SYSCALL_CONNECT,
    MessageType.SYSCALL_BIND,
    MessageType.SYSCALL_ACCEPT,
    MessageType.SYSCALL_LISTEN,
)
"""The types with a socket address; rows have it in place of a path."""

WITH_NEW_FD = (
    MessageType.SYSCALL_OPEN,
    MessageType.SYSCALL_SOCKET,
    MessageType.SYSCALL_EVENTFD,
    MessageType.SYSCALL_ACCEPT,
    MessageType.SYSCALL_TIMERFD_CREATE,
    MessageType.SYSCALL_INOTIFY_INIT,
)
"""The types of calls whose result is a new descriptor."""

WITH_FD = (
    MessageType.SYSCALL_CLOSE,
    MessageType.SYSCALL_READ,
    MessageType.SYSCALL_CONNECT,
    MessageType.SYSCALL_FCNTL,
    MessageType.SYSCALL_DUP,
    MessageType.SYSCALL_SIGNALFD,
    MessageType.SYSCALL_BIND,
    MessageType.SYSCALL_ACCEPT,
    MessageType.SYSCALL_TIMERFD_SETTIME,
    MessageType.SYSCALL_TIMERFD_GETTIME,
    MessageType.SYSCALL_INOTIFY_RM_WATCH,
    MessageType.SYSCALL_WRITE,
    MessageType.SYSCALL_MMAP,
    MessageType.SYSCALL_LISTEN,
)
"""The types whose `fd` is what the call is about."""

WITH_PATH = (
    MessageType.SYSCALL_OPEN,
    MessageType.SYSCALL_EXECVE,
    MessageType.SYSCALL_CHDIR,
    MessageType.SYSCALL_CHROOT,
    MessageType.SYSCALL_INOTIFY_ADD_WATCH,
)
"""The types with a path; `fd` is what the path is relative to."""
