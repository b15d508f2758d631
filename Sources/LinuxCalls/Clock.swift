// The clocks: of the world, and of this process's own work.

import CLinux
import Lifecycle

public enum Clock {
  /// Now, by CLOCK_MONOTONIC (clock_gettime(2)): it never jumps, whatever is done to the time of day.
  public static var now: Instant { Instant(Milliseconds(linux_milliseconds(CLOCK_MONOTONIC))) }

  /// Whether `moment` has come. It costs no system call where none will.
  public static func hasReached(_ moment: Instant) -> Bool { moment != .never && now >= moment }

  /// The CPU time that this process has used, by CLOCK_PROCESS_CPUTIME_ID.
  static var used: Milliseconds { Milliseconds(linux_milliseconds(CLOCK_PROCESS_CPUTIME_ID)) }

  /// Comes back when it is `moment`; rt_sigtimedwait(2) for no signal.
  @inline(never)
  public static func wait(until moment: Instant) {
    while now < moment { _ = SignalQueue.next(in: SignalSet(bits: 0), until: moment) }
  }

  /// Waits a moment, so that what the kernel refuses is not asked for without end; ppoll(2) on nothing.
  static func pause() { _ = linux_poll(nil, 0, 20) }
}
