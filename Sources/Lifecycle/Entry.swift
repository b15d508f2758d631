// What is said in two forms, as text for a person and as JSON fields for a machine, from one format that has both: in
// code, every value and every key would be a call of its own, and every text an address, a length and its alignment.

/// A line being built as text and as JSON fields, side by side.
///
/// A format is the text; in it stand
/// - `%` and a letter for a value: `n` a number, `t` a time, `u` a time in whole seconds, rounded up, `s` a signal, `x` how
///   a process ended (`ExitStatus.word`), each of them the next of the numbers; `r` a reason, with the next of the numbers
///   for JSON; `f` a text from outside; `l` a line's end. As a capital it is for JSON alone;
/// - `{key}` for a JSON field with the last value, times in milliseconds, and `{key=text}` for one with a text of its own.
public struct Entry {
  public var text = Line()
  /// The fields, a comma before each that does not begin an object.
  public var fields = Line()
  /// What the next byte of a format belongs to.
  private var place = Place.text
  /// The last value, and the numbers to come. In memory, as each step of the format is a call.
  private var kind = Unicode.Scalar(0 as UInt8)
  private var number = 0
  private var first = 0
  private var second = 0

  private enum Place {
    case text, value, key, ownText
  }

  public init() {}

  /// Begins both anew: `fields` is to end within a text, and the first format begins with the rest of that and `}`.
  public mutating func begin() {
    text = Line()
    fields = Line()
    place = .ownText
  }

  /// Adds what a row says, from its second byte on: the first is the table's own business.
  @inline(never)
  public mutating func add(row: Text, _ first: Int, _ second: Int, _ foreign: [UInt8], _ reason: [UInt8]) {
    self.first = first
    self.second = second
    var index = 1
    while index < row.count {
      step(row[index], foreign, reason)
      index &+= 1
    }
  }

  @inline(never)
  private mutating func step(_ byte: UInt8, _ foreign: [UInt8], _ reason: [UInt8]) {
    let letter = Unicode.Scalar(byte)
    switch place {
    case .text:
      if letter == "%" {
        place = .value
      } else if letter == "{" {
        place = .key
        fields.add(fields.bytes.last == 0x7b ? "\"" : ",\"")
      } else {
        text.add(byte: byte)
      }
    case .value:
      place = .text
      kind = Unicode.Scalar(byte | 0x20)
      if kind > "l" {
        number = first
        first = second
      }
      if kind == letter { addValue(foreign, reason) }
    case .key:
      if letter == "}" {
        place = .text
        fields.add("\":")
        addField(foreign)
      } else if letter == "=" {
        place = .ownText
        fields.add("\":\"")
      } else {
        fields.add(byte: byte)
      }
    case .ownText:
      if letter == "}" { place = .text }
      fields.add(byte: letter == "}" ? 0x22 : byte)
    }
  }

  @inline(never)
  private mutating func addValue(_ foreign: [UInt8], _ reason: [UInt8]) {
    switch kind {
    case "f": text.add(foreign: foreign)
    case "l": text.add(byte: 0x0a)
    case "r": text.add(foreign: reason)
    case "s": text.add(signal: number)
    case "t": text.add(Milliseconds(Int64(number)))
    case "u": text.add(Milliseconds(Int64(number)).secondsRoundedUp)
    case "x": text.add(ExitStatus(word: number))
    default: text.add(number)
    }
  }

  @inline(never)
  private mutating func addField(_ foreign: [UInt8]) {
    switch kind {
    case "f": fields.add(quoted: foreign)
    case "s":
      fields.add(byte: 0x22)
      fields.add(signal: number)
      fields.add(byte: 0x22)
    case "x": fields.add(number & 0xff)
    default: fields.add(number)
    }
  }
}

extension Line {
  fileprivate mutating func add(signal number: Int) {
    if let signal = Signal(number) { add(signal) }
  }
}

extension Text {
  /// Line `wanted`, counted from 0; empty where there is none.
  @inline(never)
  public func line(_ wanted: Int) -> Text {
    var rest = self
    for _ in 0..<wanted { rest = rest.from(rest.index(of: 0x0a) &+ 1) }
    return rest.upTo(rest.index(of: 0x0a))
  }
}
