// What is said of bad input: which option, what was given, what is accepted, and the nearest name there is.

import Lifecycle

extension Parser {
  /// Says what is wrong.
  @inline(never)
  func refuse(_ before: StaticString, _ given: Text = Text(""), _ behind: StaticString = "") -> Bool {
    said = Line(before)
    said.add(given: given)
    said.add(behind)
    return false
  }

  @inline(never)
  func refuse(_ option: Option, _ text: StaticString) -> Bool {
    said = Line(of: option, text)
    return false
  }

  /// The value of an option or of its variable is none.
  @inline(never)
  func refuse(_ entry: OptionEntry, _ value: Text) -> Bool {
    said = Line()
    if isVariable { said.add(variableOf: entry) } else { said = Line(of: entry.option, "") }
    said.add(": '")
    said.add(given: value)
    said.add("' is not accepted, but ")
    said.add(entry.accepted)
    var nearest = Nearest(to: value)
    if entry.option == .for {
      for row in Preset.rows { nearest.consider(row.column(0)) }
    } else if entry.option == .logFormat {
      nearest.consider(Text("text"))
      nearest.consider(Text("json"))
    }
    nearest.suggest(after: "", in: &said)
    return false
  }

  /// There is no such option here. One that exists, but for the other command, deserves to be told so.
  @inline(never)
  func refuseOption(_ name: Text) -> Bool {
    if let entry = OptionTable.entry(named: name) {
      return refuse(
        entry.option,
        scope == .hook
          ? " is an option of lastcall COMMAND, not of wait-then-signal"
          : " is an option of lastcall wait-then-signal only")
    }
    said = Line("unknown option --")
    said.add(given: name)
    var nearest = Nearest(to: name)
    for entry in OptionTable() where entry.scope.covers(scope) { nearest.consider(entry.name) }
    nearest.suggest(after: "--", in: &said)
    if nearest.found.isEmpty { said.add("; lastcall --help lists the options") }
    return false
  }
}

extension OptionEntry {
  /// What its value may be: by its name or by its placeholder.
  var accepted: Text {
    let name = name
    let value = value.isEmpty ? Text("FLAG") : value
    var accepted = Text("")
    for row in TextTable(Text(OptionEntry.acceptedValues)) where accepted.isEmpty {
      let key = row.part(0)
      if key == name || key == value { accepted = row.behind(1) }
    }
    return accepted
  }

  private static let acceptedValues: StaticString = """
    map FROM=TO or FROM=none, with signals such as TERM, 15 or RTMIN+3 (FROM not KILL, STOP, CHLD)
    exit-code FROM=TO, with codes from 0 to 255
    SIG a signal such as TERM, SIGTERM, 15 or RTMIN+3
    TIME a time such as 5s, 500ms, 1m30s, or a number of seconds
    SCHEDULE a schedule such as QUIT, QUIT/20s/TERM/5s/KILL, TERM/60%/INT/30%/QUIT, or none
    SIGNALS signals such as TERM,INT,QUIT (not KILL, STOP, CHLD)
    for a name that lastcall help presets lists
    PORTS ports from 1 to 65535, comma-separated
    CIDRS networks such as 10.0.0.0/8, 192.0.2.7 or fd00::/8, comma-separated
    NUMBER a number from 0 to 10000
    PID a process's number from 1 to 4194304
    PATH a path
    process a name of 1 to 15 bytes, as ps shows it
    FORMAT text or json
    FLAG 1, true, yes, on, 0, false, no or off

    """
}

extension Line {
  /// `--name`, and what is said of it.
  @inline(never)
  init(of option: Option, _ text: StaticString) {
    self.init("--")
    add(OptionTable.entry(of: option).name)
    add(text)
  }

  /// What was given, cut where it would push what is said of it out of a line.
  @inline(never)
  mutating func add(given text: Text) {
    add(foreign: text.upTo(100))
    if text.count > 100 { add("...") }
  }
}

/// Finds the name that was probably meant.
struct Nearest {
  private let given: Text
  private var distance: Int
  /// Empty: none.
  private(set) var found = Text("")

  /// A third of the letters may be wrong, and two at the least.
  init(to given: Text) {
    self.given = given
    distance = max(2, min(given.count, 64) / 3) + 1
  }

  @inline(never)
  mutating func consider(_ name: Text) {
    guard given.count <= 64 else { return }
    // The beginning of a name is as good as one wrong letter: getopt_long(3) would take it.
    let isBeginning = given.count >= 3 && name.starts(with: given)
    let new = isBeginning ? 1 : Nearest.distance(given, name)
    guard new < distance, new < name.count else { return }
    distance = new
    found = name
  }

  func suggest(after prefix: StaticString, in line: inout Line) {
    if found.isEmpty { return }
    line.add("; did you mean ")
    line.add(prefix)
    line.add(found)
    line.add("?")
  }

  /// How many letters to insert, delete, change or swap with their neighbour (optimal string alignment). Both texts are
  /// of less than 128.
  static func distance(_ left: Text, _ right: Text) -> Int {
    let width = right.count + 1
    // A row for each letter of `left` and one before them, a column for each of `right` and one before them.
    var best: [UInt8] = []
    for row in 0...left.count {
      for column in 0..<width {
        var least = max(row, column)
        if row > 0 && column > 0 {
          let here = row * width + column
          let isSame = left[row - 1] == right[column - 1]
          least = Int(min(best[here - 1], best[here - width])) + 1
          least = min(least, Int(best[here - width - 1]) + (isSame ? 0 : 1))
          if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
            least = min(least, Int(best[here - 2 * width - 2]) + 1)
          }
        }
        best.add(UInt8(truncatingIfNeeded: least))
      }
    }
    return Int(best[best.count - 1])
  }
}
