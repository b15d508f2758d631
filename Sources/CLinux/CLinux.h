// Linux for Swift: its system calls as functions, with the constants and structures that they take. No policy and no logic:
// each function stands for one call.
//
// Nothing here is a C library's. What is said is the kernel's own, for x86-64 and arm64, and never changes: a release needs no
// headers and no library of either. Every function returns what the kernel does: -errno when the call failed. The names are
// the kernel's, but that each call begins with `linux_`; which of several is asked for, the manual page behind it says.

#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

// MARK: The way into the kernel

// A call is smaller than the call of a function that makes it.
#define LINUX_CALL static inline __attribute__((always_inline))

// syscall(2): the number and the arguments in registers, the result in one. BOTH chooses what differs: x86-64, arm64.
#if defined(__x86_64__)
#define BOTH(x86_64, arm64) x86_64
#define LINUX_INSTRUCTION "syscall"
#define LINUX_OVERWRITTEN "rcx", "r11", "memory"
#elif defined(__aarch64__)
#define BOTH(x86_64, arm64) arm64
#define LINUX_INSTRUCTION "svc #0"
#define LINUX_OVERWRITTEN "memory"
#else
#error "x86-64 and arm64 only"
#endif

#define LINUX_REGISTERS(number) \
  register long call __asm__(BOTH("rax", "x8")) = number; \
  register long first __asm__(BOTH("rdi", "x0"))
#define LINUX_SECOND register long second __asm__(BOTH("rsi", "x1")) = b;
#define LINUX_THIRD register long third __asm__(BOTH("rdx", "x2")) = c;
#define LINUX_FOURTH register long fourth __asm__(BOTH("r10", "x3")) = d;
#define LINUX_FIFTH register long fifth __asm__(BOTH("r8", "x4")) = e;
#define LINUX_SIXTH register long sixth __asm__(BOTH("r9", "x5")) = f;
#define LINUX_RESULT return BOTH(call, first);

LINUX_CALL long linux_call0(long number) {
  LINUX_REGISTERS(number);
  __asm__ volatile(LINUX_INSTRUCTION : "+r"(call), "=r"(first) : : LINUX_OVERWRITTEN);
  LINUX_RESULT
}
LINUX_CALL long linux_call1(long number, long a) {
  LINUX_REGISTERS(number) = a;
  __asm__ volatile(LINUX_INSTRUCTION : "+r"(call), "+r"(first) : : LINUX_OVERWRITTEN);
  LINUX_RESULT
}
LINUX_CALL long linux_call2(long number, long a, long b) {
  LINUX_REGISTERS(number) = a;
  LINUX_SECOND
  __asm__ volatile(LINUX_INSTRUCTION : "+r"(call), "+r"(first) : "r"(second) : LINUX_OVERWRITTEN);
  LINUX_RESULT
}
LINUX_CALL long linux_call3(long number, long a, long b, long c) {
  LINUX_REGISTERS(number) = a;
  LINUX_SECOND LINUX_THIRD
  __asm__ volatile(LINUX_INSTRUCTION : "+r"(call), "+r"(first) : "r"(second), "r"(third) : LINUX_OVERWRITTEN);
  LINUX_RESULT
}
LINUX_CALL long linux_call4(long number, long a, long b, long c, long d) {
  LINUX_REGISTERS(number) = a;
  LINUX_SECOND LINUX_THIRD LINUX_FOURTH
  __asm__ volatile(
      LINUX_INSTRUCTION : "+r"(call), "+r"(first) : "r"(second), "r"(third), "r"(fourth) : LINUX_OVERWRITTEN);
  LINUX_RESULT
}
LINUX_CALL long linux_call6(long number, long a, long b, long c, long d, long e, long f) {
  LINUX_REGISTERS(number) = a;
  LINUX_SECOND LINUX_THIRD LINUX_FOURTH LINUX_FIFTH LINUX_SIXTH
  __asm__ volatile(
      LINUX_INSTRUCTION
      : "+r"(call), "+r"(first)
      : "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
      : LINUX_OVERWRITTEN);
  LINUX_RESULT
}

// MARK: Constants

// Those errors that are asked for (errno(3)).
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define EACCES 13
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENAMETOOLONG 36
#define ENOSYS 38
#define ENOTSOCK 88
#define ENOBUFS 105
#define ETIMEDOUT 110
#define ESTALE 116

