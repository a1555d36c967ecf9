// Does things with a known footprint: see test_report.py. Its argument is a folder with in.txt.
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in at(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int run(const char *path, const char *word) {
  int status, child = fork();
  if (child == 0) {
    execl(path, "again", word, (char *)0);
    _exit(3);
  }
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

int main(int argc, char **argv) {
  char bytes[64];
  if (strcmp(argv[1], "child") == 0) return 0;
  if (chdir(argv[1])) return 10;

  int in = open("in.txt", O_RDONLY);
  if (read(in, bytes, 10) != 10) return 11;
  close(in);
  int out = open("./sub/../out.txt", O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (write(out, "written", 7) != 7) return 12;
  close(out);
  int both = open("maybe.txt", O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (write(both, "abc", 3) != 3) return 13;
  close(both);
  if (open("missing.txt", O_RDONLY) != -1) return 14;

  if (syscall(SYS_rename, "maybe.txt", "moved.txt")) return 15;
  if (syscall(SYS_unlink, "moved.txt")) return 16;
  if (syscall(SYS_mkdir, "made", 0755)) return 17;
  if (syscall(SYS_rmdir, "made")) return 18;
  if (syscall(SYS_chmod, "out.txt", 0600)) return 19;

  struct sockaddr_in here = at(4455), nobody = at(9);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&here, sizeof here) || listen(listener, 1)) return 20;
  int status, child = fork();
  if (child == 0) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (void *)&here, sizeof here)) _exit(1);
    _exit(write(client, "hello", 5) != 5);
  }
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  int server = accept(listener, (void *)&from, &size);
  if (read(server, bytes, 5) != 5) return 21;
  close(server);
  waitpid(child, &status, 0);
  if (status) return 22;
  int refused = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(refused, (void *)&nobody, sizeof nobody) != -1) return 23;

  if (run(argv[2], "child") != 0) return 24;
  if (run("/nowhere/prog", "child") != 3) return 25;
  if (syscall(SYS_setresuid, 0, 0, 0)) return 26;
  return 0;
}
