/* Plays what an investigator looks for. Usage: play ; the root has busybox and /bin/victim. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *env[] = {"PATH=/bin", 0};

static void must(int done, const char *what) {
    if (!done) { perror(what); exit(1); }
}

static void fill(int to) {
    char buffer[65536];
    int from = open("/bin/busybox", O_RDONLY);
    must(from >= 0, "open busybox");
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
        must(write(to, buffer, n) == n, "write");
    close(from);
}

static void drop(const char *path) {
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    must(to >= 0, path);
    fill(to);
    close(to);
}

static void run(const char *path, char **argv) {
    pid_t child = fork();
    if (!child) { execve(path, argv, env); _exit(9); }
    waitpid(child, 0, 0);
}

/* Answers each connection with commands for a shell. */
static int serve(int port, const char *commands) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listening = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    must(bind(listening, (void *)&at, sizeof at) == 0, "bind");
    must(listen(listening, 1) == 0, "listen");
    pid_t child = fork();
    if (!child) {
        int given = accept(listening, 0, 0);
        write(given, commands, strlen(commands));
        shutdown(given, SHUT_WR);
        char byte;
        while (read(given, &byte, 1) > 0) {}
        _exit(0);
    }
    close(listening);
    return child;
}

int main(void) {
    drop("/dropped");
    run("/dropped", (char *[]){"true", "on-the-root", 0});
    drop("/tmp/dropped");
    run("/tmp/dropped", (char *[]){"true", "on-tmp", 0});
    /* The sandbox remembers the lower layer while somebody has the file open. */
    int held = open("/bin/victim", O_RDONLY);
    drop("/bin/victim");
    run("/bin/victim", (char *[]){"true", "modified", 0});
    close(held);
    run("/bin/busybox", (char *[]){"true", "of-the-image", 0});

    int memory = memfd_create("hidden", 0);
    must(memory >= 0, "memfd_create");
    fill(memory);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    run(path, (char *[]){"true", "in-memory", 0});

    run("/bin/busybox", (char *[]){"sh", "-c", "/bin/busybox printf 'true\\n' | /bin/busybox sh", 0});

    int server = serve(8081, "true\n");
    run("/bin/busybox", (char *[]){"sh", "-c", "/bin/busybox nc 127.0.0.1 8081 | /bin/busybox sh", 0});
    waitpid(server, 0, 0);

    server = serve(8082, "exit\n");
    pid_t child = fork();
    if (!child) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8082)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int joined = socket(AF_INET, SOCK_STREAM, 0);
        must(connect(joined, (void *)&to, sizeof to) == 0, "connect");
        for (int fd = 0; fd < 3; fd++) dup2(joined, fd);
        close(joined);
        execve("/bin/busybox", (char *[]){"sh", 0}, env);
        _exit(9);
    }
    waitpid(child, 0, 0);
    waitpid(server, 0, 0);

    child = fork();
    if (!child) { pause(); _exit(0); }
    ptrace(PTRACE_ATTACH, child, 0, 0);
    waitpid(child, 0, 0);
    ptrace(PTRACE_KILL, child, 0, 0);
    kill(child, 9);
    waitpid(child, 0, 0);

    must(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
    int code = open("/dropped", O_RDONLY);
    must(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, code, 0) != MAP_FAILED, "mmap of a file");
    puts("played");
    return 0;
}
