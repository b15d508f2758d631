// The one clock.

import CLinux
import Lifecycle

public enum Clock {
  /// Now, by CLOCK_MONOTONIC (clock_gettime(2)): it never jumps, whatever is done to the time of day.
  public static var now: Instant {
    var time = timespec()
    // Safe: the call writes one timespec.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(Milliseconds(Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000))
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
