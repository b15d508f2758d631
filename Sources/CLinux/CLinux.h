// Linux for Swift: the headers, and inline functions for what Swift cannot import (macros, variadic functions, errno,
// unions). No policy and no logic: each function stands for one call or one macro.

#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Numbers that are newer than the oldest headers we build with. They are the same on every architecture.
#define LINUX_SYS_pidfd_send_signal 424
#define LINUX_SYS_pidfd_open 434
#define LINUX_SYS_close_range 436

extern char **environ;

static inline int linux_errno(void) { return errno; }
static inline void linux_set_errno(int value) { errno = value; }

// The argument vector, from the initial stack: argc, argv[0…argc), NULL, environ (the psABI's process stack of every
// architecture). For Embedded Swift, which has no CommandLine. Only true until the first setenv of ours.
static inline char *_Nullable *_Nonnull linux_arguments(int *count) {
  char **end = environ - 1;
#ifdef __GLIBC__
  // A build that counts coverage has called setenv before main, and environ is a copy. The kernel's own vector lies below
  // the strings, and begins with the same one behind argv's NULL.
  if (*end != NULL && environ[0] != NULL) {
    char **first = (char **)((uintptr_t)environ[0] & ~(uintptr_t)7);
    while (first[0] != environ[0] || first[-1] != NULL) first--;
    end = first - 1;
  }
#endif
  int found = 0;
  // The word before argv[0] is argc as a long; no pointer into user space is as small as the number of arguments.
  while ((uintptr_t)end[-1 - found] != (uintptr_t)found) found++;
  *count = found;
  return end - found;
}

// What the kernel tells of a signal, flat: siginfo_t is a union of macros, which Swift does not import.
struct linux_signal {
  int number;
  int code;
  int sender;
  unsigned int user;
  uint64_t value;
};

// rt_sigprocmask(2), raw: both C libraries keep signals 32 and 33 (musl 34 too) out of their sets.
static inline int linux_set_signal_mask(uint64_t mask, uint64_t *previous) {
  return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, previous, sizeof mask);
}

// rt_sigtimedwait(2), raw, for the same reason. Without a timeout (nanoseconds < 0) it waits for ever.
static inline int linux_wait_signal(uint64_t set, int64_t nanoseconds, struct linux_signal *received) {
  siginfo_t info;
  // The raw call takes the kernel's own timespec, two 64-bit words on every 64-bit architecture.
  int64_t timeout[2] = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  int number =
      (int)syscall(SYS_rt_sigtimedwait, &set, &info, nanoseconds < 0 ? NULL : (void *)timeout, sizeof set);
  if (number < 0) return -1;
  received->number = number;
  received->code = info.si_code;
  received->sender = info.si_pid;
  received->user = info.si_uid;
  received->value = (uint64_t)(uintptr_t)info.si_value.sival_ptr;
  return number;
}

// rt_sigqueueinfo(2) with SI_QUEUE: a signal with a value.
static inline int linux_queue_signal(pid_t process, int number, int sender, unsigned int user, uint64_t value) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = sender;
  info.si_uid = user;
  info.si_value.sival_ptr = (void *)(uintptr_t)value;
  return (int)syscall(SYS_rt_sigqueueinfo, process, number, &info);
}

static inline int linux_code_user(void) { return SI_USER; }
static inline int linux_code_queue(void) { return SI_QUEUE; }
static inline int linux_code_kernel(void) { return SI_KERNEL; }
static inline int linux_code_thread(void) { return SI_TKILL; }

// rt_sigaction(2), raw: both C libraries refuse signals 32 and 33. The kernel's sigaction is four words on x86-64 and
// arm64: handler (0 default, 1 ignore), flags, restorer, mask. Returns the previous handler.
static inline uint64_t linux_set_handler(int number, uint64_t handler) {
  uint64_t action[4] = {handler, 0, 0, 0}, previous[4] = {0, 0, 0, 0};
  syscall(SYS_rt_sigaction, number, action, previous, sizeof(uint64_t));
  return previous[0];
}

