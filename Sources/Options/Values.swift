// Reading the values of options: bytes in, a value or nil out. Nothing is half read: what is left over is an error.

import Lifecycle

/// Reads one kind of value each; nil says that the text is none.
public enum Values {
  /// A whole number, 0 to `most`, in decimal.
  @inline(never)
  public static func number(_ text: [UInt8], most: Int64) -> Int64? {
    guard !text.isEmpty else { return nil }
    var result: Int64 = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (tens, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow, tens <= .max - 9 else { return nil }
      result = tens + Int64(byte - 0x30)
    }
    return result <= most ? result : nil
  }

  /// `5s`, `500ms`, `1m30s`, `1h`, `1.5s`; a bare number is seconds. Beyond about 80,000 years in seconds there is
  /// none.
  @inline(never)
  public static func duration(_ text: [UInt8]) -> Milliseconds? {
    var total = Milliseconds.zero
    var index = 0
    var lastUnit = Int64.max
    while index < text.count {
      let digits = run(of: text, from: index)
      guard digits > index, let whole = number(Array(text[index..<digits]), most: .max / 3_600_000) else { return nil }
      index = digits
      var tenths: [UInt8] = []
      if index < text.count && text[index] == 0x2e {
        let end = run(of: text, from: index + 1)
        tenths = Array(text[index + 1..<end])
        guard !tenths.isEmpty, tenths.count <= 3 else { return nil }
        index = end
      }
      // A number without a unit stands alone.
      if index == text.count && lastUnit != .max { return nil }
      guard let (unit, length) = unit(text, at: index), unit < lastUnit else { return nil }
      lastUnit = unit
      index += length
      total = total + Milliseconds(whole * unit) + fraction(tenths, of: unit)
    }
    return text.isEmpty ? nil : total
  }

  @inline(never)
  private static func fraction(_ digits: [UInt8], of unit: Int64) -> Milliseconds {
    var value: Int64 = 0
    var scale: Int64 = 1
    for digit in digits {
      value = value * 10 + Int64(digit - 0x30)
      scale *= 10
    }
    return Milliseconds(value * unit / scale)
  }

  @inline(never)
  private static func run(of text: [UInt8], from start: Int) -> Int {
    var end = start
    while end < text.count && text[end] >= 0x30 && text[end] <= 0x39 { end += 1 }
    return end
  }

  @inline(never)
  private static func unit(_ text: [UInt8], at index: Int) -> (Int64, Int)? {
    guard index < text.count else { return (1000, 0) }
    switch text[index] {
    case 0x68: return (3_600_000, 1)
    case 0x6d:
      return index + 1 < text.count && text[index + 1] == 0x73 ? (1, 2) : (60_000, 1)
    case 0x73: return (1000, 1)
    default: return nil
    }
  }

  /// `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`, `RTMAX-1`.
  @inline(never)
  public static func signal(_ text: [UInt8]) -> Signal? {
    if let number = number(text, most: 64) { return Signal(Int(number)) }
    var name = upperCase(text)
    if starts(name, with: Line("SIG").bytes) { name.removeFirst(3) }
    return Signal(name: name)
  }

  /// `FROM=TO`, `FROM=none`, comma-separated.
  @inline(never)
  static func signalRules(_ text: [UInt8]) -> [SignalRule]? {
    var rules: [SignalRule] = []
    for part in list(text) {
      guard let (left, right) = pair(part), let from = signal(left), !from.isUncatchable, from != .child else {
        return nil
      }
      if isWord(right, "none") {
        rules.add(SignalRule(from: from, to: nil))
      } else {
        guard let to = signal(right) else { return nil }
        rules.add(SignalRule(from: from, to: to))
      }
    }
    return rules
  }

  /// `143=0`, comma-separated; codes are 0 to 255.
  @inline(never)
  static func exitCodeRules(_ text: [UInt8]) -> [ExitCodeRule]? {
    var rules: [ExitCodeRule] = []
    for part in list(text) {
      guard let (left, right) = pair(part), let from = number(left, most: 255), let to = number(right, most: 255) else {
        return nil
      }
      rules.add(
        ExitCodeRule(from: UInt8(truncatingIfNeeded: from), to: UInt8(truncatingIfNeeded: to)))
    }
    return rules
  }

