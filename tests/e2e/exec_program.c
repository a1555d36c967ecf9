// Executes programs in each way and writes what became of each, a line "NUMBER RESULT" a call:
// 0 where a program began, else the error. The number is the first word of the call's arguments.
// A program that it begins is this one again, which ends at once.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int number;
static int own_fd;
static int folder_fd;
static char *none[] = {0};

enum way { PLAIN, BY_FD, RELATIVE };

struct call {
  enum way way;
  const char *path;
};

static long execute(struct call call, char **arguments) {
  if (call.way == BY_FD)
    return syscall(SYS_execveat, own_fd, "", arguments, none, AT_EMPTY_PATH);
  if (call.way == RELATIVE)
    return syscall(SYS_execveat, folder_fd, call.path, arguments, none, 0);
  return syscall(SYS_execve, call.path, arguments, none);
}

static void made(int result) {
  printf("%d %d\n", number, result);
  number++;
}

static void fails(struct call call) {
  char word[16];
  snprintf(word, sizeof word, "%d", number);
  char *arguments[] = {word, "end", 0};
  execute(call, arguments);
  made(errno);
}

static void *in_thread(void *arguments) {
  execute((struct call){PLAIN, "/tmp/self"}, arguments);
  _exit(errno);
}

static void begins(struct call call, int by_thread) {
  char word[16];
  snprintf(word, sizeof word, "%d", number);
  char *arguments[] = {word, "end", 0};
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    if (by_thread) {
      pthread_create(&thread, 0, in_thread, arguments);
      for (;;) pause();
    }
    execute(call, arguments);
    _exit(errno);
  }
  int status;
  waitpid(child, &status, 0);
  made(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void noise(int calls) {
  char byte = 'x';
  int fd = open("/tmp/noise", O_CREAT | O_RDWR | O_TRUNC, 0600);
  for (int i = 0; i < calls; i++) pwrite(fd, &byte, 1, 0);
  close(fd);
}

static void file(const char *path, const char *content, mode_t mode) {
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
  write(fd, content, strlen(content));
  close(fd);
}

static void copy_self(void) {
  int in = open("/proc/self/exe", O_RDONLY), out = open("/tmp/self", O_CREAT | O_WRONLY, 0755);
  char bytes[65536];
  for (ssize_t size; (size = read(in, bytes, sizeof bytes)) > 0;) write(out, bytes, size);
  close(in);
  close(out);
}

int main(int count, char **arguments) {
  if (count == 2 && !strcmp(arguments[1], "end")) return 0;
  int rounds = count > 1 ? atoi(arguments[1]) : 1, calls = count > 2 ? atoi(arguments[2]) : 0;
  file("/tmp/garbage", "garbage\n", 0755);
  file("/tmp/private", "garbage\n", 0644);
  symlink("/tmp/loop", "/tmp/loop");
  copy_self();
  own_fd = open("/tmp/self", O_RDONLY | O_CLOEXEC);
  folder_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int round = 0; round < rounds; round++) {
    noise(calls);
    fails((struct call){PLAIN, "/tmp/nowhere"});
    fails((struct call){PLAIN, "/tmp/private"});
    begins((struct call){PLAIN, "/tmp/self"}, 0);
    noise(calls);
    fails((struct call){PLAIN, "/tmp/garbage"});
    fails((struct call){PLAIN, "/tmp/loop"});
    begins((struct call){BY_FD, ""}, 0);
    fails((struct call){PLAIN, (char *)8});
    fails((struct call){RELATIVE, "nowhere"});
    fails((struct call){RELATIVE, "garbage"});
    begins((struct call){RELATIVE, "self"}, 0);
    begins((struct call){PLAIN, "/tmp/self"}, 1);
  }
  fflush(stdout);
  return 0;
}