// clone(2) as vfork(2) does it, on a stack of its own: the caller is suspended until the child has called execve(2) or
// _exit(2). Returns the child's pid, or -1.
static inline pid_t linux_clone_until_exec(int (*child)(void *), void *stack_end, void *argument) {
  return clone(child, stack_end, CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
}

static inline int linux_pidfd_open(pid_t process) { return (int)syscall(LINUX_SYS_pidfd_open, process, 0); }
static inline int linux_pidfd_send_signal(int descriptor, int number) {
  return (int)syscall(LINUX_SYS_pidfd_send_signal, descriptor, number, NULL, 0);
}
static inline int linux_pidfd_queue_signal(int descriptor, int number, pid_t sender, uint64_t value) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = sender;
  info.si_uid = getuid();
  info.si_value.sival_ptr = (void *)(uintptr_t)value;
  return (int)syscall(LINUX_SYS_pidfd_send_signal, descriptor, number, &info, 0);
}
static inline int linux_close_range(unsigned int first, unsigned int last) {
  return (int)syscall(LINUX_SYS_close_range, first, last, 0);
}

// Raw, because musl's functions do more than one thread on a kernel of today needs, and would be 4 kB: they search the
// vDSO, stop the other threads, or go by /proc where a kernel is older than 3.6.
static inline int64_t linux_milliseconds(int clock) {
  int64_t time[2] = {0, 0};
  // Where that is refused, ticks of 10 ms since some moment do for every clock: times(2).
  if (syscall(SYS_clock_gettime, clock, time) < 0) return syscall(SYS_times, NULL) * 10;
  return time[0] * 1000 + time[1] / 1000000;
}
static inline int linux_set_user(unsigned int user) { return (int)syscall(SYS_setresuid, user, user, user); }
static inline int linux_set_group(unsigned int group) { return (int)syscall(SYS_setresgid, group, group, group); }
static inline int linux_change_directory(int descriptor) { return (int)syscall(SYS_fchdir, descriptor); }
static inline int linux_change_mode(int descriptor, mode_t mode) {
  return (int)syscall(SYS_fchmod, descriptor, mode);
}

// Variadic functions.
static inline int linux_open(const char *path, int flags) { return open(path, flags | O_CLOEXEC); }
static inline int linux_create(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CREAT | O_CLOEXEC, mode);
}
static inline int linux_duplicate_from(int descriptor, int lowest) {
  return (int)syscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, lowest);
}
static inline int linux_give_up_terminal(int descriptor) { return ioctl(descriptor, TIOCNOTTY); }
static inline int linux_take_terminal(int descriptor) { return ioctl(descriptor, TIOCSCTTY, 0); }
// The types of these constants differ between the C libraries.
static inline ssize_t linux_send_now(int descriptor, const void *bytes, size_t count) {
  return send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}
// netlink(7) and sock_diag(7), without linux/netlink.h, which musl's own folder does not have.
static inline int linux_socket_diagnostics(void) {
  return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 4 /* NETLINK_SOCK_DIAG */);
}
// Connected to the kernel, a netlink socket takes messages from nobody else.
static inline int linux_connect_to_kernel(int descriptor) {
  struct { uint16_t family, padding; uint32_t port, groups; } kernel = {AF_NETLINK, 0, 0, 0};
  return connect(descriptor, (const struct sockaddr *)&kernel, sizeof kernel);
}
static inline int linux_join_group(int descriptor, int group) {
  return setsockopt(descriptor, 270 /* SOL_NETLINK */, 1 /* NETLINK_ADD_MEMBERSHIP */, &group, sizeof group);
}
static inline int linux_set_receive_buffer(int descriptor, int size) {
  return setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}
