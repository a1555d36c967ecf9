"""Argument names and formats of system calls that the sandbox sends as bare numbers.

Source: the system calls' manual pages and Linux include/linux/syscalls.h. Names and order are the
same on x86_64 and arm64 except where an entry says so.
"""

from __future__ import annotations

_NO_ARGUMENTS = """
fork vfork getpid gettid getppid getuid geteuid getgid getegid getpgrp setsid pause sync sched_yield
rt_sigreturn restart_syscall munlockall inotify_init vhangup
""".split()

_RESULTS = {
    "ptr": "mmap brk mremap shmat",
    "octal": "umask",
    "none": "exit exit_group",
    "hex": "personality",
}
"""The calls whose result is not a signed number, by the format of their result."""

_ARGUMENTS = """
read fd:fd buf:ptr count:size
write fd:fd buf:ptr count:size
open pathname:ptr flags:open mode:mode
close fd:fd
stat pathname:ptr statbuf:ptr
fstat fd:fd statbuf:ptr
lstat pathname:ptr statbuf:ptr
poll fds:ptr nfds:size timeout:int
lseek fd:fd offset:long whence:whence
mmap addr:ptr length:size prot:prot flags:map fd:fd offset:hex
mprotect addr:ptr len:size prot:prot
munmap addr:ptr length:size
brk addr:ptr
rt_sigaction signum:signal act:ptr oldact:ptr sigsetsize:size
rt_sigprocmask how:sigmask_how set:ptr oldset:ptr sigsetsize:size
ioctl fd:fd request:ioctl argp:hex
pread64 fd:fd buf:ptr count:size offset:long
pwrite64 fd:fd buf:ptr count:size offset:long
readv fd:fd iov:ptr iovcnt:size
writev fd:fd iov:ptr iovcnt:size
preadv fd:fd iov:ptr iovcnt:size offset:long
pwritev fd:fd iov:ptr iovcnt:size offset:long
preadv2 fd:fd iov:ptr iovcnt:size offset:long pos_h:skip flags:rwf
pwritev2 fd:fd iov:ptr iovcnt:size offset:long pos_h:skip flags:rwf
access pathname:ptr mode:access
pipe pipefd:ptr
pipe2 pipefd:ptr flags:pipe
select nfds:int readfds:ptr writefds:ptr exceptfds:ptr timeout:ptr
pselect6 nfds:int readfds:ptr writefds:ptr exceptfds:ptr timeout:ptr sigmask:ptr
ppoll fds:ptr nfds:size timeout:ptr sigmask:ptr sigsetsize:size
mremap old_address:ptr old_size:size new_size:size flags:mremap new_address:ptr
msync addr:ptr length:size flags:msync
mincore addr:ptr length:size vec:ptr
madvise addr:ptr length:size advice:madvise
mlock addr:ptr len:size
mlock2 addr:ptr len:size flags:mlock2
munlock addr:ptr len:size
mlockall flags:mlockall
membarrier cmd:int flags:uint cpu_id:int
shmget key:hex size:size shmflg:octal
shmat shmid:int shmaddr:ptr shmflg:shmat
shmdt shmaddr:ptr
shmctl shmid:int cmd:int buf:ptr
semget key:hex nsems:int semflg:octal
semop semid:int sops:ptr nsops:size
semtimedop semid:int sops:ptr nsops:size timeout:ptr
semctl semid:int semnum:int cmd:int arg:hex
msgget key:hex msgflg:octal
dup oldfd:fd
dup2 oldfd:fd newfd:fd
dup3 oldfd:fd newfd:fd flags:dup3
nanosleep req:ptr rem:ptr
clock_nanosleep clockid:clock flags:timer req:ptr rem:ptr
clock_gettime clockid:clock tp:ptr
clock_settime clockid:clock tp:ptr
clock_getres clockid:clock res:ptr
gettimeofday tv:ptr tz:ptr
settimeofday tv:ptr tz:ptr
time tloc:ptr
times buf:ptr
alarm seconds:uint
getitimer which:itimer value:ptr
setitimer which:itimer new_value:ptr old_value:ptr
timer_create clockid:clock sevp:ptr timerid:ptr
timer_settime timerid:int flags:timer new_value:ptr old_value:ptr
timer_gettime timerid:int value:ptr
timer_getoverrun timerid:int
timer_delete timerid:int
timerfd_create clockid:clock flags:timerfd
timerfd_settime fd:fd flags:timerfd_set new_value:ptr old_value:ptr
timerfd_gettime fd:fd curr_value:ptr
sendfile out_fd:fd in_fd:fd offset:ptr count:size
splice fd_in:fd off_in:ptr fd_out:fd off_out:ptr len:size flags:splice
tee fd_in:fd fd_out:fd len:size flags:splice
vmsplice fd:fd iov:ptr nr_segs:size flags:splice
copy_file_range fd_in:fd off_in:ptr fd_out:fd off_out:ptr len:size flags:uint
socket domain:family type:socktype protocol:int
socketpair domain:family type:socktype protocol:int sv:ptr
connect sockfd:fd addr:ptr addrlen:uint
bind sockfd:fd addr:ptr addrlen:uint
listen sockfd:fd backlog:int
accept sockfd:fd addr:ptr addrlen:ptr
accept4 sockfd:fd addr:ptr addrlen:ptr flags:accept
getsockname sockfd:fd addr:ptr addrlen:ptr
getpeername sockfd:fd addr:ptr addrlen:ptr
sendto sockfd:fd buf:ptr len:size flags:msg dest_addr:ptr addrlen:uint
recvfrom sockfd:fd buf:ptr len:size flags:msg src_addr:ptr addrlen:ptr
sendmsg sockfd:fd msg:ptr flags:msg
recvmsg sockfd:fd msg:ptr flags:msg
sendmmsg sockfd:fd msgvec:ptr vlen:uint flags:msg
recvmmsg sockfd:fd msgvec:ptr vlen:uint flags:msg timeout:ptr
shutdown sockfd:fd how:shutdown
setsockopt sockfd:fd level:level optname:int optval:ptr optlen:uint
getsockopt sockfd:fd level:level optname:int optval:ptr optlen:ptr
clone flags:clone stack:ptr parent_tid:ptr child_tid:ptr tls:ptr
arm64:clone flags:clone stack:ptr parent_tid:ptr tls:ptr child_tid:ptr
clone3 cl_args:ptr size:size
unshare flags:unshare
setns fd:fd nstype:unshare
execve pathname:ptr argv:ptr envp:ptr
execveat dirfd:dirfd pathname:ptr argv:ptr envp:ptr flags:execveat
exit status:int
exit_group status:int
wait4 pid:int wstatus:ptr options:wait rusage:ptr
waitid idtype:waitid id:int infop:ptr options:wait rusage:ptr
kill pid:int sig:signal
tkill tid:int sig:signal
tgkill tgid:int tid:int sig:signal
rt_sigpending set:ptr sigsetsize:size
rt_sigtimedwait set:ptr info:ptr timeout:ptr sigsetsize:size
rt_sigqueueinfo tgid:int sig:signal info:ptr
rt_tgsigqueueinfo tgid:int tid:int sig:signal info:ptr
rt_sigsuspend mask:ptr sigsetsize:size
sigaltstack ss:ptr old_ss:ptr
signalfd fd:fd mask:ptr sizemask:size
signalfd4 fd:fd mask:ptr sizemask:size flags:signalfd
pidfd_open pid:int flags:uint
pidfd_send_signal pidfd:fd sig:signal info:ptr flags:uint
pidfd_getfd pidfd:fd targetfd:fd flags:uint
uname buf:ptr
sethostname name:ptr len:size
setdomainname name:ptr len:size
fcntl fd:fd cmd:fcntl arg:hex
flock fd:fd operation:flock
fsync fd:fd
fdatasync fd:fd
syncfs fd:fd
sync_file_range fd:fd offset:long nbytes:long flags:sync_range
truncate path:ptr length:long
ftruncate fd:fd length:long
fallocate fd:fd mode:falloc offset:long len:long
fadvise64 fd:fd offset:long len:long advice:fadvise
readahead fd:fd offset:long count:size
getdents fd:fd dirp:ptr count:uint
getdents64 fd:fd dirp:ptr count:uint
getcwd buf:ptr size:size
chdir path:ptr
fchdir fd:fd
chroot path:ptr
pivot_root new_root:ptr put_old:ptr
rename oldpath:ptr newpath:ptr
renameat olddirfd:dirfd oldpath:ptr newdirfd:dirfd newpath:ptr
renameat2 olddirfd:dirfd oldpath:ptr newdirfd:dirfd newpath:ptr flags:rename
mkdir pathname:ptr mode:mode
mkdirat dirfd:dirfd pathname:ptr mode:mode
rmdir pathname:ptr
creat pathname:ptr mode:mode
link oldpath:ptr newpath:ptr
linkat olddirfd:dirfd oldpath:ptr newdirfd:dirfd newpath:ptr flags:at
unlink pathname:ptr
unlinkat dirfd:dirfd pathname:ptr flags:at
symlink target:ptr linkpath:ptr
symlinkat target:ptr newdirfd:dirfd linkpath:ptr
readlink pathname:ptr buf:ptr bufsiz:size
readlinkat dirfd:dirfd pathname:ptr buf:ptr bufsiz:size
chmod pathname:ptr mode:mode
fchmod fd:fd mode:mode
fchmodat dirfd:dirfd pathname:ptr mode:mode
fchmodat2 dirfd:dirfd pathname:ptr mode:mode flags:at
chown pathname:ptr owner:id group:id
fchown fd:fd owner:id group:id
lchown pathname:ptr owner:id group:id
fchownat dirfd:dirfd pathname:ptr owner:id group:id flags:at
mknod pathname:ptr mode:filemode dev:hex
mknodat dirfd:dirfd pathname:ptr mode:filemode dev:hex
umask mask:mode
utime filename:ptr times:ptr
utimes filename:ptr times:ptr
futimesat dirfd:dirfd pathname:ptr times:ptr
utimensat dirfd:dirfd pathname:ptr times:ptr flags:at
openat dirfd:dirfd pathname:ptr flags:open mode:mode
openat2 dirfd:dirfd pathname:ptr how:ptr size:size
newfstatat dirfd:dirfd pathname:ptr statbuf:ptr flags:at
statx dirfd:dirfd pathname:ptr flags:statx mask:statx_mask statxbuf:ptr
faccessat dirfd:dirfd pathname:ptr mode:access
faccessat2 dirfd:dirfd pathname:ptr mode:access flags:access_at
statfs path:ptr buf:ptr
fstatfs fd:fd buf:ptr
close_range first:fd last:uint flags:close_range
name_to_handle_at dirfd:dirfd pathname:ptr handle:ptr mount_id:ptr flags:at
mount source:ptr target:ptr filesystemtype:ptr mountflags:hex data:ptr
umount2 target:ptr flags:hex
open_tree dirfd:dirfd pathname:ptr flags:hex
move_mount from_dirfd:dirfd from_pathname:ptr to_dirfd:dirfd to_pathname:ptr flags:hex
fsopen fsname:ptr flags:hex
fsconfig fd:fd cmd:uint key:ptr value:ptr aux:int
fsmount fsfd:fd flags:hex attr_flags:hex
fspick dirfd:dirfd pathname:ptr flags:hex
mount_setattr dirfd:dirfd pathname:ptr flags:hex attr:ptr size:size
open_by_handle_at mount_fd:fd handle:ptr flags:open
getxattr path:ptr name:ptr value:ptr size:size
lgetxattr path:ptr name:ptr value:ptr size:size
fgetxattr fd:fd name:ptr value:ptr size:size
setxattr path:ptr name:ptr value:ptr size:size flags:xattr
lsetxattr path:ptr name:ptr value:ptr size:size flags:xattr
fsetxattr fd:fd name:ptr value:ptr size:size flags:xattr
listxattr path:ptr list:ptr size:size
llistxattr path:ptr list:ptr size:size
flistxattr fd:fd list:ptr size:size
removexattr path:ptr name:ptr
lremovexattr path:ptr name:ptr
fremovexattr fd:fd name:ptr
getrlimit resource:rlimit rlim:ptr
setrlimit resource:rlimit rlim:ptr
prlimit64 pid:int resource:rlimit new_limit:ptr old_limit:ptr
getrusage who:rusage usage:ptr
sysinfo info:ptr
syslog type:int bufp:ptr len:int
ptrace request:ptrace pid:int addr:hex data:hex
setuid uid:id
setgid gid:id
setreuid ruid:id euid:id
setregid rgid:id egid:id
setresuid ruid:id euid:id suid:id
setresgid rgid:id egid:id sgid:id
getresuid ruid:ptr euid:ptr suid:ptr
getresgid rgid:ptr egid:ptr sgid:ptr
setfsuid fsuid:id
setfsgid fsgid:id
getgroups size:int list:ptr
setgroups size:size list:ptr
setpgid pid:int pgid:int
getpgid pid:int
getsid pid:int
capget hdrp:ptr datap:ptr
capset hdrp:ptr datap:ptr
personality persona:hex
getpriority which:prio who:int
setpriority which:prio who:int prio:int
sched_setparam pid:int param:ptr
sched_getparam pid:int param:ptr
sched_setscheduler pid:int policy:sched param:ptr
sched_getscheduler pid:int
sched_get_priority_max policy:sched
sched_get_priority_min policy:sched
sched_rr_get_interval pid:int tp:ptr
sched_setaffinity pid:int cpusetsize:size mask:ptr
sched_getaffinity pid:int cpusetsize:size mask:ptr
getcpu cpu:ptr node:ptr
prctl option:prctl arg2:hex arg3:hex arg4:hex arg5:hex
arch_prctl code:arch_prctl addr:hex
set_tid_address tidptr:ptr
set_robust_list head:ptr len:size
get_robust_list pid:int head:ptr len:ptr
rseq rseq:ptr rseq_len:uint flags:rseq sig:hex
futex uaddr:ptr op:futex val:uint timeout:ptr uaddr2:ptr val3:hex
seccomp operation:seccomp flags:uint args:ptr
getrandom buf:ptr buflen:size flags:getrandom
memfd_create name:ptr flags:memfd
memfd_secret flags:open
fanotify_init flags:hex event_f_flags:open
userfaultfd flags:open
epoll_create size:int
epoll_create1 flags:epoll
epoll_ctl epfd:fd op:epoll_ctl fd:fd event:ptr
epoll_wait epfd:fd events:ptr maxevents:int timeout:int
epoll_pwait epfd:fd events:ptr maxevents:int timeout:int sigmask:ptr sigsetsize:size
epoll_pwait2 epfd:fd events:ptr maxevents:int timeout:ptr sigmask:ptr sigsetsize:size
eventfd initval:uint
eventfd2 initval:uint flags:eventfd
inotify_init1 flags:inotify_init
inotify_add_watch fd:fd pathname:ptr mask:inotify
inotify_rm_watch fd:fd wd:int
io_setup nr_events:uint ctx_idp:ptr
io_destroy ctx_id:hex
io_submit ctx_id:hex nr:long iocbpp:ptr
io_getevents ctx_id:hex min_nr:long nr:long events:ptr timeout:ptr
io_cancel ctx_id:hex iocb:ptr result:ptr
io_uring_setup entries:uint params:ptr
io_uring_enter fd:fd to_submit:uint min_complete:uint flags:hex sig:ptr sigsz:size
io_uring_register fd:fd opcode:uint arg:ptr nr_args:uint
process_vm_readv pid:int lvec:ptr liovcnt:size rvec:ptr riovcnt:size flags:hex
process_vm_writev pid:int lvec:ptr liovcnt:size rvec:ptr riovcnt:size flags:hex
mbind addr:ptr len:size mode:int nodemask:ptr maxnode:size flags:hex
set_mempolicy mode:int nodemask:ptr maxnode:size
get_mempolicy mode:ptr nodemask:ptr maxnode:size addr:ptr flags:hex
bpf cmd:int attr:ptr size:uint
perf_event_open attr:ptr pid:int cpu:int group_fd:fd flags:hex
reboot magic:hex magic2:hex op:hex arg:ptr
acct filename:ptr
"""


def _parse() -> dict[str, tuple[tuple[str, str], ...]]:
    table: dict[str, tuple[tuple[str, str], ...]] = dict.fromkeys(_NO_ARGUMENTS, ())
    for line in _ARGUMENTS.split("\n"):
        if line:
            name, *arguments = line.split()
            pairs = (argument.split(":") for argument in arguments)
            table[name] = tuple((label, form) for label, form in pairs)
    return table


ARGUMENTS = _parse()
"""Names and formats of the arguments, by system call; `arm64:clone` is the one on arm64."""

RESULT_FORMS = {name: form for form, names in _RESULTS.items() for name in names.split()}
"""Format of the result, where it is not a signed number."""
