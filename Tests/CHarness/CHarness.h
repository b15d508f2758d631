// Linux for the test programs: inline functions for what Swift cannot import. Apart from CLinux, so that the tests'
// witnesses share no code with what they test. Without _GNU_SOURCE, which would make other types of what Foundation sees.

#ifndef CHARNESS_H
#define CHARNESS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline int harness_errno(void) { return errno; }
extern char **environ;
static inline char **harness_environment(void) { return environ; }

// The argument vector, found below the environment on the initial stack: Swift's own CommandLine reads /proc/self/cmdline.
static inline char **harness_arguments(void) {
  char **end = environ - 1;
  long count = 0;
  while ((long)(intptr_t)end[-1 - count] != count) count++;
  return end - count;
}

struct harness_signal {
  int number;
  int code;
  int sender;
  int value;
};

// rt_sigprocmask(2), raw: glibc keeps 32 and 33 out of its sets.
static inline int harness_set_mask(uint64_t mask, uint64_t *previous) {
  return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, previous, sizeof mask);
}

// rt_sigtimedwait(2), raw, for every signal and for ever.
static inline int harness_wait(struct harness_signal *received) {
  siginfo_t info;
  uint64_t all = ~(uint64_t)0;
  int number = (int)syscall(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof all);
  if (number < 0) return -1;
  received->number = number;
  received->code = info.si_code;
  received->sender = info.si_pid;
  received->value = info.si_value.sival_int;
  return number;
}

// rt_sigaction(2), raw, in the kernel's own layout (both architectures start with the handler): 32 and 33 too.
static inline int harness_set_ignored(int number, int ignored) {
  struct { void (*handler)(int); unsigned long flags; void *restorer; uint64_t mask; } action;
  memset(&action, 0, sizeof action);
  action.handler = ignored ? SIG_IGN : SIG_DFL;
  return (int)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}
static inline int harness_is_ignored(int number) {
  struct { void (*handler)(int); unsigned long flags; void *restorer; uint64_t mask; } action;
  memset(&action, 0, sizeof action);
  return syscall(SYS_rt_sigaction, number, NULL, &action, sizeof action.mask) == 0 && action.handler == SIG_IGN;
}

static inline int harness_code_user(void) { return SI_USER; }
static inline int harness_code_queue(void) { return SI_QUEUE; }
static inline int harness_code_kernel(void) { return SI_KERNEL; }

// sigqueue(3) without its restriction to numbers that glibc knows.
static inline int harness_queue(pid_t process, int number, int value) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_int = value;
  return (int)syscall(SYS_rt_sigqueueinfo, process, number, &info);
}

// The same with a value of 64 bits and a sender that need not be true.
static inline int harness_queue_as(pid_t sender, pid_t process, int number, uint64_t value) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = sender;
  info.si_uid = getuid();
  info.si_value.sival_ptr = (void *)(uintptr_t)value;
  return (int)syscall(SYS_rt_sigqueueinfo, process, number, &info);
}

// clone(2) as fork(2), but the child's parent is our parent (CLONE_PARENT), as runc starts a container's PID 1.
static inline pid_t harness_fork_sibling(void) {
  return (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_PARENT | SIGCHLD), 0UL, 0UL, 0UL, 0UL);
}
static inline int harness_unshare(int spaces) { return (int)syscall(SYS_unshare, spaces); }
static inline int harness_enter(int process_descriptor, int spaces) {
  return (int)syscall(SYS_setns, process_descriptor, spaces);
}
static inline pid_t harness_fork(void) { return fork(); }

// Waits until a child is dead, and leaves it so.
static inline int harness_wait_unreaped(pid_t process) {
  siginfo_t info;
  return waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT);
}

static inline int harness_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static inline int harness_loopback_up(void) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "lo");
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int result = ioctl(descriptor, SIOCSIFFLAGS, &request);
  close(descriptor);
  return result;
}

// seccomp(2): socket(2) for one address family fails from now on, as in a sandbox that does not have it.
static inline int harness_deny_family(int family) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof program[0], program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

static inline int harness_take_terminal(int descriptor) { return ioctl(descriptor, TIOCSCTTY, 0); }
// The keyboard's and screen's end of a new terminal, and the path of the other end.
static inline int harness_make_terminal(char path[32]) {
  int descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlocked = 0;
  unsigned int number = 0;
  if (descriptor < 0) return -1;
  if (ioctl(descriptor, TIOCSPTLCK, &unlocked) < 0 || ioctl(descriptor, TIOCGPTN, &number) < 0) {
    close(descriptor);
    return -1;
  }
  snprintf(path, 32, "/dev/pts/%u", number);
  return descriptor;
}
static inline int harness_set_window(int descriptor, unsigned short rows, unsigned short columns) {
  struct winsize size = {rows, columns, 0, 0};
  return ioctl(descriptor, TIOCSWINSZ, &size);
}