// The length of the whole message, also where that is longer than the buffer.
static inline ssize_t linux_receive_now(int descriptor, void *bytes, size_t capacity) {
  return recv(descriptor, bytes, capacity, MSG_DONTWAIT | MSG_TRUNC);
}
static inline void *linux_map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}
// The program's file in memory, by the linker's symbols: headers, constants and code, none of which is ever written.
extern char __executable_start[], etext[];
static inline uintptr_t linux_code_start(void) { return (uintptr_t)__executable_start; }
static inline uintptr_t linux_code_end(void) { return (uintptr_t)etext; }
static inline void linux_advise(uintptr_t start, size_t size, int advice) { madvise((void *)start, size, advice); }
// The heap's first piece: there from the start, whatever the kernel refuses later. Pages that are never written cost
// nothing.
enum { linux_reserve_size = 128 * 1024 };
static inline char *linux_reserve(void) {
  static char bytes[linux_reserve_size] __attribute__((aligned(16)));
  return bytes;
}
static inline uint64_t linux_descriptor_limit(void) {
  uint64_t limit[2];
  return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limit) == 0 ? limit[0] : 1024;
}
static inline char *_Nullable *_Nullable linux_environment(void) { return environ; }

static inline void linux_show(void) { prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }
static inline int linux_set_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
static inline int linux_is_subreaper(void) {
  int is = 0;
  return prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) == 0 && is;
}
static inline int linux_set_parent_death_signal(int number) { return prctl(PR_SET_PDEATHSIG, number, 0, 0, 0); }

// getdents64(2), which musl gives no name to of its own. Entries are packed: inode (8), offset (8), length (2), type (1), name.
static inline long linux_directory_entries(int descriptor, void *buffer, size_t capacity) {
  return syscall(SYS_getdents64, descriptor, buffer, capacity);
}

// waitid(2) for the next child of all that changed, without waiting: its pid (0 if none did), what became of it, and why.
static inline pid_t linux_wait_change(int *status, int *code) {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid(P_ALL, 0, &info, WNOHANG | WEXITED | WSTOPPED) < 0) return -1;
  *status = info.si_status;
  *code = info.si_code;
  return info.si_pid;
}
static inline int linux_code_exited(void) { return CLD_EXITED; }
static inline int linux_code_stopped(void) { return CLD_STOPPED; }

// Macros on a wait status.
static inline int linux_exited(int status) { return WIFEXITED(status); }
static inline int linux_exit_code(int status) { return WEXITSTATUS(status); }
static inline int linux_signalled(int status) { return WIFSIGNALED(status); }
static inline int linux_end_signal(int status) { return WTERMSIG(status); }
static inline int linux_stopped(int status) { return WIFSTOPPED(status); }
static inline int linux_stop_signal(int status) { return WSTOPSIG(status); }

// pwritev2(2) with RWF_NOWAIT: a write that fails with EAGAIN rather than wait for room.
static inline ssize_t linux_write_now(int descriptor, const void *bytes, size_t count) {
  struct iovec vector = {(void *)bytes, count};
#ifdef SYS_pwritev2
  // An offset of -1 stands for the descriptor's own position; the raw call takes it in two halves.
  return syscall(SYS_pwritev2, descriptor, &vector, 1L, -1L, -1L, 8 /* RWF_NOWAIT */);
#else
  (void)vector;
  errno = ENOSYS;
  return -1;
#endif
}

// With musl the heap is our own (Sources/LinuxCalls/Heap.swift): Embedded Swift allocates by these two alone, and nothing
// else here does. glibc's heap can only be replaced whole, so there it stays.
#if defined(LASTCALL_HEAP) && !defined(__GLIBC__)
void *_Nullable lastcall_allocate(size_t size);
void lastcall_release(void *_Nonnull block);
int posix_memalign(void **result, size_t alignment, size_t size) {
  // What is handed out is aligned to 16, and nothing here asks for more.
  *result = alignment <= 16 ? lastcall_allocate(size) : NULL;
  return *result == NULL ? ENOMEM : 0;
}
void free(void *block) {
  if (block != NULL) lastcall_release(block);
}
#endif

#endif
