// Text for people and machines, as bytes: String would bring the Unicode tables into a program of a few kilobytes.

/// A line of text being built.
public struct Line: Equatable, Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public init(_ text: StaticString) { add(text) }

  public mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  public mutating func add(_ text: StaticString) {
    // Safe: a StaticString's storage lives as long as the program.
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func add(_ other: Line) { bytes.append(contentsOf: other.bytes) }

  public mutating func add(byte: UInt8) { bytes.append(byte) }

  /// Bytes from outside: what is not printable ASCII or well-placed UTF-8 stands as `\xNN`, so that no name can write
  /// a second line or drive a terminal.
  public mutating func add(foreign text: [UInt8]) {
    for byte in text {
      if byte < 0x20 || byte == 0x7f {
        add("\\x")
        bytes.append(Line.hexadecimal(byte >> 4))
        bytes.append(Line.hexadecimal(byte & 15))
      } else {
        bytes.append(byte)
      }
    }
  }

  public mutating func add(_ number: Int) { add(Int64(number)) }

  public mutating func add(_ number: Int64) {
    if number < 0 { bytes.append(0x2d) }
    add(digits: number.magnitude)
  }

  private mutating func add(digits number: UInt64) {
    if number >= 10 { add(digits: number / 10) }
    bytes.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
  }

  /// `TERM`, `RTMIN+3`, `32`: a name that the option parser reads back.
  public mutating func add(_ signal: Signal) {
    let number = Int(signal.number)
    if number <= Signal.names.count {
      add(Signal.names[number - 1])
    } else if number < Signal.realTimeMinimum {
      add(number)
    } else {
      add("RTMIN")
      if number > Signal.realTimeMinimum {
        bytes.append(0x2b)
        add(number - Signal.realTimeMinimum)
      }
    }
  }

  /// `0s`, `500ms`, `4.2s`, `1m30s`: at most one decimal, rounded down, and none that says nothing.
  public mutating func add(_ span: Milliseconds) {
    if span == .longest { return add("for ever") }
    var rest = span.count
    if rest < 0 {
      bytes.append(0x2d)
      rest = rest == .min ? .max : -rest
    }
    if rest > 0 && rest < 1000 {
      add(rest)
      return add("ms")
    }
    if rest >= 3_600_000 {
      add(rest / 3_600_000)
      bytes.append(0x68)
      rest %= 3_600_000
      if rest < 1000 { return }
    }
    if rest >= 60_000 {
      add(rest / 60_000)
      bytes.append(0x6d)
      rest %= 60_000
      if rest < 1000 { return }
    }
    add(rest / 1000)
    if rest % 1000 >= 100 {
      bytes.append(0x2e)
      add(rest % 1000 / 100)
    }
    bytes.append(0x73)
  }

  /// `exited with 3`, `was killed by KILL`.
  public mutating func add(_ status: ExitStatus) {
    switch status {
    case .exited(let code):
      add("exited with ")
      add(Int(code))
    case .killed(let signal):
      add("was killed by ")
      add(signal)
    }
  }

  /// Pads with spaces to `width` bytes from the start.
  public mutating func pad(to width: Int) {
    while bytes.count < width { bytes.append(0x20) }
  }

  /// A JSON string of bytes from outside. Bytes that are no UTF-8 become U+FFFD, as RFC 8259 wants UTF-8.
  public mutating func add(quoted text: [UInt8]) {
    bytes.append(0x22)
    var index = 0
    while index < text.count {
      let length = Line.scalarLength(text, at: index)
      let byte = text[index]
      if length == 0 {
        add("\\ufffd")
        index += 1
      } else if length > 1 {
        for offset in 0..<length { bytes.append(text[index + offset]) }
        index += length
      } else {
        if byte == 0x22 || byte == 0x5c {
          bytes.append(0x5c)
          bytes.append(byte)
        } else if byte < 0x20 || byte == 0x7f {
          add("\\u00")
          bytes.append(Line.hexadecimal(byte >> 4))
          bytes.append(Line.hexadecimal(byte & 15))
        } else {
          bytes.append(byte)
        }
        index += 1
      }
    }
    bytes.append(0x22)
  }

  private static func hexadecimal(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  /// The length of the well-formed UTF-8 sequence at `index` (RFC 3629), 0 where there is none.
  private static func scalarLength(_ text: [UInt8], at index: Int) -> Int {
    let first = text[index]
    if first < 0x80 { return 1 }
    let length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
    guard length > 0, index + length <= text.count else { return 0 }
    let second = text[index + 1]
    // Overlong forms, surrogates, and scalars above U+10FFFF are told by the second byte.
    if first == 0xe0 && second < 0xa0 || first == 0xed && second > 0x9f { return 0 }
    if first == 0xf0 && second < 0x90 || first == 0xf4 && second > 0x8f { return 0 }
    for offset in 1..<length where text[index + offset] & 0xc0 != 0x80 { return 0 }
    return length
  }
}
