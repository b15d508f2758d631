// Signals as a queue: all of them blocked from the first moment on, taken out one by one. Nothing is ever handled
// asynchronously, so nothing can be lost between two steps.

import CLinux
import Lifecycle

/// A signal taken from the queue, and what the kernel tells of it.
public struct ReceivedSignal {
  public let signal: Signal
  /// The sender's pid; 0 if it is the kernel or outside of this PID namespace.
  public let sender: Int32
  /// The sender's uid.
  public let user: UInt32
  /// The value that came with it, if it was sent by sigqueue(3).
  public let value: UInt64?
  /// Sent by this very process: SIGPIPE for its own log, or what it sent to its own group.
  public let isOurOwn: Bool
  /// From the kernel itself: a terminal's keys and resizes, for one, which reach every process of the foreground group.
  public let isFromKernel: Bool
}

/// The mask that a process was started with, and what it did with SIGCHLD.
public struct InheritedSignals: Sendable {
  public let mask: UInt64
  public let ignoresChildren: Bool
  /// Whether `Handover.mark` was ignored.
  let ignoresMark: Bool
}

/// Asked for once, not at each signal: a process keeps its pid.
private let ourselves = linux_getpid()

public enum SignalQueue {
  /// Blocks every signal, those that C libraries keep for themselves (32 to 34) included, and makes SIGCHLD queue: where the
  /// parent ignored it, the kernel would reap by itself and exit codes would be lost.
  ///
  /// Must be the first call of the program. rt_sigprocmask(2), sigaction(2). Nil where the kernel refuses: then no signal
  /// would be kept, and with SIGCHLD the app's end would be lost.
  public static func open() -> InheritedSignals? {
    // Before it is blocked: ignoring a signal throws away what is pending of it.
    let ignoresMark = linux_set_handler(Int32(Handover.mark.number), 1) == 1
    var mask: UInt64 = 0
    // Safe: the call writes one word.
    guard unsafe linux_set_signal_mask(.max, &mask) == 0 else { return nil }
    let ignoresChildren = linux_set_handler(SIGCHLD, 0) == 1
    return InheritedSignals(mask: mask, ignoresChildren: ignoresChildren, ignoresMark: ignoresMark)
  }

  /// Gives the process back the signal mask that it was started with. What came meanwhile acts now.
  public static func restore(_ inherited: InheritedSignals) {
    if inherited.ignoresChildren { _ = linux_set_handler(SIGCHLD, 1) }
    if !inherited.ignoresMark { _ = linux_set_handler(Int32(Handover.mark.number), 0) }
    _ = linux_set_signal_mask(inherited.mask, nil)
  }

  /// Takes the next signal of `set`, waiting until `deadline`. Nil when that passed, or when a stop and continue of this
  /// process interrupted the wait.
  ///
  /// rt_sigtimedwait(2): one call, no descriptor, and no wake-up until a signal comes when the deadline is `never`.
  public static func next(in set: SignalSet = .all, until deadline: Instant) -> ReceivedSignal? {
    var nanoseconds: Int64 = -1
    if deadline != .never {
      let left = max(.zero, deadline - Clock.now)
      let (product, overflow) = left.count.multipliedReportingOverflow(by: 1_000_000)
      nanoseconds = overflow ? -1 : product
    }
    var received = linux_signal()
    // Safe: the call writes one linux_signal.
    let number = unsafe linux_wait_signal(set.bits, nanoseconds, &received)
    guard number > 0, let signal = Signal(Int(number)) else {
      // Refused, it comes back at once, and for ever.
      if number != -EAGAIN && number != -EINTR { Clock.pause() }
      return nil
    }
    let isQueued = received.code == SI_QUEUE
    let isFromProcess = isQueued || received.code == SI_USER || received.code == SI_TKILL
    return ReceivedSignal(
      signal: signal, sender: isFromProcess ? received.sender : 0, user: received.user,
      value: isQueued ? received.value : nil, isOurOwn: isFromProcess && received.sender == ourselves,
      isFromKernel: received.code == SI_KERNEL)
  }
}
