"""Named sets of system calls and events, such as `%file`, for filters and for grouping points.

The names are strace's. Which system call belongs to which set is strace's classification as of
6.13, for the calls that x86_64 and arm64 have (its tables `linux/x86_64/syscallent.h` and
`linux/generic/syscallent-common.h`). gVisor's own events have been added to the sets that they fit.
"""

from __future__ import annotations

import functools

_FILE = """
access acct chdir chmod chown chroot creat execve execveat faccessat faccessat2 fanotify_mark
fchmodat fchmodat2 fchownat fsconfig fspick futimesat getcwd getxattr getxattrat inotify_add_watch
lchown lgetxattr link linkat listxattr listxattrat llistxattr lremovexattr lsetxattr lstat mkdir
mkdirat mknod mknodat mount mount_setattr move_mount name_to_handle_at newfstatat open open_tree
openat openat2 pivot_root quotactl readlink readlinkat removexattr removexattrat rename renameat
renameat2 rmdir setxattr setxattrat stat statfs statx swapoff swapon symlink symlinkat truncate
umount2 unlink unlinkat utime utimensat utimes sentry/execve
"""

_DESC = """
bpf cachestat close copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execveat faccessat faccessat2
fadvise64 fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat
fcntl fdatasync fgetxattr finit_module flistxattr flock fremovexattr fsconfig fsetxattr fsmount
fsopen fspick fstat fstatfs fsync ftruncate futimesat getdents getdents64 getxattrat
inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_uring_enter io_uring_register
io_uring_setup ioctl kexec_file_load landlock_add_rule landlock_create_ruleset
landlock_restrict_self linkat listxattrat lseek memfd_create memfd_secret mkdirat mknodat mmap
mount_setattr move_mount mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend
name_to_handle_at newfstatat open open_by_handle_at open_tree openat openat2 perf_event_open
pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 poll ppoll pread64 preadv preadv2
process_madvise process_mrelease pselect6 pwrite64 pwritev pwritev2 quotactl_fd read readahead
readlinkat readv removexattrat renameat renameat2 select sendfile setns setxattrat signalfd
signalfd4 splice statx symlinkat sync_file_range syncfs tee timerfd_create timerfd_gettime
timerfd_settime unlinkat userfaultfd utimensat vmsplice write writev
"""

_PROCESS = """
clone clone3 execve execveat exit exit_group fork kill pidfd_send_signal rt_sigqueueinfo
rt_tgsigqueueinfo tgkill tkill vfork wait4 waitid container/start sentry/clone sentry/execve
sentry/exit_notify_parent sentry/task_exit
"""

_NETWORK = """
accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom
recvmmsg recvmsg sendfile sendmmsg sendmsg sendto setsockopt shutdown socket socketpair
"""

_SIGNAL = """
io_uring_enter kill pause pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask
rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd
signalfd4 tgkill tkill
"""

_IPC = """
msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget
"""

_MEMORY = """
brk get_mempolicy io_destroy io_setup io_uring_register madvise map_shadow_stack mbind
migrate_pages mincore mlock mlock2 mlockall mmap move_pages mprotect mremap mseal msync munlock
munlockall munmap pkey_mprotect remap_file_pages set_mempolicy set_mempolicy_home_node shmat shmdt
sentry/mmap
"""

_CREDS = """
capget capset getegid geteuid getgid getgroups getresgid getresuid getuid prctl setfsgid setfsuid
setgid setgroups setregid setresgid setresuid setreuid setuid
"""

_CLOCK = """
adjtimex clock_adjtime clock_getres clock_gettime clock_settime gettimeofday settimeofday time
"""

_PURE = """
getegid geteuid getgid getpgrp getpid getppid gettid getuid
"""

_STAT = "stat"
_LSTAT = "lstat"
_FSTAT = "fstat newfstatat statx"
_STATFS = "statfs"
_FSTATFS = "fstatfs"


def _set(*names: str) -> frozenset[str]:
    return frozenset(" ".join(names).split())


SETS: dict[str, frozenset[str]] = {
    "%file": _set(_FILE),
    "%process": _set(_PROCESS),
    "%network": _set(_NETWORK),
    "%net": _set(_NETWORK),
    "%signal": _set(_SIGNAL),
    "%ipc": _set(_IPC),
    "%desc": _set(_DESC),
    "%memory": _set(_MEMORY),
    "%creds": _set(_CREDS),
    "%clock": _set(_CLOCK),
    "%pure": _set(_PURE),
    "%stat": _set(_STAT),
    "%lstat": _set(_LSTAT),
    "%fstat": _set(_FSTAT),
    "%%stat": _set(_STAT, _LSTAT, _FSTAT),
    "%statfs": _set(_STATFS),
    "%fstatfs": _set(_FSTATFS),
    "%%statfs": _set(_STATFS, _FSTATFS, "ustat"),
}
"""The members of each set, named as in `evt.type`."""

SET_DESCRIPTIONS: dict[str, str] = {
    "%file": "calls that take a file name",
    "%process": "life and end of processes; gVisor's own events of them",
    "%network": "sockets",
    "%net": "the same as %network",
    "%signal": "signals",
    "%ipc": "System V messages, semaphores, shared memory",
    "%desc": "calls that take or give a file descriptor",
    "%memory": "memory mappings",
    "%creds": "user and group ids, capabilities",
    "%clock": "reading and setting clocks",
    "%pure": "calls that always succeed and take nothing",
    "%stat": "stat",
    "%lstat": "lstat",
    "%fstat": "fstat, newfstatat, statx",
    "%%stat": "all of the stat family",
    "%statfs": "statfs",
    "%fstatfs": "fstatfs",
    "%%statfs": "all of the statfs family",
}
"""A few words on each set."""


PURPOSES: dict[str, str] = {
    "files": "%file",
    "descriptors": "%desc",
    "network": "%network",
    "processes": "%process",
    "memory": "%memory",
    "credentials": "%creds",
    "signals": "%signal",
    "time": "%clock",
    "ipc": "%ipc",
}
"""The purposes of points in the order of display, each with the set that defines it."""

OTHER = "other"
"""The purpose of a point that belongs to no set."""

_WAITING = _set(
    "alarm clock_nanosleep getitimer nanosleep setitimer timer_create timer_delete "
    "timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime "
    "timerfd_settime times"
)
"""Sleeps and timers: they have the purpose time, though strace's `%clock` leaves them out."""

_LOOKING = _set("kcmp process_vm_readv process_vm_writev ptrace")
"""Calls that look into other processes: they have the purpose processes, though strace's `%process`
leaves them out."""

_BESIDES = {"time": _WAITING, "processes": _LOOKING}
"""Members of purposes that are in no set of strace."""


@functools.lru_cache(maxsize=4096)
def purposes_of(event: str) -> tuple[str, ...]:
    """The purposes of a system call or event, as keys of `PURPOSES`; `("other",)` if none fits.

    Args:
        event: a system call's name such as `openat`, or an event such as `sentry/clone`.
    """
    found = tuple(
        purpose
        for purpose, name in PURPOSES.items()
        if event in SETS[name] or event in _BESIDES.get(purpose, ())
    )
    return found or (OTHER,)
