// Signals by number and by name. Numbers are those of Linux on x86-64 and arm64; RTMIN is 34 whatever C library the
// binary has, because the containers' tools count so (glibc's numbering).

/// A signal, 1 to 64.
public struct Signal: Equatable, Sendable {
  public let number: UInt8

  /// Nil outside 1 to 64.
  public init?(_ number: Int) {
    guard number >= 1, number <= 64 else { return nil }
    self.number = UInt8(truncatingIfNeeded: number)
  }

  init(known number: UInt8) { self.number = number }

  /// No signal, where a field must hold one.
  public static let none = Signal(known: 0)

  public static let hangUp = Signal(known: 1)
  public static let interrupt = Signal(known: 2)
  public static let quit = Signal(known: 3)
  public static let kill = Signal(known: 9)
  public static let user1 = Signal(known: 10)
  public static let user2 = Signal(known: 12)
  public static let pipe = Signal(known: 13)
  public static let terminate = Signal(known: 15)
  public static let child = Signal(known: 17)
  public static let `continue` = Signal(known: 18)
  public static let stop = Signal(known: 19)
  public static let terminalStop = Signal(known: 20)
  public static let terminalInput = Signal(known: 21)
  public static let terminalOutput = Signal(known: 22)
  public static let windowChange = Signal(known: 28)

  /// The keys, the resize and the stops of a terminal, which reach the whole foreground group.
  public var isFromTerminal: Bool { self == .interrupt || self == .quit || self == .windowChange || isTerminalStop }

  static let realTimeMinimum = 34
  static let realTimeMaximum = 64

  /// KILL and STOP, which no program can catch or block.
  public var isUncatchable: Bool { self == .kill || self == .stop }

  /// The stops that a terminal, not a person with kill(1), sends.
  public var isTerminalStop: Bool { number >= 20 && number <= 22 }

  /// Names of 1 to 31, in order, as signal(7) has them.
  static let names: StaticString = """
    HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU \
    XFSZ VTALRM PROF WINCH IO PWR SYS
    """
  static let nameCount = 31

  /// Further names that signal(7) allows.
  static let synonyms: [4 of (StaticString, UInt8)] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)]
}

/// A set of signals; bit n - 1 stands for signal n, as in the kernel's own mask.
public struct SignalSet: Equatable, Sendable {
  public var bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  public init(_ first: Signal, _ second: Signal = .none, _ third: Signal = .none, _ fourth: Signal = .none) {
    bits = SignalSet.bit(first) | SignalSet.bit(second) | SignalSet.bit(third) | SignalSet.bit(fourth)
  }

  public static let none = SignalSet(bits: 0)
  /// Every signal, those that C libraries keep for themselves (32, 33, 34) included.
  public static let all = SignalSet(bits: .max)

  public func contains(_ signal: Signal) -> Bool { bits & SignalSet.bit(signal) != 0 }
  public mutating func remove(_ signal: Signal) { bits &= ~SignalSet.bit(signal) }
  public mutating func insert(_ signal: Signal) { bits |= SignalSet.bit(signal) }

  private static func bit(_ signal: Signal) -> UInt64 { 1 << UInt64(signal.number &- 1) }
}

/// `--map FROM=TO`; without `to` the signal is dropped.
public struct SignalRule: Equatable, Sendable {
  public var from: Signal
  public var to: Signal?
  public init(from: Signal, to: Signal?) {
    self.from = from
    self.to = to
  }
}

extension [SignalRule] {
  /// What the app receives for `signal`: the last rule that names it decides, and rules don't chain. Nil: nothing.
  public func apply(to signal: Signal) -> Signal? {
    var result: Signal? = signal
    for rule in self where rule.from == signal { result = rule.to }
    return result
  }
}

extension Signal {
  /// A name in capitals without SIG: signal(7)'s, `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`.
  public init?(name: [UInt8]) {
    for number in 1...Signal.nameCount {
      var known = Line()
      known.add(row: number - 1, of: Signal.names, separator: 0x20)
      if known.bytes == name {
        self.init(number)
        return
      }
    }
    for index in Signal.synonyms.indices where Line(Signal.synonyms[index].0).bytes == name {
      self.init(Int(Signal.synonyms[index].1))
      return
    }
    guard name.count >= 5, name[0] == 0x52, name[1] == 0x54, name[2] == 0x4d else { return nil }
    let stem = Array(name[0..<5])
    var offset = 0
    if name.count > 5 {
      guard name.count <= 8, name.count >= 7 else { return nil }
      for byte in name[6...] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        offset = offset * 10 + Int(byte - 0x30)
      }
    }
    let isFromMinimum = stem == Line("RTMIN").bytes
    guard isFromMinimum || stem == Line("RTMAX").bytes, offset <= 30 else { return nil }
    guard name.count == 5 || name[5] == (isFromMinimum ? 0x2b : 0x2d) else { return nil }
    self.init(isFromMinimum ? Signal.realTimeMinimum + offset : Signal.realTimeMaximum - offset)
  }
}
