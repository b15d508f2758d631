// How a process ended, and the exit code that stands for it.

/// How a process ended, as wait(2) tells it.
public enum ExitStatus: Equatable, Sendable {
  /// It called exit with this code, 0 to 255.
  case exited(UInt8)
  /// A signal ended it.
  case killed(by: Signal)

  /// The code a shell would give: its own, or 128 + the signal's number.
  public var code: UInt8 {
    switch self {
    case .exited(let code): code
    case .killed(let signal): 128 + signal.number
    }
  }

  /// The code, and in the byte above it the signal, as a number that a format can show.
  public var word: Int {
    switch self {
    case .exited(let code): Int(code)
    case .killed(let signal): Int(signal.number) << 8 | Int(code)
    }
  }

  init(word: Int) {
    if let signal = Signal(word >> 8) {
      self = .killed(by: signal)
    } else {
      self = .exited(UInt8(truncatingIfNeeded: word))
    }
  }
}

/// lastcall's own exit codes, those of env(1), timeout(1) and the shells.
public enum ExitCode {
  public static let success: UInt8 = 0
  /// The target was still alive at the deadline.
  public static let stillAlive: UInt8 = 124
  /// Bad input, or lastcall's own failure before the app ran.
  public static let failure: UInt8 = 125
  /// The app was found but could not be run.
  public static let notRunnable: UInt8 = 126
  /// The app was not found.
  public static let notFound: UInt8 = 127
}
