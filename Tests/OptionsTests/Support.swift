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

extension Text {
  var text: String { Line(self).text }
}

extension OptionTable {
  static var entries: [OptionEntry] { Array(OptionTable()) }

  static subscript(option: Option) -> OptionEntry { entries[Int(option.rawValue)] }
}

extension OptionEntry {
  var variableName: String {
    var line = Line()
    line.add(variableOf: self)
    return line.text
  }
}

extension Preset {
  static var all: [Preset] { rows.map { Preset(row: $0) } }
}

// MARK: Command lines

/// Bad input, as an error.
struct UsageError: Error, Equatable {
  var line: Line
}

/// What a parser answers, with what belongs to it.
enum Reading {
  case run(Settings, command: Int)
  case waitThenSignal(Settings)
  case explain(Settings, isHook: Bool)
  case install(destination: [UInt8])
  case help(HelpTopic)
  case completions(Shell)
  case version
  case pause
  case answer(Line, isError: Bool, code: UInt8)
}

extension Parser {
  func reading() throws(UsageError) -> Reading {
    switch parse() {
    case .run: .run(settings, command: command)
    case .waitThenSignal: .waitThenSignal(settings)
    case .explain: .explain(settings, isHook: isHook)
    case .install: .install(destination: words[2].bytes)
    case .help: .help(topic)
    case .completions: .completions(shell)
    case .version: .version
    case .pause: .pause
    case .answer: .answer(said, isError: isError, code: code)
    case .refusal: throw UsageError(line: said)
    }
  }

  /// Nil: the words are not a hook's.
  func settings(over base: Settings) throws(UsageError) -> Settings? {
    let hook = Parser(words, variables, over: base)
    switch hook.parseHook() {
    case .waitThenSignal: return hook.settings
    case .refusal: throw UsageError(line: hook.said)
    default: return nil
    }
  }

  /// All words and all variables. What the kernel hands out has no NUL within.
  convenience init(all words: [[UInt8]], _ environment: [(String, [UInt8])] = [], process: Int32 = 1) {
    func block(_ strings: [[UInt8]]) -> Text {
      Text(leaked: Array(strings.map { $0.map { max($0, 1) } + [0] }.joined()))
    }
    self.init(
      Words(block(words), count: words.count), Variables(block(environment.map { bytes($0.0) + [0x3d] + $0.1 })),
      process: process)
  }
}

/// Arguments behind the program's name, and an environment.
func parser(_ words: [[UInt8]], _ environment: [String: String] = [:]) -> Parser {
  Parser(all: [bytes("lastcall")] + words, environment.map { ($0.key, bytes($0.value)) })
}

func parse(_ words: [String], _ environment: [String: String] = [:]) throws(UsageError) -> Reading {
  try parser(words.map { bytes($0) }, environment).reading()
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

// MARK: Settings

extension Settings {
  private func given<Value>(_ option: Option, _ value: Value) -> Value? { has(option) ? value : nil }

  var wait: Milliseconds? { given(.wait, stopPlan.wait) }
  var gracePeriod: Milliseconds? { stopPlan.gracePeriod }
  var explain: Bool { has(.explain) }
}

/// The settings that differ from what they are when nothing is given, by their names.
func description(_ settings: Settings) -> [String: String] {
  func fields(_ object: Any) -> [String: String] {
    var fields: [String: String] = [:]
    for child in Mirror(reflecting: object).children {
      var text = String(describing: child.value)
      if let preset = child.value as? Preset? { text = preset?.name.text ?? "nil" }
      if let target = child.value as? Target? { text = target.description }
      fields[child.label ?? ""] = text
      if child.value is StopPlan { fields.merge(nested(child.value)) { $1 } }
    }
    return fields
  }
  func nested(_ object: Any) -> [String: String] { fields(object) }
  let plain = fields(Settings())
  return fields(settings).filter { plain[$0.key] != $0.value }
}

extension Target? {
  var description: String {
    switch self {
    case .process(let process): "process \(process)"
    case .file(let path): "file \(path.bytes)"
    case .name(let name): "name \(name.bytes)"
    case nil: "nil"
    }
  }
}

// MARK: Values

/// `--map FROM=TO`, as tests write it.
struct SignalRule: Equatable {
  var from: Signal
  var to: Signal?
}

/// `--exit-code FROM=TO`.
struct ExitCodeRule: Equatable {
  var from: UInt8
  var to: UInt8
}

extension Rules {
  init(_ rules: [SignalRule]) {
    self.init()
    for rule in rules { add(from: rule.from, to: rule.to) }
  }

  init(_ rules: [ExitCodeRule]) {
    self.init()
    for rule in rules { add(from: rule.from, to: rule.to) }
  }

  init(all rules: [Rules]) {
    self.init()
    for rules in rules { add(rules) }
  }

  static func == (left: Rules, right: [SignalRule]) -> Bool { left == Rules(right) }
}

extension PortSet {
  init(_ ports: [UInt16]) {
    self.init()
    for port in ports { insert(port) }
  }
}

extension Values {
  /// What an option makes of the settings; nil if it refuses the value.
  private static func settings(_ option: Option, _ value: [UInt8]) -> Settings? {
    let parser = parser([])
    return parser.apply(OptionTable[option], Text(leaked: value)) ? parser.settings : nil
  }

  static func number(_ text: [UInt8], most: Int64) -> Int64? { Text(leaked: text).number(most: most) }
  static func duration(_ text: [UInt8]) -> Milliseconds? { duration(Text(leaked: text)) }
  static func signal(_ text: [UInt8]) -> Signal? { signal(Text(leaked: text)) }
  static func schedule(_ text: [UInt8]) -> Schedule? { schedule(Text(leaked: text)) }
  static func flag(_ text: [UInt8]) -> Bool? { flag(Text(leaked: text)) }
  static func network(_ text: [UInt8]) -> PeerRange? { network(Text(leaked: text)) }
  static func preset(_ text: [UInt8]) -> Preset? { Preset(named: Text(leaked: text)) }
  static func isWord(_ text: [UInt8], _ word: String) -> Bool { Text(leaked: text).isWord(Text(word)) }
  static func signalRules(_ text: [UInt8]) -> Rules? { settings(.map, text)?.map }
  static func exitCodeRules(_ text: [UInt8]) -> Rules? { settings(.exitCode, text)?.exitCodes }
  static func signalSet(_ text: [UInt8]) -> SignalSet? { settings(.stopOn, text)?.stopOn }
  static func ports(_ text: [UInt8]) -> PortSet? { settings(.port, text)?.traffic.ports }
  /// Its elements, if they are what the list was taken for.
  static func networks(_ text: [UInt8]) -> [PeerRange]? {
    guard let taken = settings(.ignorePeer, text)?.traffic.ignoredPeers else { return nil }
    let ranges = text.split(separator: 0x2c).compactMap { network(Array($0)) }
    var expected = PeerSet()
    for range in ranges { expected.add(range) }
    return taken == expected ? ranges : []
  }
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
