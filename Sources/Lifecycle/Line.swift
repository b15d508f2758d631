// Text for people and machines, as bytes: String would bring the Unicode tables into a program of a few kilobytes.

/// A line of text being built.
public struct Line: Equatable, Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public init(_ text: StaticString) { add(text) }

  public mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  @inline(never)
  public mutating func add(_ text: StaticString) { add(Text(ended: text)) }

  @inline(never)
  public mutating func add(_ other: Line) {
    for byte in other.bytes { add(byte: byte) }
  }

  @inline(never)
  public mutating func add(byte: UInt8) { bytes.add(byte) }

  /// One row of a table that is a single text, counted from 0; nothing where there is none. A StaticString for each row
  /// would take 24 bytes more.
  public mutating func add(row: Int, of table: StaticString, separator: UInt8 = 0x0a) {
    add(Text(table).part(row, separator))
  }

  /// Adds what stands before the next `%` of a text and cuts it off, together with the `%` and the letter behind it, which
  /// says what to fill in. 0: that was the last of it.
  @inline(never)
  public mutating func add(upToMark text: inout Text) -> UInt8 {
    let place = text.index(of: 0x25)
    add(text.upTo(place))
    let letter = text[place + 1]
    text = text.from(place + 2)
    return letter
  }

  /// Bytes from outside: what is no well-formed UTF-8, and every control, stands as `\xNN`, byte by byte, so that no
  /// name can write a second line, drive a terminal or turn the rest of the line around.
  @inline(never)
  public mutating func add(foreign text: [UInt8]) {
    var index = 0
    while index < text.count {
      let (length, scalar) = Line.scalar(text, at: index)
      let isPlain = length > 0 && !Line.isControl(scalar)
      let end = index + max(1, length)
      while index < end {
        if isPlain {
          add(byte: text[index])
        } else {
          add("\\x")
          add(hexadecimal: text[index])
        }
        index += 1
      }
    }
  }

  public mutating func add(_ number: Int) { add(Int64(number)) }

  @inline(never)
  public mutating func add(_ number: Int64) {
    if number < 0 { add(byte: 0x2d) }
    add(digits: number.magnitude)
  }

  @inline(never)
  private mutating func add(digits number: UInt64) {
    if number >= 10 { add(digits: number / 10) }
    add(byte: 0x30 + UInt8(truncatingIfNeeded: number % 10))
  }

  /// `TERM`, `RTMIN+3`, `32`: a name that the option parser reads back.
  @inline(never)
  public mutating func add(_ signal: Signal) {
    let number = Int(signal.number)
    if number <= Signal.nameCount {
      add(Signal.names.part(number - 1))
    } else if number < Signal.realTimeMinimum {
      add(number)
    } else {
      add("RTMIN")
      if number > Signal.realTimeMinimum {
        add(byte: 0x2b)
        add(number - Signal.realTimeMinimum)
      }
    }
  }

  /// `0s`, `500ms`, `4.2s`, `1m30s`: at most one decimal, rounded down, and none that says nothing.
  @inline(never)
  public mutating func add(_ span: Milliseconds) {
    if span == .longest { return add("for ever") }
    var rest = span.count
    if rest < 0 {
      add(byte: 0x2d)
      rest = rest == .min ? .max : -rest
    }
    if rest > 0 && rest < 1000 {
      add(rest)
      return add("ms")
    }
    if rest >= 3_600_000 {
      add(rest / 3_600_000)
      add(byte: 0x68)
      rest %= 3_600_000
      if rest < 1000 { return }
    }
    if rest >= 60_000 {
      add(rest / 60_000)
      add(byte: 0x6d)
      rest %= 60_000
      if rest < 1000 { return }
    }
    add(rest / 1000)
    if rest % 1000 >= 100 {
      add(byte: 0x2e)
      add(rest % 1000 / 100)
    }
    add(byte: 0x73)
  }

  /// `exited with 3`, `was killed by KILL`.
  @inline(never)
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
  @inline(never)
  public mutating func pad(to width: Int) {
    while bytes.count < width { add(byte: 0x20) }
  }

  /// A JSON string of bytes from outside. Bytes that are no UTF-8 become U+FFFD, as RFC 8259 wants UTF-8, and every
  /// control is escaped, as the line may be shown on a terminal.
  @inline(never)
  public mutating func add(quoted text: [UInt8]) {
    add(byte: 0x22)
    var index = 0
    while index < text.count {
      let (length, scalar) = Line.scalar(text, at: index)
      if length == 0 {
        add("\\ufffd")
      } else if Line.isControl(scalar) {
        add("\\u")
        add(hexadecimal: UInt8(truncatingIfNeeded: scalar >> 8))
        add(hexadecimal: UInt8(truncatingIfNeeded: scalar))
      } else {
        if scalar == 0x22 || scalar == 0x5c { add(byte: 0x5c) }
        for offset in 0..<length { add(byte: text[index + offset]) }
      }
      index += max(1, length)
    }
    add(byte: 0x22)
  }

  @inline(never)
  private mutating func add(hexadecimal byte: UInt8) {
    add(byte: Line.hexadecimal(byte >> 4))
    add(byte: Line.hexadecimal(byte & 15))
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

  /// The controls of ASCII and of ISO 6429 (U+0080 to U+009F: terminals take U+009B for ESC [), Unicode's two line
  /// ends, and the nine characters that change the direction of the text around them (UAX #9). All are below U+10000.
  @inline(never)
  private static func isControl(_ scalar: UInt32) -> Bool {
    scalar < 0x20 || scalar >= 0x7f && scalar <= 0x9f
      || scalar >= 0x2028 && scalar <= 0x202e || scalar >= 0x2066 && scalar <= 0x2069
  }

  /// The well-formed UTF-8 sequence at `index` (RFC 3629); its length is 0 where there is none.
  @inline(never)
  private static func scalar(_ text: [UInt8], at index: Int) -> (length: Int, value: UInt32) {
    let first = text[index]
    if first < 0x80 { return (1, UInt32(first)) }
    let length = first < 0xc0 || first >= 0xf8 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    guard length > 0, index + length <= text.count else { return (0, 0) }
    var value = UInt32(first) & (0x7f >> UInt32(length))
    for offset in 1..<length {
      let byte = text[index + offset]
      guard byte & 0xc0 == 0x80 else { return (0, 0) }
      value = value << 6 | UInt32(byte & 0x3f)
    }
    // No overlong forms, no surrogates, nothing above U+10FFFF.
    let isShortest = value >= (length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000)
    let isSurrogate = value >= 0xd800 && value <= 0xdfff
    return isShortest && !isSurrogate && value <= 0x10ffff ? (length, value) : (0, 0)
  }
}

extension UInt8 {
  /// What this byte is worth as a hexadecimal digit, if it is one.
  public var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
