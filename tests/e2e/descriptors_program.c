/* Opens, copies, hands on and leaks descriptors in the folder it is given; "stay" keeps it running
   with what it has open at the end, "again" is what it executes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char bytes[64];

static int use(int fd) { return read(fd, bytes, 4) + (int)lseek(fd, 0, SEEK_SET); }

static int connected(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4466)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 1)) return 1;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address)) return 2;
    int peer = accept(server, NULL, NULL);
    write(client, "hello", 5);
    read(peer, bytes, 5);
    close(peer);
    close(client);
    return close(server);
}

int main(int count, char **words) {
    if (count < 3) return 9;
    const char *folder = words[1], *what = words[2];
    if (!strcmp(what, "again")) {
        /* 3 was closed by the exec, 4 was not. */
        use(4);
        close(4);
        return 0;
    }
    if (chdir(folder)) return 1;
    int kept = open("a", O_RDONLY | O_CLOEXEC);
    int sub = open("sub", O_RDONLY | O_DIRECTORY);
    int below = openat(sub, "../sub/./b", O_RDWR);
    use(kept);
    use(below);
    int copy = dup(below);
    dup2(kept, copy);
    use(copy);
    int far = fcntl(below, F_DUPFD, 20);
    use(far);
    close(far);
    close(copy);
    close(sub);
    /* The lowest free one is taken: another file under the number of the folder. */
    int again = open("./sub/../c", O_WRONLY | O_CREAT, 0644);
    write(again, "text", 4);
    close(below);
    int ends[2];
    if (pipe(ends)) return 2;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write(ends[1], "x", 1);
        use(kept);
        if (chdir("sub")) _exit(3);
        int own = open("b", O_RDONLY);
        use(own);
        close(own);
        execl("/proc/self/exe", "again", folder, "again", NULL);
        _exit(4);
    }
    close(ends[1]);
    read(ends[0], bytes, 1);
    close(ends[0]);
    waitpid(child, NULL, 0);
    use(kept);
    if (connected()) return 5;
    /* The leak: opened anew and anew, closed once in three times. */
    for (int turn = 0; turn < 12; turn++) {
        snprintf(bytes, sizeof bytes, "leak%d", turn);
        int fd = open(bytes, O_RDONLY | O_CREAT, 0644);
        if (turn % 3 == 0) close(fd);
    }
    int ready = open("ready", O_WRONLY | O_CREAT, 0644);
    write(ready, "1", 1);
    if (!strcmp(what, "stay")) pause();
    return 0;
}
