// Spans and moments of time. Arithmetic saturates: a time that comes from outside can be as large as it likes.

/// A span of time in whole milliseconds, never trapping: results beyond the range stay at its ends.
public struct Milliseconds: Equatable, Comparable, Sendable {
  public var count: Int64

  public init(_ count: Int64) { self.count = count }

  /// Whole seconds, as Kubernetes counts them.
  public init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    count = overflow ? (seconds < 0 ? .min : .max) : product
  }

  public static let zero = Milliseconds(0)
  public static let longest = Milliseconds(.max)

  /// The seconds that hold this span, rounded up.
  public var secondsRoundedUp: Int64 { count / 1000 + (count % 1000 > 0 ? 1 : 0) }

  /// `percent` hundredths of the span. Beyond 0 to 100 the nearer of the two counts, so that no product overflows.
  public func share(percent: Int64) -> Milliseconds {
    let percent = min(max(percent, 0), 100)
    return Milliseconds(count / 100 * percent + count % 100 * percent / 100)
  }

  public static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.count < right.count }

  @inline(never)
  public static func + (left: Milliseconds, right: Milliseconds) -> Milliseconds {
    let (sum, overflow) = left.count.addingReportingOverflow(right.count)
    return Milliseconds(overflow ? (right.count < 0 ? .min : .max) : sum)
  }

  @inline(never)
  public static func - (left: Milliseconds, right: Milliseconds) -> Milliseconds {
    let (difference, overflow) = left.count.subtractingReportingOverflow(right.count)
    return Milliseconds(overflow ? (right.count < 0 ? .max : .min) : difference)
  }
}

/// A moment on a clock that never jumps (CLOCK_MONOTONIC), in milliseconds since some fixed start.
public struct Instant: Equatable, Comparable, Sendable {
  public var sinceStart: Milliseconds

  public init(_ sinceStart: Milliseconds) { self.sinceStart = sinceStart }

  /// A moment that never comes.
  public static let never = Instant(.longest)

  public static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
  public static func + (moment: Instant, span: Milliseconds) -> Instant { Instant(moment.sinceStart + span) }
  public static func - (left: Instant, right: Instant) -> Milliseconds { left.sinceStart - right.sinceStart }
  public static func - (moment: Instant, span: Milliseconds) -> Instant { Instant(moment.sinceStart - span) }
}