// open(2)
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0x40
#define O_EXCL 0x80
#define O_NOCTTY 0x100
#define O_APPEND 0x400
#define O_NONBLOCK 0x800
#if defined(__x86_64__)
#define O_DIRECTORY 0x10000
#else
#define O_DIRECTORY 0x4000
#endif
#define O_CLOEXEC 0x80000
#define O_PATH 0x200000

// Others of one call each.
#define PIPE_BUF 4096
#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFREG 0100000
#define POLLIN 1
#define POLLOUT 4
#define POLLNVAL 32
#define MADV_DONTNEED 4
#define MADV_DONTDUMP 16
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define AF_INET 2
#define AF_INET6 10
#define SIGUSR2 12
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20

// MARK: Files

#define LINUX_HERE -100 /* AT_FDCWD */

LINUX_CALL int linux_create(const uint8_t *path, int flags, unsigned int mode) {
  return (int)linux_call4(BOTH(257, 56) /* openat */, LINUX_HERE, (long)path, flags | O_CLOEXEC, mode);
}
LINUX_CALL int linux_open(const uint8_t *path, int flags) { return linux_create(path, flags, 0); }
LINUX_CALL int linux_close(int descriptor) { return (int)linux_call1(BOTH(3, 57), descriptor); }
LINUX_CALL long linux_read(int descriptor, void *bytes, size_t capacity) {
  return linux_call3(BOTH(0, 63), descriptor, (long)bytes, (long)capacity);
}
LINUX_CALL long linux_pread(int descriptor, void *bytes, size_t capacity, int64_t offset) {
  return linux_call4(BOTH(17, 67) /* pread64 */, descriptor, (long)bytes, (long)capacity, offset);
}
LINUX_CALL long linux_write(int descriptor, const void *bytes, size_t count) {
  return linux_call3(BOTH(1, 64), descriptor, (long)bytes, (long)count);
}
// pwritev2(2) with RWF_NOWAIT (8): a write that fails with EAGAIN rather than wait for room. An offset of -1, in two halves,
// stands for the descriptor's own position.
static inline long linux_write_now(int descriptor, const void *bytes, size_t count) {
  long vector[2] = {(long)bytes, (long)count};
  return linux_call6(BOTH(328, 287), descriptor, (long)vector, 1, -1, -1, 8);
}
// fcntl(2) with F_DUPFD_CLOEXEC
LINUX_CALL int linux_duplicate_from(int descriptor, int lowest) {
  return (int)linux_call3(BOTH(72, 25), descriptor, 1030, lowest);
}
LINUX_CALL int linux_fsync(int descriptor) { return (int)linux_call1(BOTH(74, 82), descriptor); }
// fchmod(2)
LINUX_CALL int linux_change_mode(int descriptor, unsigned int mode) {
  return (int)linux_call2(BOTH(91, 52), descriptor, mode);
}

// struct stat of the kernel
struct linux_status {
  uint64_t device, inode;
#if defined(__x86_64__)
  uint64_t links;
  uint32_t mode, user, group, padding;
#else
  uint32_t mode, links, user, group;
#endif
  uint64_t special_device;
#if defined(__x86_64__)
  int64_t size;
  uint64_t others[11];
#else
  uint64_t padding;
  int64_t size;
  uint64_t others[9];
#endif
};
// fstatat(2)
LINUX_CALL int linux_status(const uint8_t *path, struct linux_status *status) {
  return (int)linux_call4(BOTH(262, 79) /* newfstatat */, LINUX_HERE, (long)path, (long)status, 0);
}
// fstat(2)
LINUX_CALL int linux_status_of(int descriptor, struct linux_status *status) {
  return (int)linux_call2(BOTH(5, 80), descriptor, (long)status);
}
// faccessat(2) with F_OK
LINUX_CALL int linux_exists(const uint8_t *path) { return (int)linux_call3(BOTH(269, 48), LINUX_HERE, (long)path, 0); }
// renameat(2)
LINUX_CALL int linux_rename(const uint8_t *old, const uint8_t *new_path) {
  return (int)linux_call4(BOTH(264, 38), LINUX_HERE, (long)old, LINUX_HERE, (long)new_path);
}
// unlinkat(2)
LINUX_CALL int linux_unlink(const uint8_t *path) { return (int)linux_call3(BOTH(263, 35), LINUX_HERE, (long)path, 0); }
LINUX_CALL int linux_chdir(const uint8_t *path) { return (int)linux_call1(BOTH(80, 49), (long)path); }
// fchdir(2)
LINUX_CALL int linux_change_directory(int descriptor) { return (int)linux_call1(BOTH(81, 50), descriptor); }
// getdents64(2). Entries are packed: inode (8), offset (8), length (2), type (1), name.
LINUX_CALL long linux_directory_entries(int descriptor, void *buffer, size_t capacity) {
  return linux_call3(BOTH(217, 61), descriptor, (long)buffer, (long)capacity);
}
// close_range(2)
LINUX_CALL int linux_close_range(unsigned int first, unsigned int last) {
  return (int)linux_call3(436, first, last, 0);
}
// prlimit(2) of RLIMIT_NOFILE
LINUX_CALL uint64_t linux_descriptor_limit(void) {
  uint64_t limit[2];
  return linux_call4(BOTH(302, 261) /* prlimit64 */, 0, 7, 0, (long)limit) == 0 ? limit[0] : 1024;
}