static inline int harness_open(const char *path, int flags) { return open(path, flags | O_CLOEXEC); }
static inline int harness_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
static inline int harness_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }
static inline int harness_no_block(int descriptor) { return fcntl(descriptor, F_SETFL, O_NONBLOCK); }
static inline int harness_flags(int descriptor) { return fcntl(descriptor, F_GETFL); }
static inline int harness_descriptor_flags(int descriptor) { return fcntl(descriptor, F_GETFD); }
static inline int harness_block(int descriptor) { return fcntl(descriptor, F_SETFL, 0); }
static inline int harness_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

static inline int harness_set_parent_death_signal(int number) { return prctl(PR_SET_PDEATHSIG, number, 0, 0, 0); }
static inline int harness_parent_death_signal(void) {
  int number = 0;
  return prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0) == 0 ? number : -1;
}
static inline int harness_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
// A seccomp filter that answers one system call, and those of a higher number up to `last`, with ENOSYS, as an old kernel
// does (seccomp(2)).
static inline int harness_withhold(unsigned int first, unsigned int last) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // seccomp_data.nr
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog whole = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0);
}
// Numbers of system calls, which differ between architectures.
enum {
  harness_call_add_key = SYS_add_key,
  harness_call_break = SYS_brk,
  harness_call_clone = SYS_clone,
  harness_call_clock = SYS_clock_gettime,
  harness_call_execute = SYS_execve,
  harness_call_map = SYS_mmap,
  harness_call_process_control = SYS_prctl,
  harness_call_signal_mask = SYS_rt_sigprocmask,
  harness_call_signal_wait = SYS_rt_sigtimedwait,
#ifdef SYS_arch_prctl
  harness_call_architecture = SYS_arch_prctl,
#else
  harness_call_architecture = -1,
#endif
};

// From now on one system call (every one, if that is -1) waits for a listener's word, which is sent over `channel`. Calls
// on the channel itself are let through, or the listener could not be sent. seccomp_unotify(2), Linux 5.5.
static inline int harness_watch_calls(int number, int channel) {
  unsigned char unwatched = number < 0 ? 0 : 2;
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, unwatched),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)channel, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  };
  struct sock_fprog whole = {sizeof program / sizeof program[0], program};
  int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &whole);
  if (listener < 0) return -1;
  char byte = 0;
  struct iovec vector = {&byte, 1};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &listener, sizeof(int));
  return (int)sendmsg(channel, &message, 0);
}
// The listener that came over the channel; -1 if none comes any more.
static inline int harness_receive_listener(int channel) {
  char byte;
  int listener = -1;
  struct iovec vector = {&byte, 1};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) <= 0 || message.msg_controllen < CMSG_LEN(sizeof(int))) return -1;
  memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
  return listener;
}
// The next call that waits: its number, its first argument and its process. -1 if the process died meanwhile.
static inline int harness_next_call(int listener, uint64_t *identifier, pid_t *process, uint64_t *argument) {
  struct seccomp_notif call;
  memset(&call, 0, sizeof call);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return -1;
  *identifier = call.id;
  *process = (pid_t)call.pid;
  *argument = call.data.args[0];
  return call.data.nr;
}
// Lets a call through (error 0), or refuses it.
static inline void harness_answer_call(int listener, uint64_t identifier, int error) {
  struct seccomp_notif_resp answer;
  memset(&answer, 0, sizeof answer);
  answer.id = identifier;
  answer.error = -error;
  if (error == 0) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}
static inline int harness_drop_capability(int number) { return prctl(PR_CAPBSET_DROP, number, 0, 0, 0); }

static inline int harness_set_limit(int resource, uint64_t limit) {
  struct rlimit both = {limit, limit};
  return setrlimit(resource, &both);
}
static inline int harness_set_limit_of(pid_t process, int resource, uint64_t limit) {
  struct rlimit both = {limit, limit};
  return (int)syscall(SYS_prlimit64, process, resource, &both, NULL);
}
static inline int harness_limit_descriptors(void) { return RLIMIT_NOFILE; }
static inline int harness_limit_processes(void) { return RLIMIT_NPROC; }
static inline int harness_limit_memory(void) { return RLIMIT_AS; }
static inline int harness_limit_data(void) { return RLIMIT_DATA; }
static inline int harness_limit_queued_signals(void) { return RLIMIT_SIGPENDING; }

static inline int harness_exited(int status) { return WIFEXITED(status); }
static inline int harness_exit_code(int status) { return WEXITSTATUS(status); }
static inline int harness_stop_signal(int status) { return WIFSTOPPED(status) ? WSTOPSIG(status) : 0; }
static inline int harness_end_signal(int status) { return WTERMSIG(status); }

#endif
