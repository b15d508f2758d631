// What the suites share: a command line in one expression, and settings as text.

import Lifecycle
import Testing

@testable import Options

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension Line {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Text {
  /// A test's bytes, which stay because nobody frees them.
  init(leaked bytes: [UInt8]) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
    copy.initialize(from: bytes + [0], count: bytes.count + 1)
    self.init(immortal: copy, count: bytes.count)
  }

  init(_ string: String) { self.init(leaked: Array(string.utf8)) }
}

extension StaticString {
  var text: String { Line(self).text }
}

extension OptionTable {
  static var entries: [OptionEntry] { Array(OptionTable()) }

  static subscript(option: Option) -> OptionEntry { entries[Int(option.rawValue)] }
}

extension OptionEntry {
  var variableName: String { String(decoding: variable, as: UTF8.self) }
}

/// Arguments behind the program's name, and an environment.
func parser(_ words: [[UInt8]], _ environment: [String: String] = [:]) -> Parser {
  let words = [bytes("lastcall")] + words
  return Parser(
    count: words.count, argument: { words[$0] },
    variable: { environment[String(decoding: $0, as: UTF8.self)].map { bytes($0) } },
    hasVariables: environment.keys.contains { $0.hasPrefix(OptionTable.variablePrefix.text) })
}

func parse(_ words: [String], _ environment: [String: String] = [:]) throws(UsageError) -> Invocation {
  try parser(words.map { bytes($0) }, environment).parse()
}

/// The settings of a command line, whichever command it is for.
func settings(_ words: String..., environment: [String: String] = [:]) throws -> Settings {
  switch try parse(words, environment) {
  case .run(let settings, _), .waitThenSignal(let settings), .explain(let settings, _): return settings
  default: throw UsageError(line: Line("not a command with settings"))
  }
}

/// What is said of a command line; nil if nothing is wrong with it.
func complaint(_ words: String..., environment: [String: String] = [:]) -> String? {
  do throws(UsageError) {
    _ = try parse(words, environment)
    return nil
  } catch {
    return error.line.text
  }
}

/// The settings that differ from what they are when nothing is given, by their names.
func description(_ settings: Settings) -> [String: String] {
  func fields(_ settings: Settings) -> [String: String] {
    var fields: [String: String] = [:]
    for child in Mirror(reflecting: settings).children {
      var text = String(describing: child.value)
      if let preset = child.value as? Preset? { text = preset?.name.text ?? "nil" }
      fields[child.label ?? ""] = text
    }
    return fields
  }
  let plain = fields(Settings())
  return fields(settings).filter { plain[$0.key] != $0.value }
}

/// One well-formed value of each option, another one, and what that makes of the settings.
struct Sample {
  let option: Option
  let value: String
  let other: String
  let isRightWith: [String]

  var entry: OptionEntry { OptionTable[option] }
  /// The command that the option belongs to, as the words before the options.
  var command: [String] { entry.scope == .hook ? ["wait-then-signal"] : ["run"] }
  /// The words behind the options.
  var rest: [String] { entry.scope == .hook ? [] : ["--", "app"] }

  static let all: [Sample] = [
    Sample(option: .map, value: "TERM=QUIT", other: "HUP=none"),
    Sample(option: .group, value: "true", other: "no"),
    Sample(option: .exitCode, value: "143=0", other: "1=2,3=4"),
    Sample(option: .parentDeathSignal, value: "KILL", other: "TERM"),
    Sample(option: .wait, value: "5s", other: "1m30s"),
    Sample(option: .untilQuiet, value: "2s", other: "3", isRightWith: ["--max-wait=60s"]),
    Sample(option: .maxWait, value: "40s", other: "50s", isRightWith: ["--until-quiet=1s"]),
    Sample(option: .signal, value: "QUIT/20s/TERM/5s/KILL", other: "none"),
    Sample(option: .gracePeriod, value: "30s", other: "60"),
    Sample(option: .reserve, value: "1s", other: "0"),
    Sample(option: .hold, value: "3s", other: "500ms"),
    Sample(option: .stopOn, value: "TERM,INT", other: "PWR"),
    Sample(option: .for, value: "nginx", other: "httpd"),
    Sample(option: .port, value: "80,443", other: "8080"),
    Sample(option: .ignorePeer, value: "10.0.0.0/8", other: "fd00::/8,127.0.0.6"),
    Sample(option: .maxOpen, value: "10", other: "0", isRightWith: ["--until-quiet=1s", "--max-wait=9s"]),
    Sample(option: .drain, value: "on", other: "off", isRightWith: ["--until-quiet=1s", "--max-wait=9s"]),
    Sample(option: .pid, value: "7", other: "8"),
    Sample(option: .pidFile, value: "/run/app.pid", other: "app.pid"),
    Sample(option: .process, value: "nginx", other: "java"),
    Sample(option: .explain, value: "yes", other: "0"),
    Sample(option: .verbose, value: "1", other: "false"),
    Sample(option: .logFormat, value: "json", other: "text"),
  ]

  init(option: Option, value: String, other: String, isRightWith: [String] = []) {
    self.option = option
    self.value = value
    self.other = other
    self.isRightWith = isRightWith
  }

  /// The settings that `words` and the environment make, beside what the option is right with.
  func settings(_ words: [String], environment: [String: String] = [:]) throws -> [String: String] {
    try settings(alone: isRightWith + words, environment: environment)
  }

  func settings(alone words: [String], environment: [String: String] = [:]) throws -> [String: String] {
    switch try parse(command + words + rest, environment) {
    case .run(let settings, _), .waitThenSignal(let settings), .explain(let settings, _): return description(settings)
    default: throw UsageError(line: Line("not a command with settings"))
    }
  }
}

extension Sample: CustomTestStringConvertible {
  var testDescription: String { entry.name.text }
}
