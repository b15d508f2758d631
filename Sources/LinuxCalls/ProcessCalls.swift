// What a process can do to itself and to others: small calls of one line.

import CLinux
import Lifecycle

/// This process.
public enum OurProcess {
  public static var identifier: Int32 { linux_getpid() }
  public static var parent: Int32 { linux_getppid() }
  public static var isFirst: Bool { linux_getpid() == 1 }
  /// Whether nobody outside of our session could continue us: we lead it.
  public static var leadsSession: Bool { linux_session() == linux_getpid() }

  /// Ends this process without any exit handler (exit_group(2)).
  public static func exit(_ code: UInt8) -> Never { linux_exit(Int32(code)) }

  /// Becomes the user and group of PID 1 (the owner of /proc/1), if we are root and may (setresuid(2)): a PID 1 that is
  /// not root could not answer us by a signal. The change would hide our command line from it where /proc is mounted
  /// with hidepid (PR_SET_DUMPABLE, prctl(2)).
  public static func becomeUserOfFirst() {
    var owner = linux_status()
    // Safe: the call writes one status.
    guard linux_geteuid() == 0, unsafe linux_status("/proc/1", &owner) == 0, owner.user != 0 else { return }
    _ = linux_set_group(owner.group)
    if linux_set_user(owner.user) == 0 { linux_show() }
  }

  /// The signal that comes when our parent dies: PR_SET_PDEATHSIG (prctl(2)). `parent` is the parent's pid from before:
  /// if it is another one now, it died too early for that, which is what is returned.
  public static func setParentDeathSignal(_ signal: Signal, parent: Int32) -> Bool {
    _ = linux_set_parent_death_signal(Int32(signal.number))
    return linux_getppid() != parent
  }

  /// Leaves the working directory, so that it pins no mount, and keeps a way back for the app: open(2) with O_PATH and
  /// chdir(2). Nil, and nothing is left, where that does not work.
  public static func leaveDirectory() -> Int32? {
    let here = unsafe linux_open(".", O_PATH | O_DIRECTORY)
    guard here >= 0 else { return nil }
    guard unsafe linux_chdir("/") == 0 else {
      _ = linux_close(here)
      return nil
    }
    return here
  }

  /// Closes every descriptor from 3 on but `kept`: what we inherited is the app's, and kept open here it would keep
  /// sockets and pipes alive. close_range(2), Linux 5.9; before that one by one.
  public static func closeInherited(except kept: Int32?) {
    let kept = kept ?? 2
    if kept <= 2 {
      if linux_close_range(3, .max) == 0 { return }
    } else if linux_close_range(UInt32(kept) + 1, .max) == 0 {
      if kept > 3 { _ = linux_close_range(3, UInt32(kept) - 1) }
      return
    }
    for number in 3..<Int32(min(max(linux_descriptor_limit(), 3), 65536)) where number != kept {
      _ = linux_close(number)
    }
  }

  /// Stops this process alone (kill(2)), until somebody continues it; PID 1 cannot be stopped so.
  public static func suspend() { _ = linux_kill(linux_getpid(), SIGSTOP) }

  /// Stops this process as the terminal's Ctrl-Z would, together with its group, and returns when it is continued; at
  /// once where the kernel sees that nobody could do that (an orphaned group, POSIX.1-2017 §2.4.3). A SIGCONT that ended
  /// the stop is taken from the queue.
  public static func stopWithGroup() {
    _ = linux_kill(0, SIGTSTP)
    // Only lets the one signal through and blocks it again.
    _ = linux_set_signal_mask(.max & ~(1 << UInt64(SIGTSTP - 1)), nil)
    _ = linux_set_signal_mask(.max, nil)
    _ = SignalQueue.next(in: SignalSet(.continue), until: Clock.now)
  }
}

/// Other processes, by pid. Only for children that have not been reaped, whose pids cannot be used again.
public enum Processes {
  /// kill(2); where that is refused, rt_sigqueueinfo(2).
  @inline(never)
  public static func send(_ signal: Signal, to process: Int32) throws(Errno) {
    let result = linux_kill(process, Int32(signal.number))
    if result == 0 { return }
    guard result != -ESRCH, queue(signal, value: 0, to: process) == 0 else { throw Errno(of: Int(result)) }
  }

  /// kill(2) to what is left of a process group.
  public static func send(_ signal: Signal, toRestOf group: Int32) { _ = linux_kill(-group, Int32(signal.number)) }

  /// kill(2) to the process group; to its leader alone while there is no such group (any more).
  public static func send(_ signal: Signal, toGroup group: Int32) throws(Errno) {
    let result = linux_kill(-group, Int32(signal.number))
    if result == 0 { return }
    guard result == -ESRCH else { throw Errno(of: Int(result)) }
    try send(signal, to: group)
  }

  /// Passes a queued signal on with its value and its sender: rt_sigqueueinfo(2).
  public static func pass(_ received: ReceivedSignal, value: UInt64, to process: Int32) throws(Errno) {
    try Errno.check(
      queue(received.signal, value: value, to: process, sender: received.sender, user: received.user))
  }

  /// Queues a signal with a value, from us: rt_sigqueueinfo(2), or pidfd_send_signal(2) with a descriptor of the process.
  static func queue(_ signal: Signal, value: UInt64, to process: Int32, descriptor: Int32? = nil) -> Int32 {
    queue(
      signal, value: value, to: process, descriptor: descriptor, sender: linux_getpid(), user: linux_getuid())
  }

  @inline(never)
  private static func queue(
    _ signal: Signal, value: UInt64, to process: Int32, descriptor: Int32? = nil, sender: Int32, user: UInt32
  ) -> Int32 {
    var information = linux_signal()
    information.number = Int32(signal.number)
    information.code = SI_QUEUE
    information.sender = sender
    information.user = user
    information.value = value
    // Safe: the calls read one linux_signal.
    guard let descriptor else { return unsafe linux_queue_signal(process, &information) }
    return unsafe linux_pidfd_send_signal(descriptor, information.number, &information)
  }

  /// Why the process cannot be signalled; nil if it can. kill(2) with signal 0.
  public static func access(to process: Int32) -> Errno? {
    let result = linux_kill(process, 0)
    return result == 0 ? nil : Errno(of: Int(result))
  }

  /// Whether the process exists, as far as we may know: kill(2) with signal 0.
  public static func exists(_ process: Int32) -> Bool { linux_kill(process, 0) != -ESRCH }
}
