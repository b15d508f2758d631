// Fields of the kernel's text files: separated by spaces, ended by lines.

import Lifecycle

/// Reads fields one after the other, in a part of a buffer. Its functions are not copied into each caller: they are many.
struct Fields {
  private let text: [UInt8]
  private let end: Int
  private(set) var position: Int

  init(_ text: [UInt8], from start: Int = 0, end: Int) {
    self.text = text
    self.end = min(end, text.count)
    position = start
  }

  private var next: UInt8? { position < end ? text[position] : nil }

  private mutating func skipSpaces() {
    while next == 0x20 { position += 1 }
  }

  /// Takes the next field if it is `word`.
  @inline(never) mutating func take(_ word: StaticString) -> Bool {
    skipSpaces()
    let count = word.utf8CodeUnitCount
    guard count <= end - position else { return false }
    for index in 0..<count {
      // Safe: within the word, which lives as long as the program.
      guard unsafe word.utf8Start[index] == text[position + index] else { return false }
    }
    let after = position + count
    guard after == end || text[after] == 0x20 || text[after] == 0x0a else { return false }
    position = after
    return true
  }

  /// Passes over the next field of this line. False: there is none.
  @inline(never) mutating func skip() -> Bool {
    skipSpaces()
    let start = position
    while let byte = next, byte != 0x20, byte != 0x0a { position += 1 }
    return position > start
  }

  /// Goes to the next line. False: there is none.
  @inline(never) mutating func skipLine() -> Bool {
    while let byte = next {
      position += 1
      if byte == 0x0a { return position < end }
    }
    return false
  }

  /// Takes a field that is a number. Nil where it is none; then the field is passed over.
  @inline(never) mutating func decimal() -> UInt64? {
    skipSpaces()
    var value: UInt64 = 0
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 {
      value = value &* 10 &+ UInt64(byte - 0x30)
      position += 1
    }
    guard position > start, next == nil || next == 0x20 || next == 0x0a else {
      _ = skip()
      return nil
    }
    return value
  }

  /// Takes exactly `digits` (at most 16) hexadecimal digits, without spaces before them.
  @inline(never) mutating func hexadecimal(_ digits: Int) -> UInt64? {
    guard digits <= end - position else { return nil }
    var value: UInt64 = 0
    for _ in 0..<digits {
      guard let digit = text[position].hexadecimalValue else { return nil }
      value = value << 4 | UInt64(digit)
      position += 1
    }
    return value
  }

  /// Takes one byte if it is `byte`.
  @inline(never) mutating func take(byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }
}