struct linux_poll_entry {
  int descriptor;
  short wanted, found;
};
// ppoll(2); for ever if milliseconds < 0.
static inline int linux_poll(struct linux_poll_entry *_Nullable entry, unsigned int count, int64_t milliseconds) {
  int64_t timeout[2] = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return (int)linux_call6(BOTH(271, 73), (long)entry, count, milliseconds < 0 ? 0 : (long)timeout, 0, 0, 0);
}

// MARK: Terminals (ioctl_tty(2))

static inline int linux_terminal_call(int descriptor, int request, long argument) {
  return (int)linux_call3(BOTH(16, 29) /* ioctl */, descriptor, request, argument);
}
// The process group in the foreground, or -errno: TIOCGPGRP.
static inline int linux_foreground(int descriptor) {
  int group = 0;
  int result = linux_terminal_call(descriptor, 0x540f, (long)&group);
  return result < 0 ? result : group;
}
LINUX_CALL int linux_set_foreground(int descriptor, int group) {
  return linux_terminal_call(descriptor, 0x5410 /* TIOCSPGRP */, (long)&group);
}
LINUX_CALL int linux_give_up_terminal(int descriptor) {
  return linux_terminal_call(descriptor, 0x5422 /* TIOCNOTTY */, 0);
}
LINUX_CALL int linux_take_terminal(int descriptor) {
  return linux_terminal_call(descriptor, 0x540e /* TIOCSCTTY */, 0);
}

// MARK: Sockets

// socket(2) for netlink(7) and sock_diag(7)
LINUX_CALL int linux_socket_diagnostics(void) {
  return (int)linux_call3(
      BOTH(41, 198), 16 /* AF_NETLINK */, 3 /* SOCK_RAW */ | O_CLOEXEC, 4 /* NETLINK_SOCK_DIAG */);
}
// connect(2). Connected to the kernel, a netlink socket takes messages from nobody else.
LINUX_CALL int linux_connect_to_kernel(int descriptor) {
  struct { uint16_t family, padding; uint32_t port, groups; } kernel = {16 /* AF_NETLINK */, 0, 0, 0};
  return (int)linux_call3(BOTH(42, 203), descriptor, (long)&kernel, sizeof kernel);
}
static inline int linux_set_socket(int descriptor, int level, int option, int value) {
  return (int)linux_call6(BOTH(54, 208) /* setsockopt */, descriptor, level, option, (long)&value, sizeof value, 0);
}
LINUX_CALL int linux_join_group(int descriptor, int group) {
  return linux_set_socket(descriptor, 270 /* SOL_NETLINK */, 1 /* NETLINK_ADD_MEMBERSHIP */, group);
}
LINUX_CALL int linux_set_receive_buffer(int descriptor, int size) {
  return linux_set_socket(descriptor, 1 /* SOL_SOCKET */, 8 /* SO_RCVBUF */, size);
}
// sendto(2) with MSG_DONTWAIT and MSG_NOSIGNAL
LINUX_CALL long linux_send_now(int descriptor, const void *bytes, size_t count) {
  return linux_call6(BOTH(44, 206), descriptor, (long)bytes, (long)count, 0x4040, 0, 0);
}
// recvfrom(2) with MSG_DONTWAIT and MSG_TRUNC: the length of the whole message, also where that is longer than the buffer.
static inline long linux_receive_now(int descriptor, void *bytes, size_t capacity) {
  return linux_call6(BOTH(45, 207), descriptor, (long)bytes, (long)capacity, 0x60, 0, 0);
}

// MARK: Processes

