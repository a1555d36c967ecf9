/* Stands in for the prewarmer of gVisor's releases: becomes the program that its arguments name, or,
   built with FORKS, starts it and ends as it does. Its own file is what /proc/PID/exe then names. */
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
#ifdef FORKS
    int status;
    pid_t child = fork();
    if (child != 0) {
        if (child < 0 || waitpid(child, &status, 0) < 0)
            return 1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
#endif
    execv(argv[1], argv + 2);
    return 1;
}
