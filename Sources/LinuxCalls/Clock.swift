// The clocks: of the world, and of this process's own work.

import CLinux
import Lifecycle

public enum Clock {
  /// Now, by CLOCK_MONOTONIC (clock_gettime(2)): it never jumps, whatever is done to the time of day.
  public static var now: Instant { Instant(read(CLOCK_MONOTONIC)) }

  /// The CPU time that this process has used, by CLOCK_PROCESS_CPUTIME_ID.
  static var used: Milliseconds { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Milliseconds {
    var time = timespec()
    // Safe: the call writes one timespec.
    _ = unsafe clock_gettime(clock, &time)
    return Milliseconds(Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000)
  }

  /// Comes back when it is `moment`; poll(2) on nothing.
  public static func wait(until moment: Instant) {
    while true {
      let left = moment - now
      guard left > .zero else { return }
      _ = poll(nil, 0, Int32(truncatingIfNeeded: min(left.count, Int64(Int32.max))))
    }
  }
}
