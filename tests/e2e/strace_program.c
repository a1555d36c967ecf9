// Makes one call after the other between two marks; most of them fail, on purpose and alike
// everywhere. Nothing is left behind.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

int main(void) {
  char buffer[64] = "hello";
  int pair[2];
  CALL(chroot, "/gvtui-begin");

  int fd = CALL(openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
  CALL(read, fd, buffer, 10);
  CALL(pread64, fd, buffer, 5, 3L);
  CALL(lseek, fd, 0L, SEEK_END);
  CALL(fcntl, fd, F_GETFD);
  CALL(fcntl, fd, F_SETFD, 0);
  CALL(fcntl, fd, F_GETFL);
  CALL(fcntl, fd, F_DUPFD_CLOEXEC, 20);
  CALL(close, 20);
  CALL(dup2, fd, 21);
  CALL(dup3, fd, 22, O_CLOEXEC);
  CALL(close, 21);
  CALL(close, 22);
  CALL(close, fd);
  CALL(close, fd);
  CALL(openat, AT_FDCWD, "/nowhere/\n\"x\"", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | 0x40000000, 0640);
  CALL(open, "/etc", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  CALL(openat, fd, "passwd", O_RDONLY);
  CALL(close, 4);
  CALL(fchdir, fd);
  CALL(close, fd);
  CALL(chdir, "/");
  CALL(chdir, "/nowhere");

  CALL(pipe2, pair, O_CLOEXEC | O_NONBLOCK);
  CALL(write, pair[1], "x", 1);
  CALL(close, pair[0]);
  CALL(close, pair[1]);
  CALL(pipe2, pair, 0x7f000000);

  struct sockaddr_in in = {AF_INET, htons(1), {htonl(INADDR_LOOPBACK)}};
  fd = CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  CALL(connect, fd, &in, sizeof in);
  CALL(connect, fd, &in, 4);
  CALL(close, fd);
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
  fd = CALL(socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  in6.sin6_addr.s6_addr[15] = 1;
  CALL(connect, fd, &in6, sizeof in6);
  CALL(close, fd);
  struct sockaddr_un un = {AF_UNIX, "/nowhere/socket"};
  fd = CALL(socket, AF_UNIX, SOCK_SEQPACKET, 0);
  CALL(connect, fd, &un, sizeof un);
  strcpy(un.sun_path + 1, "gvtui-strace-test");
  un.sun_path[0] = 0;
  CALL(bind, fd, &un, offsetof(struct sockaddr_un, sun_path) + 18);
  CALL(listen, fd, 5);
  CALL(accept4, 99, 0L, 0L, SOCK_CLOEXEC);
  CALL(setsockopt, fd, SOL_SOCKET, SO_PASSCRED, buffer, 4);
  CALL(close, fd);
  CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
  CALL(close, pair[0]);
  CALL(close, pair[1]);
  CALL(socket, 77, 9, 5);

  fd = CALL(eventfd2, 7, EFD_SEMAPHORE | EFD_CLOEXEC);
  CALL(close, fd);
  unsigned long mask = 1UL << (SIGINT - 1) | 1UL << (SIGTERM - 1);
  fd = CALL(signalfd4, -1, &mask, 8, SFD_NONBLOCK);
  CALL(close, fd);
  fd = CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct itimerspec timer = {{1, 0}, {5, 500}};
  CALL(timerfd_settime, fd, 0, &timer, 0L);
  CALL(close, fd);
  fd = CALL(inotify_init1, IN_CLOEXEC);
  CALL(inotify_add_watch, fd, "/tmp", IN_CREATE | IN_DELETE | IN_ONLYDIR);
  CALL(inotify_rm_watch, fd, 77);
  CALL(close, fd);

  struct rlimit limit = {64, 128};
  CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, 0L);
  CALL(prlimit64, 0, RLIMIT_NOFILE, 0L, &limit);
  CALL(prlimit64, 0, 99, 0L, &limit);
  CALL(setresuid, -1, -1, -1);
  CALL(setgid, 0);

  void *page = (void *)CALL(mmap, 0L, 8192L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0L);
  CALL(mprotect, page, 4096L, PROT_READ);
  CALL(madvise, page, 4096L, MADV_DONTNEED);
  CALL(munmap, page, 8192L);
  CALL(mmap, 0L, 0L, PROT_NONE, MAP_SHARED, -1, 0L);
  CALL(access, "/nowhere", R_OK | X_OK);
  CALL(umask, 022);
  CALL(mkdirat, AT_FDCWD, "/nowhere/x", 0755);
  CALL(unlinkat, AT_FDCWD, "/nowhere/x", AT_REMOVEDIR);
  CALL(getrandom, buffer, 8L, GRND_NONBLOCK);
  CALL(futex, buffer, FUTEX_WAKE_PRIVATE, 1);
  CALL(kill, 99999999, SIGUSR1);
  CALL(rt_sigprocmask, SIG_BLOCK, &mask, 0L, 8L);
  CALL(clock_getres, CLOCK_BOOTTIME, 0L);
  fd = CALL(epoll_create1, EPOLL_CLOEXEC);
  CALL(epoll_ctl, fd, EPOLL_CTL_ADD, 99, buffer);
  CALL(close, fd);
  CALL(prctl, PR_GET_DUMPABLE);
  int child = CALL(clone, SIGCHLD, 0L, 0L, 0L, 0L);
  if (child == 0) CALL(exit_group, 3);
  CALL(wait4, child, 0L, 0, 0L);
  char *arguments[] = {"nothing", "a b", 0}, *environment[] = {"A=1", "B=2", 0};
  CALL(execve, "/nowhere/program", arguments, environment);
  CALL(chroot, "/gvtui-end");
  CALL(exit_group, 0);
}
