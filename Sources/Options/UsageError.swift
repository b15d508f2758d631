// What is said of bad input: which option, what was given, what is accepted, and the nearest name there is.

import Lifecycle

/// Bad input. The line names the option, what was given and what is accepted.
public struct UsageError: Error, Equatable {
  public var line: Line

  public init(line: Line) { self.line = line }

  static func unknownOption(_ name: [UInt8], in command: OptionScope) -> UsageError {
    var line = Line("unknown option --")
    line.add(given: name)
    var nearest = Nearest(to: name)
    for entry in OptionTable() where entry.scope.covers(command) { nearest.consider(entry.name) }
    nearest.suggest(after: "--", in: &line)
    if nearest.found == nil { line.add("; lastcall --help lists the options") }
    return UsageError(line: line)
  }

  static func badValue(_ entry: OptionEntry, _ value: [UInt8], isVariable: Bool) -> UsageError {
    var line = label(entry, isVariable: isVariable)
    line.add(": '")
    line.add(given: value)
    line.add("' is not accepted, but ")
    line.add(accepted(entry.option))
    suggestName(entry.option, value, in: &line)
    return UsageError(line: line)
  }

  static func option(_ option: Option, isVariable: Bool = false, _ text: StaticString) -> UsageError {
    var line = Line()
    for entry in OptionTable() where entry.option == option { line = label(entry, isVariable: isVariable) }
    line.add(text)
    return UsageError(line: line)
  }

  private static func label(_ entry: OptionEntry, isVariable: Bool) -> Line {
    var line = Line()
    if isVariable {
      line.add(foreign: entry.variable)
    } else {
      line.add("--")
      line.add(entry.name)
    }
    return line
  }

  /// What an option's value may be.
  static func accepted(_ option: Option) -> StaticString {
    switch option {
    case .map: "FROM=TO or FROM=none, with signals such as TERM, 15 or RTMIN+3 (FROM not KILL, STOP, CHLD)"
    case .exitCode: "FROM=TO, with codes from 0 to 255"
    case .parentDeathSignal: "a signal such as TERM, SIGTERM, 15 or RTMIN+3"
    case .wait, .untilQuiet, .maxWait, .gracePeriod, .reserve, .hold:
      "a time such as 5s, 500ms, 1m30s, or a number of seconds"
    case .signal: "a schedule such as QUIT, QUIT/20s/TERM/5s/KILL, TERM/60%/INT/30%/QUIT, or none"
    case .stopOn: "signals such as TERM,INT,QUIT (not KILL, STOP, CHLD)"
    case .for: "a name that lastcall help presets lists"
    case .port: "ports from 1 to 65535, comma-separated"
    case .ignorePeer: "networks such as 10.0.0.0/8, 192.0.2.7 or fd00::/8, comma-separated"
    case .maxOpen: "a number from 0 to 10000"
    case .pid: "a process's number from 1 to 4194304"
    case .pidFile: "a path"
    case .process: "a name of 1 to 15 bytes, as ps shows it"
    case .logFormat: "text or json"
    case .group, .drain, .explain, .verbose, .help, .version: "1, true, yes, on, 0, false, no or off"
    }
  }

  private static func suggestName(_ option: Option, _ value: [UInt8], in line: inout Line) {
    var nearest = Nearest(to: value)
    switch option {
    case .for:
      for preset in Preset.all { nearest.consider(preset.name) }
    case .logFormat:
      nearest.consider(Line("text"))
      nearest.consider(Line("json"))
    default:
      return
    }
    nearest.suggest(after: "", in: &line)
  }
}

extension Line {
  /// What was given, cut where it would push what is said of it out of a line.
  @inline(never)
  mutating func add(given text: [UInt8]) {
    add(foreign: Array(text.prefix(100)))
    if text.count > 100 { add("...") }
  }
}

/// Finds the name that was probably meant.
struct Nearest {
  private let given: [UInt8]
  private var distance: Int
  private(set) var found: Line?

  /// A third of the letters may be wrong, and two at the least.
  init(to given: [UInt8]) {
    self.given = given
    distance = max(2, min(given.count, 64) / 3) + 1
  }

  mutating func consider(_ name: Line) {
    guard given.count <= 64 else { return }
    // The beginning of a name is as good as one wrong letter: getopt_long(3) would take it.
    let isBeginning = given.count >= 3 && Values.starts(name.bytes, with: given)
    let new = isBeginning ? 1 : Nearest.distance(given, name.bytes)
    guard new < distance, new < name.bytes.count else { return }
    distance = new
    found = name
  }

  func suggest(after prefix: StaticString, in line: inout Line) {
    guard let found else { return }
    line.add("; did you mean ")
    line.add(prefix)
    line.add(found)
    line.add("?")
  }

  /// How many letters to insert, delete, change or swap with their neighbour (optimal string alignment).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    let width = right.count + 1
    var rows = [Int](repeating: 0, count: width * (left.count + 1))
    for index in 0...left.count { rows[index * width] = index }
    for index in 0...right.count { rows[index] = index }
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    for row in 1...left.count {
      for column in 1...right.count {
        let isSame = left[row - 1] == right[column - 1]
        var best = rows[(row - 1) * width + column - 1] + (isSame ? 0 : 1)
        best = min(best, rows[(row - 1) * width + column] + 1, rows[row * width + column - 1] + 1)
        if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
          best = min(best, rows[(row - 2) * width + column - 2] + 1)
        }
        rows[row * width + column] = best
      }
    }
    return rows[left.count * width + right.count]
  }
}