  @inline(never)
  static func signalSet(_ text: [UInt8]) -> SignalSet? {
    var set = SignalSet.none
    for part in list(text) {
      guard let signal = signal(part), !signal.isUncatchable, signal != .child else { return nil }
      set.insert(signal)
    }
    return set
  }

  /// `QUIT`, `QUIT/20s/TERM/5s/KILL`, `TERM/60%/INT/30%/QUIT`, `none`.
  @inline(never)
  static func schedule(_ text: [UInt8]) -> Schedule? {
    if isWord(text, "none") { return .nothing }
    var steps: [Step] = []
    var percents: Int64 = 0
    let parts = split(text, at: 0x2f)
    var index = 0
    while index < parts.count {
      guard let signal = signal(parts[index]), signal != .stop, signal != .child else { return nil }
      // Nothing survives KILL, so nothing can follow it.
      if signal == .kill && index + 2 < parts.count { return nil }
      var step = Step(signal: signal)
      if index + 1 < parts.count {
        guard let time = stepTime(parts[index + 1]) else { return nil }
        if time.kind == .percent { percents += time.amount }
        step.time = time
      }
      steps.add(step)
      index += 2
    }
    return percents > 100 ? nil : .steps(steps)
  }

  @inline(never)
  private static func stepTime(_ text: [UInt8]) -> StepTime? {
    if text.last == 0x25 {
      guard let percent = number(Array(text.dropLast()), most: 100), percent > 0 else { return nil }
      return .percent(percent)
    }
    return duration(text).map { .span($0) }
  }

  @inline(never)
  static func ports(_ text: [UInt8]) -> [UInt16]? {
    var ports: [UInt16] = []
    for part in list(text) {
      guard let port = number(part, most: 65535), port > 0 else { return nil }
      ports.add(UInt16(truncatingIfNeeded: port))
    }
    return ports
  }

  /// `1`, `true`, `yes`, `on` and their opposites.
  @inline(never)
  static func flag(_ text: [UInt8]) -> Bool? {
    if isWord(text, "1") || isWord(text, "true") || isWord(text, "yes") || isWord(text, "on") { return true }
    if isWord(text, "0") || isWord(text, "false") || isWord(text, "no") || isWord(text, "off") { return false }
    return nil
  }

  @inline(never)
  static func preset(_ text: [UInt8]) -> Preset? {
    for preset in Preset.all where isWord(text, preset.name) { return preset }
    return nil
  }

  // MARK: Bytes

  /// Whether the text is this word, in capitals or not.
  @inline(never)
  public static func isWord(_ text: [UInt8], _ word: StaticString) -> Bool { isWord(text, Line(word)) }

  static func isWord(_ text: [UInt8], _ word: Line) -> Bool {
    guard text.count == word.bytes.count else { return false }
    for (left, right) in zip(text, word.bytes) where lower(left) != lower(right) { return false }
    return true
  }

  static func starts(_ text: [UInt8], with beginning: [UInt8]) -> Bool {
    text.count >= beginning.count && Array(text.prefix(beginning.count)) == beginning
  }

  private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }

  @inline(never)
  private static func upperCase(_ text: [UInt8]) -> [UInt8] {
    var result = text
    for index in result.indices where result[index] >= 0x61 && result[index] <= 0x7a { result[index] &= 0xdf }
    return result
  }

  @inline(never)
  static func split(_ text: [UInt8], at separator: UInt8) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var part: [UInt8] = []
    for byte in text {
      if byte == separator {
        parts.add(part)
        part = []
      } else {
        part.add(byte)
      }
    }
    parts.add(part)
    return parts
  }

  static func list(_ text: [UInt8]) -> [[UInt8]] { split(text, at: 0x2c) }

  @inline(never)
  private static func pair(_ text: [UInt8]) -> ([UInt8], [UInt8])? {
    let parts = split(text, at: 0x3d)
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }
}
