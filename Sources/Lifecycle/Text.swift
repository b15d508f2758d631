// Bytes that are there as long as the program: literals, arguments, the environment. A view of them is two words, which nobody
// counts and no copy allocates.

/// A view of such bytes. Nothing outside of it can be read by it.
///
/// Safe: whoever makes one says that the bytes stay, unchanged; every access is within them.
@safe public struct Text: Equatable, @unchecked Sendable {
  private let start: UnsafePointer<UInt8>
  public let count: Int

  public init(_ literal: StaticString) {
    // Safe: a literal's storage lives as long as the program; every literal here has one.
    unsafe start = literal.utf8Start
    count = literal.utf8CodeUnitCount
  }

  /// The same for a literal that was handed on: its length is what stands before its NUL, so that no caller need say it.
  @inline(never)
  public init(ended literal: StaticString) {
    // Safe: the compiler ends every literal with a NUL.
    let rest = unsafe Text(immortal: literal.utf8Start, count: .max)
    self = rest.upTo(rest.index(of: 0))
  }

  /// - Parameter start: `count` bytes that are neither freed nor changed as long as the program runs.
  @unsafe public init(immortal start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  public var isEmpty: Bool { count == 0 }

  /// The byte at `index`; 0, which no word has, outside of the text: at its end nobody need ask first.
  public subscript(index: Int) -> UInt8 {
    // Safe: within the text.
    index >= 0 && index < count ? unsafe start[index] : 0
  }

  /// What is left from `first` on: nothing behind the end.
  public func from(_ first: Int) -> Text {
    let first = max(0, min(first, count))
    // Safe: within the text, or just behind it with nothing left.
    return unsafe Text(immortal: start + first, count: count - first)
  }

  /// What stands before `end`: all of it, where that is behind the end.
  public func upTo(_ end: Int) -> Text {
    // Safe: no more than there is.
    unsafe Text(immortal: start, count: max(0, min(end, count)))
  }

  /// Where `byte` stands first; `count` if it does not.
  @inline(never)
  public func index(of byte: UInt8) -> Int {
    var index = 0
    while index < count && self[index] != byte { index += 1 }
    return index
  }

  public func contains(_ byte: UInt8) -> Bool { index(of: byte) < count }

  @inline(never)
  public func starts(with beginning: Text) -> Bool {
    var index = 0
    while index < beginning.count {
      if index == count || self[index] != beginning[index] { return false }
      index += 1
    }
    return true
  }

  public static func == (left: Text, right: Text) -> Bool {
    left.count == right.count && left.starts(with: right)
  }

  @inline(never)
  public static func == (left: Text, right: StaticString) -> Bool { left == Text(ended: right) }

  /// Whether it is this word, in capitals or not.
  @inline(never)
  public func isWord(_ word: Text) -> Bool {
    guard count == word.count else { return false }
    for index in 0..<count where Text.lower(self[index]) != Text.lower(word[index]) { return false }
    return true
  }

  /// It as a whole number, 0 to `most`, in decimal. The last nine that an Int64 has are given up.
  @inline(never)
  public func number(most: Int64) -> Int64? {
    var result: Int64 = 0
    for index in 0..<count {
      let digit = self[index] &- 0x30
      guard digit <= 9, result <= (.max - 9) / 10 else { return nil }
      result = result &* 10 &+ Int64(digit)
    }
    return isEmpty || result > most ? nil : result
  }

  private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}

extension Text {
  /// A copy of its bytes.
  public var bytes: [UInt8] { Line(self).bytes }

  /// What stands behind the last slash.
  @inline(never)
  public var lastComponent: Text {
    var rest = self
    while rest.contains(0x2f) { rest = rest.from(rest.index(of: 0x2f) + 1) }
    return rest
  }
}

extension Line {
  public init(_ text: Text) { add(text) }

  @inline(never)
  public mutating func add(_ text: Text) {
    for index in 0..<text.count { add(byte: text[index]) }
  }

  /// Bytes from outside, as for an array of them.
  public mutating func add(foreign text: Text) { add(foreign: Line(text).bytes) }
}
