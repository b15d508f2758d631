// Fields of the kernel's text files: separated by spaces, ended by lines.

import Lifecycle

/// Reads fields one after the other. Its functions are not copied into each caller: they are many.
struct Fields {
  private let text: KernelBytes
  private var position = 0
  /// Something was not what it should have been.
  private(set) var isBroken = false

  init(_ text: KernelBytes) { self.text = text }

  /// The next byte; 0, which no such file has, at the end.
  private var next: UInt8 { position < text.count ? text.one(position) : 0 }

  private var isAtFieldsEnd: Bool { next == 0 || next == 0x20 || next == 0x0a }

  @inline(never) private mutating func skipSpaces() {
    while next == 0x20 { position &+= 1 }
  }

  /// Takes the next field if it is `word`.
  @inline(never) mutating func take(_ word: Text) -> Bool {
    skipSpaces()
    let start = position
    for index in 0..<word.count {
      if next != word[index] {
        position = start
        return false
      }
      position &+= 1
    }
    if !isAtFieldsEnd { position = start }
    return position > start
  }

  /// Passes over the next field of this line. Where there is none, the text is broken.
  @inline(never) mutating func skip() {
    skipSpaces()
    if isAtFieldsEnd { isBroken = true }
    while !isAtFieldsEnd { position &+= 1 }
  }

  /// Goes to the next line. Where there is none, the text is broken.
  @inline(never) mutating func skipLine() {
    while position < text.count && text.one(position) != 0x0a { position &+= 1 }
    position &+= 1
    if position >= text.count { isBroken = true }
  }

  /// Takes a field that is a number. Where it is none, the text is broken.
  mutating func decimal() -> UInt64 {
    skipSpaces()
    var value: UInt64 = 0
    let start = position
    while next >= 0x30 && next <= 0x39 {
      value = value &* 10 &+ UInt64(next & 15)
      position &+= 1
    }
    if position == start || !isAtFieldsEnd { isBroken = true }
    return value
  }

  /// Takes exactly `digits` (at most 8) hexadecimal digits, and `end` behind them; without one, what is behind is not looked
  /// at. Where there is something else, the text is broken.
  @inline(never) mutating func hexadecimal(_ digits: Int, _ end: UInt8 = 0) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = next.hexadecimalValue else {
        isBroken = true
        return 0
      }
      value = value << 4 | UInt32(digit)
      position &+= 1
    }
    if end != 0 { take(end) }
    return value
  }

  /// Takes this byte; the text is broken where there is another.
  @inline(never) mutating func take(_ byte: UInt8) {
    if next != byte { isBroken = true }
    position &+= 1
  }
}
