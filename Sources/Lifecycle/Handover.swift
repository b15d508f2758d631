// How a hook and the supervisor find each other: values of one queued signal. It takes no file, no socket and no
// capability beyond being allowed to signal PID 1 (sigqueue(3)). A sender may lie about its pid (rt_sigqueueinfo(2)
// takes it as given), so a request only says where to look: what it asks for is on that process's command line. Who may
// send one could end the app by TERM as well.

/// What goes between a hook and a supervisor, as the value of `Handover.signal`.
public enum Handover: Equatable, Sendable {
  /// Hook to supervisor: carry out my plan; my options are on my command line.
  case request
  /// Supervisor to hook: the plan is mine now.
  case accepted
  /// Supervisor to hook: it is over; leave with this code, then I go.
  case ended(UInt8)

  /// A real-time signal, because those queue and are never merged: RTMAX - 1. Without our value it is the app's like
  /// any other. What is not lastcall and PID 1 is not harmed by it: the kernel drops what PID 1 has no handler for.
  public static let signal = Signal(known: 63)

  /// The mark by which a hook tells a supervisor: a signal that it ignores (SigIgn in /proc/1/status, which every uid may
  /// read), and that no other program ignores, because C libraries keep it to themselves. Being blocked all the same, it
  /// is queued and passed on like any other.
  public static let mark = Signal(known: 33)

  /// "LAST", then the version of this protocol, then what is said, then a code.
  private static let magic: UInt64 = 0x4c41_5354_0001_0000
  private static let magicMask: UInt64 = 0xffff_ffff_ffff_0000

  /// The value on the wire.
  public var value: UInt64 {
    switch self {
    case .request: Handover.magic | 0x0100
    case .accepted: Handover.magic | 0x0200
    case .ended(let code): Handover.magic | 0x0300 | UInt64(code)
    }
  }

  /// Whether the value is lastcall's, of whatever version: then it is not for the app, whom the signal would end.
  public static func claims(_ value: UInt64) -> Bool { value >> 32 == magic >> 32 }

  /// Nil for a value that is not ours, or of a version we don't speak.
  public init?(value: UInt64) {
    guard value & Handover.magicMask == Handover.magic else { return nil }
    switch value & 0xff00 {
    case 0x0100: self = .request
    case 0x0200: self = .accepted
    case 0x0300: self = .ended(UInt8(truncatingIfNeeded: value))
    default: return nil
    }
  }
}
