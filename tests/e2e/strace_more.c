// More calls between two marks, by what they are about. Calls that come as bare numbers get an
// address that is not mapped, so that strace shows that number too.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
#define NOWHERE 0x1000L
#define NOBODY 99999999

static char buffer[64] = "hello";
static int wake;

static void files(void) {
  struct iovec vectors[2] = {{buffer, 3}, {buffer, 2}}, unmapped = {(void *)NOWHERE, 9};
  int fd = CALL(creat, "/tmp/gvtui-strace-file", 0604);
  CALL(pwrite64, fd, buffer, 5, 7L);
  CALL(writev, fd, vectors, 2);
  CALL(pwritev, fd, vectors, 2, 4L, 0L);
  CALL(pwritev2, fd, vectors, 2, 4L, 0L, RWF_DSYNC);
  CALL(writev, fd, &unmapped, 1);
  CALL(writev, fd, NOWHERE, 1);
  CALL(ftruncate, fd, 3000000000L);
  CALL(lseek, fd, -1L, SEEK_END);
  CALL(lseek, fd, -1L, SEEK_SET);
  CALL(fsync, fd);
  CALL(fdatasync, fd);
  CALL(fchmod, fd, 04755);
  CALL(fchown, fd, -1, -1);
  CALL(flock, fd, LOCK_EX | LOCK_NB);
  CALL(dup, fd);
  CALL(close, fd + 1);
  CALL(close, fd);
  fd = CALL(openat, AT_FDCWD, "/tmp/gvtui-strace-file", O_RDWR | O_APPEND | O_NOATIME | O_LARGEFILE);
  CALL(readv, fd, vectors, 2);
  CALL(preadv, fd, vectors, 2, 4L, 0L);
  CALL(preadv2, fd, vectors, 2, -1L, -1L, RWF_HIPRI);
  CALL(read, fd, NOWHERE, 4294967296L);
  CALL(fcntl, fd, F_SETFL, O_NONBLOCK | O_APPEND);
  CALL(fcntl, fd, F_GETFL);
  CALL(fcntl, fd, F_DUPFD, 30);
  CALL(close, 30);
  CALL(fcntl, fd, F_SETFD, FD_CLOEXEC);
  CALL(fcntl, fd, F_GETFD);
  CALL(fcntl, fd, F_SETLK, NOWHERE);
  CALL(fcntl, fd, F_GETLK, NOWHERE);
  CALL(fcntl, fd, F_SETOWN, 0);
  CALL(fcntl, fd, F_GETOWN);
  CALL(fcntl, fd, 99, 5);
  CALL(fcntl, -1, F_GETFD);
  CALL(fadvise64, fd, 0L, 0L, POSIX_FADV_RANDOM);
  CALL(sendfile, fd, -1, 0L, 10L);
  CALL(ioctl, fd, FIOCLEX);
  CALL(ioctl, fd, TIOCGWINSZ, NOWHERE);
  CALL(close, fd);
  CALL(unlink, NOWHERE);
  CALL(access, NOWHERE, F_OK);
  CALL(stat, NOWHERE, NOWHERE);
  CALL(chmod, NOWHERE, 0644);
  CALL(mkdir, NOWHERE, 01777);
  CALL(symlink, NOWHERE, NOWHERE);
  CALL(rename, NOWHERE, NOWHERE);
  CALL(readlink, NOWHERE, NOWHERE, 64L);
  CALL(truncate, NOWHERE, 5L);
  CALL(renameat2, AT_FDCWD, NOWHERE, -1, NOWHERE, RENAME_NOREPLACE);
  CALL(linkat, AT_FDCWD, NOWHERE, AT_FDCWD, NOWHERE, AT_SYMLINK_FOLLOW);
  CALL(faccessat, AT_FDCWD, NOWHERE, R_OK | W_OK);
  CALL(fchmodat, AT_FDCWD, NOWHERE, 0600);
  CALL(fchownat, AT_FDCWD, NOWHERE, 0, -1, AT_SYMLINK_NOFOLLOW);
  CALL(newfstatat, AT_FDCWD, NOWHERE, NOWHERE, AT_SYMLINK_NOFOLLOW);
  CALL(statx, AT_FDCWD, NOWHERE, AT_STATX_DONT_SYNC, STATX_SIZE | STATX_BTIME, NOWHERE);
  CALL(mknodat, AT_FDCWD, NOWHERE, S_IFIFO | 0600, 0);
  CALL(utimensat, AT_FDCWD, NOWHERE, NOWHERE, 0);
  CALL(getdents64, -1, NOWHERE, 1024);
  CALL(getcwd, NOWHERE, 64L);
  CALL(getxattr, NOWHERE, NOWHERE, NOWHERE, 10L);
  CALL(memfd_create, NOWHERE, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CALL(tee, -1, -1, 5L, SPLICE_F_NONBLOCK);
  CALL(mount, NOWHERE, NOWHERE, NOWHERE, 0L, NOWHERE);
}

static void sockets(void) {
  int pair[2];
  socklen_t length = sizeof(struct sockaddr_un);
  struct sockaddr_un un = {AF_UNIX, "/tmp/gvtui-strace-socket"};
  struct sockaddr_un peer;
  int fd = CALL(socket, AF_UNIX, SOCK_STREAM, 0);
  CALL(bind, fd, &un, sizeof un);
  CALL(listen, fd, 2);
  int other = CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CALL(connect, other, &un, sizeof un);
  int third = CALL(accept, fd, &peer, &length);
  CALL(shutdown, third, SHUT_RDWR);
  CALL(close, third);
  CALL(close, other);
  CALL(close, fd);
  unlink("/tmp/gvtui-strace-socket");

  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_flowinfo = htonl(0), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  fd = CALL(socket, AF_INET6, SOCK_STREAM, IPPROTO_TCP);
  CALL(bind, fd, &in6, sizeof in6);
  CALL(listen, fd, 5);
  length = sizeof in6;
  getsockname(fd, (struct sockaddr *)&in6, &length);
  other = CALL(socket, AF_INET6, SOCK_STREAM, 0);
  CALL(connect, other, &in6, sizeof in6);
  third = CALL(accept4, fd, &in6, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CALL(close, third);
  CALL(close, other);
  CALL(close, fd);
  struct sockaddr_in in = {AF_INET, 0, {htonl(INADDR_ANY)}};
  fd = CALL(socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  CALL(bind, fd, &in, sizeof in);
  CALL(connect, fd, &in, 1);
  CALL(connect, fd, NOWHERE, 16);
  CALL(sendto, fd, NOWHERE, 5L, MSG_DONTWAIT | MSG_NOSIGNAL, 0L, 0);
  CALL(recvfrom, -1, NOWHERE, 5L, MSG_PEEK | MSG_TRUNC, 0L, 0L);
  CALL(sendmsg, -1, NOWHERE, MSG_MORE);
  CALL(recvmsg, -1, NOWHERE, MSG_WAITALL | MSG_CMSG_CLOEXEC);
  CALL(getsockopt, -1, SOL_TCP, TCP_INFO, NOWHERE, NOWHERE);
  CALL(setsockopt, -1, SOL_IPV6, IPV6_V6ONLY, NOWHERE, 4);
  CALL(getsockname, -1, NOWHERE, NOWHERE);
  CALL(getpeername, -1, NOWHERE, NOWHERE);
  CALL(close, fd);
  struct sockaddr_nl nl = {AF_NETLINK};
  fd = CALL(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  CALL(bind, fd, &nl, sizeof nl);
  CALL(close, fd);
  CALL(socketpair, AF_UNIX, SOCK_DGRAM, 7, pair);
  CALL(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
  CALL(close, pair[1]);
  CALL(close, pair[0]);
}

static void woken(int number) { CALL(write, wake, "!", 1); }

static void waits(struct itimerval *soon) { CALL(setitimer, ITIMER_REAL, soon, 0L); }

static void signals(void) {
  int pair[2];
  sigset_t mask;
  struct itimerval soon = {{0, 0}, {0, 50000}};
  CALL(pipe, pair);
  wake = pair[1];
  struct sigaction action = {.sa_handler = woken};
  sigaction(SIGALRM, &action, 0);
  waits(&soon);
  CALL(pause);
  CALL(read, pair[0], buffer, 1);
  waits(&soon);
  struct timespec long_time = {5, 0};
  CALL(nanosleep, &long_time, 0L);
  CALL(read, pair[0], buffer, 1);
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  waits(&soon);
  CALL(read, pair[0], buffer, 1);
  CALL(close, pair[0]);
  CALL(close, pair[1]);
  CALL(rt_sigaction, SIGRTMIN, NOWHERE, 0L, 8L);
  CALL(rt_sigaction, 65, 0L, 0L, 8L);
  CALL(rt_sigprocmask, SIG_SETMASK, NOWHERE, 0L, 8L);
  CALL(rt_sigpending, NOWHERE, 8L);
  CALL(sigaltstack, NOWHERE, 0L);
  CALL(tgkill, NOBODY, NOBODY, SIGTERM);
  CALL(tkill, NOBODY, SIGCHLD);
  CALL(kill, NOBODY, 0);
  sigemptyset(&mask);
  sigaddset(&mask, SIGHUP);
  sigaddset(&mask, SIGRTMIN + 1);
  int fd = CALL(signalfd, -1, &mask, 8);
  CALL(close, fd);
}

static void processes(void) {
  int status;
  pid_t parent_tid = 0, child_tid = 0;
  int child = CALL(fork);
  if (child == 0) CALL(exit_group, 7);
  CALL(wait4, child, 0L, __WALL, 0L);
  child = vfork();
  if (child == 0) _exit(0);
  CALL(wait4, -1, 0L, 0, 0L);
  void *tls = __builtin_thread_pointer();
  child = CALL(clone, CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0L, &parent_tid, &child_tid, tls);
  if (child == 0) CALL(exit_group, 3);
  CALL(wait4, child, 0L, 0, 0L);
  CALL(clone, CLONE_THREAD | SIGUSR1, 0L, 0L, 0L, 0L);
  CALL(clone, CLONE_SIGHAND, NOWHERE, 0L, 0L, 0L);
  CALL(wait4, -1, 0L, WNOHANG | WUNTRACED, 0L);
  CALL(waitid, P_PID, NOBODY, 0L, WEXITED | WNOHANG, 0L);
  CALL(setpgid, NOBODY, 0);
  CALL(getpgid, NOBODY);
  CALL(getsid, NOBODY);
  CALL(setuid, 0);
  CALL(setresgid, -1, -1, -1);
  CALL(setgid, -1);
  CALL(setreuid, -1, -1);
  CALL(getgroups, -1, NOWHERE);
  CALL(sched_yield);
  CALL(sched_setscheduler, -1, SCHED_FIFO, NOWHERE);
  CALL(prctl, PR_SET_NAME, NOWHERE);
  CALL(prctl, PR_SET_PDEATHSIG, SIGKILL);
  CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 1, 1, 1);
  CALL(ptrace, PTRACE_ATTACH, NOBODY, 0L, 0L);
  CALL(futex, NOWHERE, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, 0L);
  char *arguments[] = {0};
  CALL(execveat, AT_FDCWD, "/nowhere/\377program", arguments, 0L, AT_SYMLINK_NOFOLLOW);
  CALL(execveat, -1, "", arguments, arguments, AT_EMPTY_PATH);
}

static void memory(void) {
  CALL(brk, 0L);
  char *page = (char *)CALL(mmap, 0L, 16384L, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
  CALL(mremap, page, 16384L, 8192L, 0, 0L);
  CALL(msync, page, 4096L, MS_ASYNC);
  CALL(mlock, page, 4096L);
  CALL(munlock, page, 4096L);
  CALL(mincore, page, 4096L, NOWHERE);
  CALL(madvise, page, 4096L, MADV_NORMAL);
  CALL(mprotect, page, 4096L, PROT_READ | PROT_EXEC);
  CALL(munmap, page, 8192L);
  CALL(mmap, NOWHERE + 1, 4096L, PROT_NONE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0L);
  CALL(mmap, 0L, 4096L, PROT_READ, MAP_PRIVATE, 99, 8192L);
  CALL(mlockall, 0);
  CALL(shmat, -1, 0L, SHM_RDONLY);
}

static void timers(void) {
  struct itimerspec spec;
  int fd = CALL(timerfd_create, CLOCK_REALTIME, TFD_NONBLOCK);
  CALL(timerfd_gettime, fd, &spec);
  CALL(timerfd_settime, fd, TFD_TIMER_ABSTIME, NOWHERE, 0L);
  memset(&spec, 0, sizeof spec);
  struct itimerspec old;
  CALL(timerfd_settime, fd, 0, &spec, &old);
  CALL(timerfd_gettime, -1, &spec);
  CALL(close, fd);
  CALL(timerfd_create, 77, 0x2000);
  CALL(timer_create, CLOCK_MONOTONIC, NOWHERE, NOWHERE);
  CALL(timer_delete, 5);
  CALL(getitimer, ITIMER_PROF, NOWHERE);
  CALL(clock_gettime, CLOCK_MONOTONIC_RAW, NOWHERE);
  CALL(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, NOWHERE, 0L);
  CALL(alarm, 0);
  CALL(times, NOWHERE);
}

static void descriptors(void) {
  int pair[2];
  CALL(pipe, pair);
  CALL(fcntl, pair[1], F_GETPIPE_SZ);
  CALL(fcntl, pair[1], F_SETPIPE_SZ, 8192);
  CALL(ioctl, pair[0], FIONREAD, NOWHERE);
  CALL(splice, pair[0], 0L, -1, 0L, 5L, SPLICE_F_MOVE | SPLICE_F_MORE);
  CALL(write, pair[1], NOWHERE, 0L);
  CALL(close, pair[0]);
  CALL(close, pair[1]);
  int fd = CALL(eventfd, 3);
  CALL(close, fd);
  fd = CALL(inotify_init);
  CALL(inotify_add_watch, fd, "/nowhere", IN_ALL_EVENTS | IN_MASK_ADD | IN_ONESHOT);
  CALL(close, fd);
  fd = CALL(epoll_create1, 0);
  CALL(epoll_ctl, fd, EPOLL_CTL_DEL, -1, 0L);
  CALL(epoll_wait, fd, NOWHERE, 0, 0);
  CALL(close, fd);
  CALL(poll, NOWHERE, 1, 0);
  CALL(select, -1, 0L, 0L, 0L, 0L);
  CALL(dup, -1);
  CALL(dup2, -1, 5);
  CALL(dup3, 97, 97, 0);
  CALL(dup3, 99, 98, 0x1);
}

static void limits(void) {
  struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  CALL(prlimit64, 0, RLIMIT_CORE, &limit, 0L);
  limit.rlim_cur = 0;
  CALL(prlimit64, 0, RLIMIT_CORE, &limit, 0L);
  CALL(prlimit64, 0, RLIMIT_CORE, 0L, &limit);
  CALL(prlimit64, NOBODY, RLIMIT_STACK, 0L, 0L);
  CALL(prlimit64, 0, RLIMIT_NOFILE, NOWHERE, 0L);
  CALL(getrlimit, RLIMIT_NPROC, NOWHERE);
  CALL(setrlimit, RLIMIT_AS, NOWHERE);
  CALL(getrusage, RUSAGE_CHILDREN, NOWHERE);
  CALL(getpriority, PRIO_PROCESS, NOBODY);
  CALL(setpriority, PRIO_PROCESS, NOBODY, -5);
  CALL(uname, NOWHERE);
  CALL(sysinfo, NOWHERE);
  CALL(getrandom, NOWHERE, 8L, GRND_RANDOM);
  CALL(capget, NOWHERE, 0L);
  CALL(open, "/nowhere/file", O_WRONLY | O_TRUNC | O_SYNC);
  CALL(open, NOWHERE, O_RDWR | O_CREAT | O_PATH, 0);
  CALL(chdir, NOWHERE);
}

int main(void) {
  CALL(chroot, "/gvtui-begin");
  files();
  sockets();
  signals();
  processes();
  memory();
  timers();
  descriptors();
  limits();
  CALL(chroot, "/gvtui-end");
  CALL(exit_group, 0);
}
