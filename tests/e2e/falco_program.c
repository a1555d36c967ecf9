/* Does one thing that rules of Falco look for, or a thing beside it; the first word says which. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int read_file(const char *path) {
    char bytes[16];
    int fd = open(path, O_RDONLY);
    if (fd < 0) return 1;
    if (read(fd, bytes, sizeof bytes) < 0) return 2;
    return close(fd);
}

static int run(char **words) {
    pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        _exit(127);
    }
    int status;
    return waitpid(child, &status, 0) != child || status;
}

static int attach(int request) {
    int ends[2];
    char byte;
    if (pipe(ends)) return 1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        /* Until the other end is closed. */
        (void)!read(ends[0], &byte, 1);
        _exit(0);
    }
    close(ends[0]);
    /* The call is what counts: a request for a process that is not traced fails. */
    if (ptrace(request, child, 0, 0) == 0) {
        waitpid(child, NULL, 0);
        ptrace(PTRACE_DETACH, child, 0, 0);
    }
    close(ends[1]);
    return waitpid(child, NULL, 0) != child;
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    if (!strcmp(what, "packet")) return socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EINVAL;
    if (!strcmp(what, "stream")) return socket(AF_INET, SOCK_STREAM, 0) < 0;
    if (!strcmp(what, "traceme")) return ptrace(PTRACE_TRACEME, 0, 0, 0) != 0;
    if (!strcmp(what, "attach")) return attach(PTRACE_ATTACH);
    if (!strcmp(what, "cont")) return attach(PTRACE_CONT);
    if (!strcmp(what, "read")) return read_file(words[2]);
    if (!strcmp(what, "late")) {
        struct timespec pause = {atoi(words[2]), 200000000};
        nanosleep(&pause, NULL);
        return read_file(words[3]);
    }
    if (!strcmp(what, "run")) return run(words + 2);
    return 3;
}
