// Reading the values of options: a text in, a value or nil out. Nothing is half read: what is left over is an error.

import Lifecycle

/// Reads one kind of value each; nil says that the text is none.
public enum Values {
  /// `5s`, `500ms`, `1m30s`, `1h`, `1.5s`; a bare number is seconds. Beyond about 80,000 years in seconds there is
  /// none.
  @inline(never)
  static func duration(_ text: Text) -> Milliseconds? {
    var total = Milliseconds.zero
    var rest = text
    var lastUnit = Int64.max
    repeat {
      let digits = digits(of: rest)
      guard let whole = digits.number(most: .max / 3_600_000) else { return nil }
      rest = rest.from(digits.count)
      var thousandths: Int64 = 0
      if rest[0] == 0x2e {
        let tenths = Values.digits(of: rest.from(1))
        guard let value = tenths.number(most: 999), tenths.count <= 3 else { return nil }
        thousandths = tenths.count == 1 ? value &* 100 : tenths.count == 2 ? value &* 10 : value
        rest = rest.from(tenths.count + 1)
      }
      var unit: Int64 = 1000
      var length = 1
      switch rest[0] {
      case 0x68: unit = 3_600_000
      case 0x6d where rest[1] == 0x73:
        unit = 1
        length = 2
      case 0x6d: unit = 60_000
      case 0x73: break
      // A number without a unit stands alone.
      default: if !rest.isEmpty || lastUnit != .max { return nil }
      }
      guard unit < lastUnit else { return nil }
      lastUnit = unit
      rest = rest.from(length)
      total = total + Milliseconds(whole &* unit) + Milliseconds(thousandths &* unit / 1000)
    } while !rest.isEmpty
    return total
  }

  @inline(never)
  private static func digits(of text: Text) -> Text {
    var end = 0
    while text[end] >= 0x30 && text[end] <= 0x39 { end += 1 }
    return text.upTo(end)
  }

  /// `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`, `RTMAX-1`.
  @inline(never)
  static func signal(_ text: Text) -> Signal? {
    if let number = text.number(most: 64) { return Signal(Int(number)) }
    return Signal(name: text.upTo(3).isWord(Text("SIG")) ? text.from(3) : text)
  }

  /// A signal that a process can do something about, and that says nothing about children.
  @inline(never)
  static func catchableSignal(_ text: Text) -> Signal? {
    guard let signal = signal(text), !signal.isUncatchable, signal != .child else { return nil }
    return signal
  }

  /// `QUIT`, `QUIT/20s/TERM/5s/KILL`, `TERM/60%/INT/30%/QUIT`, `none`.
  @inline(never)
  static func schedule(_ text: Text) -> Schedule? {
    if text.isWord(Text("none")) { return .nothing }
    var steps: [Step] = []
    var percents: Int64 = 0
    var start = 0
    while start <= text.count {
      let name = text.from(start).head(0x2f)
      guard let signal = signal(name), signal != .stop, signal != .child else { return nil }
      var step = Step(signal: signal)
      start += name.count + 1
      if start <= text.count {
        let given = text.from(start).head(0x2f)
        start += given.count + 1
        // Nothing survives KILL, so nothing can follow it.
        if signal == .kill && start <= text.count { return nil }
        if given[given.count - 1] == 0x25 {
          guard let percent = given.upTo(given.count - 1).number(most: 100), percent > 0 else { return nil }
          percents += percent
          step.time = .percent(percent)
        } else {
          guard let span = duration(given) else { return nil }
          step.time = .span(span)
        }
      }
      steps.add(step)
    }
    return percents > 100 ? nil : .steps(steps)
  }

  /// `1`, `true`, `yes`, `on` and their opposites.
  @inline(never)
  static func flag(_ text: Text) -> Bool? {
    let place = Text("1 true yes on 0 false no off").place(of: text)
    return place < 0 ? nil : place < 4
  }
}