LINUX_CALL int linux_getpid(void) { return (int)linux_call0(BOTH(39, 172)); }
LINUX_CALL int linux_getppid(void) { return (int)linux_call0(BOTH(110, 173)); }
LINUX_CALL unsigned int linux_getuid(void) { return (unsigned int)linux_call0(BOTH(102, 174)); }
LINUX_CALL unsigned int linux_geteuid(void) { return (unsigned int)linux_call0(BOTH(107, 175)); }
// setresuid(2), setresgid(2)
LINUX_CALL int linux_set_user(unsigned int user) { return (int)linux_call3(BOTH(117, 147), user, user, user); }
LINUX_CALL int linux_set_group(unsigned int group) { return (int)linux_call3(BOTH(119, 149), group, group, group); }
// getpgid(2), getsid(2) of ourselves
LINUX_CALL int linux_group(void) { return (int)linux_call1(BOTH(121, 155), 0); }
LINUX_CALL int linux_session(void) { return (int)linux_call1(BOTH(124, 156), 0); }
LINUX_CALL int linux_setpgid(int process, int group) { return (int)linux_call2(BOTH(109, 154), process, group); }
LINUX_CALL int linux_setsid(void) { return (int)linux_call0(BOTH(112, 157)); }

LINUX_CALL int linux_process_control(int option, long argument) {
  return (int)linux_call6(BOTH(157, 167) /* prctl */, option, argument, 0, 0, 0, 0);
}
LINUX_CALL void linux_show(void) { linux_process_control(4 /* PR_SET_DUMPABLE */, 1); }
LINUX_CALL int linux_set_subreaper(void) { return linux_process_control(36 /* PR_SET_CHILD_SUBREAPER */, 1); }
LINUX_CALL int linux_is_subreaper(void) {
  int is = 0;
  return linux_process_control(37 /* PR_GET_CHILD_SUBREAPER */, (long)&is) == 0 && is;
}
LINUX_CALL int linux_set_parent_death_signal(int number) {
  return linux_process_control(1 /* PR_SET_PDEATHSIG */, number);
}

// clone(2) as vfork(2) does it: the child shares our memory, and we are suspended until it has called execve(2) or exit(2).
// It runs `child`, which must not return, below our own stack frames, which so stay whole. Returns the child's pid.
LINUX_CALL int linux_clone_until_exec(void (*child)(void *), void *argument) {
  LINUX_REGISTERS(BOTH(56, 220)) = 0x4100 | SIGCHLD; // CLONE_VM, CLONE_VFORK
  register long second __asm__(BOTH("rsi", "x1")) = 0;
  // x86-64: below the stack pointer lie 128 bytes that may be in use.
  __asm__ volatile(
      LINUX_INSTRUCTION "\n"
      BOTH("testl %%eax, %%eax\n jnz 1f\n leaq -128(%%rsp), %%rsp\n andq $-16, %%rsp\n movq %4, %%rdi\n callq *%3\n",
           "cbnz x0, 1f\n mov x0, %4\n blr %3\n")
      "1:"
      : "+r"(call), "+r"(first)
      : "r"(second), "r"(child), "r"(argument)
      : LINUX_OVERWRITTEN);
  return (int)BOTH(call, first);
}
#if defined(LASTCALL_SANITIZED)
// The frames of a child that goes by execve(2) were on its parent's stack, where the sanitizer would look for them.
void __asan_handle_no_return(void);
#else
#define __asan_handle_no_return()
#endif
LINUX_CALL int linux_execve(
    const uint8_t *path, uint8_t *_Nullable *_Nonnull arguments, uint8_t *_Nullable *_Nullable environment) {
  __asan_handle_no_return();
  return (int)linux_call3(BOTH(59, 221), (long)path, (long)arguments, (long)environment);
}
// exit_group(2); where that is refused, _exit(2) of the one thread.
static inline void linux_exit(int code) __attribute__((noreturn));
static inline void linux_exit(int code) {
  linux_call1(BOTH(231, 94), code);
  for (;;) linux_call1(BOTH(60, 93), code);
}
// wait4(2): WNOHANG and WUNTRACED, or until that one child has ended.
LINUX_CALL int linux_wait_any(int *status) { return (int)linux_call4(BOTH(61, 260), -1, (long)status, 1 | 2, 0); }
LINUX_CALL int linux_wait_end(int process) { return (int)linux_call4(BOTH(61, 260), process, 0, 0, 0); }

// MARK: Signals

