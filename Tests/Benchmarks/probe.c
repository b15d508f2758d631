// The programs that the benchmark runs under each init. One static file without a runtime of its own, so that what is
// measured is the init.
//
//   probe start INIT [ARG…]          prints the nanoseconds from the exec of INIT to the first line of its app
//   probe forward COUNT INIT [ARG…]  prints COUNT latencies in nanoseconds, from kill(2) to the app's sigwaitinfo(2)
//   probe orphans COUNT              as the app: makes COUNT orphans, one after the other, says "done", waits for TERM
//   probe idle                       as the app: says "ready", waits for TERM
//   probe last MILLISECONDS          as the app: says "ready", waits for TERM, and so long on; then prints the time and ends
//   probe beside PID COMMAND…        runs COMMAND, without output, in the PID and mount namespaces of PID (0: in these), and
//                                    prints the time of its exit

#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// Before "ready" is said: what comes after it must find its signal blocked.
static void block(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

static void wait_for(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  while (sigwaitinfo(&set, NULL) != number) {
  }
}

static void say(const char *word) {
  if (write(1, word, strlen(word)) < 0) fail("write");
}

static int start(char **arguments) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)now());
  setenv("PROBE_STARTED", text, 1);
  execvp(arguments[0], arguments);
  fail(arguments[0]);
  return 1;
}

static int started(void) {
  int64_t end = now();
  printf("%lld\n", (long long)(end - strtoll(getenv("PROBE_STARTED"), NULL, 10)));
  return 0;
}

// The app of `forward`: answers each USR1 with the moment at which it saw it.
static int echo(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  block();
  say("ready!!!");
  for (;;) {
    int number = sigwaitinfo(&set, NULL);
    int64_t moment = now();
    if (number == SIGTERM) return 0;
    if (number == SIGUSR1 && write(1, &moment, sizeof moment) != sizeof moment) return 1;
  }
}

static int forward(int count, char **arguments) {
  int pipes[2];
  if (pipe(pipes) != 0) fail("pipe");
  pid_t init = fork();
  if (init == 0) {
    dup2(pipes[1], 1);
    close(pipes[0]);
    close(pipes[1]);
    execvp(arguments[0], arguments);
    fail(arguments[0]);
  }
  close(pipes[1]);
  int64_t answer;
  if (read(pipes[0], &answer, sizeof answer) != sizeof answer) fail("ready");
  for (int turn = 0; turn < count; turn++) {
    int64_t sent = now();
    kill(init, SIGUSR1);
    if (read(pipes[0], &answer, sizeof answer) != sizeof answer) fail("answer");
    printf("%lld\n", (long long)(answer - sent));
  }
  kill(init, SIGTERM);
  waitpid(init, NULL, 0);
  return 0;
}

static int orphans(int count) {
  block();
  say("ready\n");
  wait_for(SIGUSR1);
  for (int turn = 0; turn < count; turn++) {
    pid_t middle = vfork();
    if (middle == 0) {
      if (vfork() == 0) _exit(0);
      _exit(0);
    }
    waitpid(middle, NULL, 0);
  }
  say("done\n");
  wait_for(SIGTERM);
  return 0;
}

static int last(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  block();
  say("ready\n");
  wait_for(SIGTERM);
  // An app that takes its time to stop.
  nanosleep(&time, NULL);
  char text[32];
  snprintf(text, sizeof text, "%lld\n", (long long)now());
  say(text);
  _exit(0);
}

static void enter(const char *process, const char *namespace) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", process, namespace);
  int descriptor = open(path, O_RDONLY);
  if (descriptor < 0 || setns(descriptor, 0) != 0) fail(path);
  close(descriptor);
}

static int beside(char **arguments) {
  if (strcmp(arguments[0], "0") != 0) {
    enter(arguments[0], "pid");
    enter(arguments[0], "mnt");
  }
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    for (int number = 0; number < 3; number++) dup2(null, number);
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("%lld\n", (long long)now());
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

int main(int count, char **arguments) {
  if (count == 1 && getenv("PROBE_STARTED")) return started();
  if (count > 2 && strcmp(arguments[1], "start") == 0) return start(arguments + 2);
  if (count > 3 && strcmp(arguments[1], "forward") == 0) return forward(atoi(arguments[2]), arguments + 3);
  if (count > 2 && strcmp(arguments[1], "orphans") == 0) return orphans(atoi(arguments[2]));
  if (count > 2 && strcmp(arguments[1], "last") == 0) return last(atoi(arguments[2]));
  if (count > 3 && strcmp(arguments[1], "beside") == 0) return beside(arguments + 2);
  if (count > 1 && strcmp(arguments[1], "echo") == 0) return echo();
  if (count > 1 && strcmp(arguments[1], "idle") == 0) {
    block();
    say("ready\n");
    wait_for(SIGTERM);
    return 0;
  }
  fprintf(stderr, "probe: see the head of probe.c\n");
  return 1;
}
