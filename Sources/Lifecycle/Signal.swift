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

  /// Names of 1 to 31, in order, as signal(7) has them, and behind them further ones that it allows.
  static var names: Text {
    Text(
      """
      HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU \
      XFSZ VTALRM PROF WINCH IO PWR SYS IOT CLD POLL UNUSED
      """)
  }
  static let nameCount = 31

  /// The numbers of those further names, as the bytes of a text.
  static var synonyms: Text { Text("\u{6}\u{11}\u{1d}\u{1f}") }
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

extension Signal {
  /// A name in capitals or not, without SIG: signal(7)'s, `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`.
  public init?(name: Text) {
    let place = Signal.names.place(of: name)
    if place >= 0 {
      let synonym = Signal.synonyms[place - Signal.nameCount]
      self.init(synonym > 0 ? Int(synonym) : place + 1)
      return
    }
    let isFromMinimum = name.upTo(5).isWord(Text("RTMIN"))
    guard isFromMinimum || name.upTo(5).isWord(Text("RTMAX")) else { return nil }
    var offset = 0
    if name.count > 5 {
      guard name.count <= 8, name[5] == (isFromMinimum ? 0x2b : 0x2d), let given = name.from(6).number(most: 30) else {
        return nil
      }
      offset = Int(given)
    }
    self.init(isFromMinimum ? Signal.realTimeMinimum + offset : Signal.realTimeMaximum - offset)
  }
}