// siginfo_t as far as it is used
struct linux_signal {
  int number, error, code, padding;
  int sender;
  unsigned int user;
  // Of a child: what became of it.
  union { uint64_t value; int status; };
  uint64_t others[12];
};
#define SI_USER 0
#define SI_QUEUE -1
#define SI_KERNEL 0x80
#define SI_TKILL -6
#define CLD_EXITED 1
#define CLD_STOPPED 5

LINUX_CALL int linux_kill(int process, int number) { return (int)linux_call2(BOTH(62, 129), process, number); }
// rt_sigprocmask(2) with SIG_SETMASK
LINUX_CALL int linux_set_signal_mask(uint64_t mask, uint64_t *_Nullable previous) {
  return (int)linux_call4(BOTH(14, 135), 2, (long)&mask, (long)previous, sizeof mask);
}
// rt_sigtimedwait(2). Without a timeout (nanoseconds < 0) it waits for ever.
static inline int linux_wait_signal(uint64_t set, int64_t nanoseconds, struct linux_signal *received) {
  int64_t timeout[2] = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  return (int)linux_call4(
      BOTH(128, 137), (long)&set, (long)received, nanoseconds < 0 ? 0 : (long)timeout, sizeof set);
}
// rt_sigqueueinfo(2)
LINUX_CALL int linux_queue_signal(int process, const struct linux_signal *information) {
  return (int)linux_call3(BOTH(129, 138), process, information->number, (long)information);
}
// rt_sigaction(2): handler (0 default, 1 ignore), flags, restorer, mask. Returns the previous handler.
static inline uint64_t linux_set_handler(int number, uint64_t handler) {
  uint64_t action[4] = {handler, 0, 0, 0}, previous[4] = {0, 0, 0, 0};
  linux_call4(BOTH(13, 134), number, (long)action, (long)previous, sizeof(uint64_t));
  return previous[0];
}
// waitid(2) for the next child of all that changed, without waiting: WNOHANG, WEXITED, WSTOPPED.
LINUX_CALL int linux_wait_change(struct linux_signal *change) {
  return (int)linux_call6(BOTH(247, 95), 0, 0, (long)change, 1 | 4 | 2, 0, 0);
}
LINUX_CALL int linux_pidfd_open(int process) { return (int)linux_call2(434, process, 0); }
// pidfd_send_signal(2); with no information as kill(2) sends it.
LINUX_CALL int linux_pidfd_send_signal(
    int descriptor, int number, const struct linux_signal *_Nullable information) {
  return (int)linux_call4(424, descriptor, number, (long)information, 0);
}

// MARK: Time

static inline int64_t linux_milliseconds(int clock) {
  int64_t time[2];
  // clock_gettime(2). Where that is refused, ticks of 10 ms since some moment do for every clock: times(2).
  if (linux_call2(BOTH(228, 113), clock, (long)time) < 0) return linux_call1(BOTH(100, 153), 0) * 10;
  return time[0] * 1000 + time[1] / 1000000;
}
LINUX_CALL int linux_sched_yield(void) { return (int)linux_call0(BOTH(24, 124)); }

// MARK: Memory

// mmap(2) of new memory; NULL if there is none.
static inline void *_Nullable linux_map(size_t size) {
  // PROT_READ and PROT_WRITE, MAP_PRIVATE and MAP_ANONYMOUS
  long memory = linux_call6(BOTH(9, 222), 0, (long)size, 3, 0x22, -1, 0);
  return memory < 0 ? NULL : (void *)memory;
}
LINUX_CALL int linux_munmap(void *memory, size_t size) {
  return (int)linux_call2(BOTH(11, 215), (long)memory, (long)size);
}
// madvise(2)
LINUX_CALL void linux_advise(uintptr_t start, size_t size, int advice) {
  linux_call3(BOTH(28, 233), (long)start, (long)size, advice);
}
// The program's file in memory, by the linker's symbols: headers, constants and code, none of which is ever written.
extern char __executable_start[], etext[];
static inline uintptr_t linux_code_start(void) { return (uintptr_t)__executable_start; }
static inline uintptr_t linux_code_end(void) { return (uintptr_t)etext; }
// The heap's first piece: there from the start, whatever the kernel refuses later. Pages that are never written cost
// nothing.
enum { linux_reserve_size = 128 * 1024 };
static inline char *linux_reserve(void) {
  static char bytes[linux_reserve_size] __attribute__((aligned(16)));
  return bytes;
}

// Bytes that are too many for the stack; there from the start, as the heap's first piece. The program has one thread; its tests
// have more. Mentioned in one file only (File.swift): each would have one of its own.
enum { linux_place_size = 64 * 1024, linux_entries_size = 4096 };
#if __STDC_HOSTED__
#define LINUX_PLACE static __thread
#else
#define LINUX_PLACE static
#endif
static inline uint8_t *_Nonnull linux_place(void) {
  LINUX_PLACE uint8_t bytes[2 * linux_place_size + linux_entries_size];
  return bytes;
}

// MARK: The start

#if __STDC_HOSTED__

// The initial stack, where a C library has begun: argc, argv[0…argc), NULL, environment, NULL, auxiliary vector (the
// psABI's process stack of every architecture). Found by `environ`, which is only true until the first setenv.
extern char **environ;
static inline uint8_t *_Nullable *_Nonnull linux_stack(void) {
  char **end = environ - 1;
  // A build that counts coverage has called setenv before main, and environ is a copy. The kernel's own vector lies below
  // the strings, and begins with the same one behind argv's NULL.
  if (*end != NULL && environ[0] != NULL) {
    char **first = (char **)((uintptr_t)environ[0] & ~(uintptr_t)7);
    while (first[0] != environ[0] || first[-1] != NULL) first--;
    end = first - 1;
  }
  long count = 0;
  // The word before argv[0] is argc as a long; no pointer into user space is as small as the number of arguments.
  while ((uintptr_t)end[-1 - count] != (uintptr_t)count) count++;
  return (uint8_t **)(end - count - 1);
}

#else

// Without a C library (Sources/LinuxCalls/Start.swift): where the kernel begins, with the initial stack and nothing else.
void lastcall_begin(uint8_t *_Nullable *_Nonnull stack) __attribute__((noreturn));
__attribute__((naked, noreturn)) void _start(void) {
  __asm__(BOTH("movq %%rsp, %%rdi\n callq %P0", "mov x0, sp\n bl %0") : : BOTH("i", "S")(lastcall_begin));
}
extern int linux_main(int count, uint8_t *_Nullable *_Nonnull arguments) __asm__("main");

// Embedded Swift allocates by these two alone, and hands back only what it got (Sources/LinuxCalls/Heap.swift).
void *_Nullable lastcall_allocate(size_t size);
void lastcall_release(void *_Nonnull block);
int posix_memalign(void **result, size_t alignment, size_t size) {
  // What is handed out is aligned to 16, and nothing here asks for more.
  *result = lastcall_allocate(size);
  return *result == NULL ? 12 /* ENOMEM */ : 0;
}
void free(void *block) {
  if (block != NULL) lastcall_release(block);
}

// What the compiler itself calls. Not loops: it would take those for what they stand for, and call it.
void *memmove(void *to, const void *from, size_t count) {
  void *start = to;
#if defined(__x86_64__)
  if ((uintptr_t)to - (uintptr_t)from >= count) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  } else {
    to = (char *)to + count - 1;
    from = (const char *)from + count - 1;
    __asm__ volatile("std\n rep movsb\n cld" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  }
#else
  long step = 1, byte;
  if ((uintptr_t)to - (uintptr_t)from < count) {
    to = (char *)to + count - 1;
    from = (const char *)from + count - 1;
    step = -1;
  }
  __asm__ volatile(
      "1: cbz %2, 2f\n ldrb %w3, [%1]\n strb %w3, [%0]\n add %0, %0, %4\n add %1, %1, %4\n sub %2, %2, #1\n b 1b\n 2:"
      : "+r"(to), "+r"(from), "+r"(count), "=&r"(byte) : "r"(step) : "memory");
#endif
  return start;
}
void *memcpy(void *restrict to, const void *restrict from, size_t count) { return memmove(to, from, count); }
void *memset(void *to, int byte, size_t count) {
  void *start = to;
#if defined(__x86_64__)
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
#else
  __asm__ volatile(
      "1: cbz %1, 2f\n strb %w2, [%0], #1\n sub %1, %1, #1\n b 1b\n 2:" : "+r"(to), "+r"(count) : "r"(byte) : "memory");
#endif
  return start;
}
int memcmp(const void *left, const void *right, size_t count) {
  const volatile unsigned char *a = left, *b = right;
  for (size_t index = 0; index < count; index++) {
    int difference = a[index] - b[index];
    if (difference != 0) return difference;
  }
  return 0;
}
int bcmp(const void *left, const void *right, size_t count) { return memcmp(left, right, count); }
static inline const void *_Nonnull linux_support(void) {
  static const void *const all[] = {_start, posix_memalign, free, memmove, memcpy, memset, memcmp, bcmp};
  return all;
}

#endif

#endif
