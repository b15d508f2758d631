// From arguments and environment to what is to be done. Two layers, the environment below the command line; a list
// that a layer gives replaces what the layer below gave.

import Lifecycle

/// A shell that completions are written for.
public enum Shell: Equatable, Sendable {
  case bash, zsh, fish
}

/// What lastcall was called for.
public enum Invocation {
  /// Supervise the program that argument `command` names.
  case run(Settings, command: Int)
  case waitThenSignal(Settings)
  /// Print the plan of one of the two.
  case explain(Settings, isHook: Bool)
  case install(destination: [UInt8])
  case help(HelpTopic)
  case completions(Shell)
  case version
  /// Run no program: reap, and leave on INT or TERM. What podman keeps its pods alive with.
  case pause
  /// A peer's help, version or complaint.
  case answer(Line, isError: Bool, code: UInt8)
}

/// Reads the words of a command line.
public struct Parser {
  let count: Int
  let argument: (Int) -> [UInt8]
  let variable: ([UInt8]) -> [UInt8]?
  private let hasVariables: Bool
  let process: Int32

  /// - Parameters:
  ///   - count: how many arguments there are, the program's name included.
  ///   - argument: argument `index`, 0 to `count` - 1.
  ///   - variable: the environment variable of that name; nil if it is not set.
  ///   - hasVariables: whether any of lastcall's own is set; if not, none of them is asked for.
  ///   - process: our own pid, which the peers put before their complaints.
  public init(
    count: Int, argument: @escaping (Int) -> [UInt8], variable: @escaping ([UInt8]) -> [UInt8]?,
    hasVariables: Bool = true, process: Int32 = 1
  ) {
    self.count = count
    self.argument = argument
    self.variable = variable
    self.hasVariables = hasVariables
    self.process = process
  }

  /// Reads everything.
  public func parse() throws(UsageError) -> Invocation {
    let word = count > 1 ? argument(1) : []
    // Under a peer's name too: no image has a program of that name, and the hook of its pod needs a way in.
    if isSame(word, "wait-then-signal") { return try hook() }
    let dialect = Dialect(program: count > 0 ? argument(0) : [])
    if dialect != .lastcall { return try foreign(dialect) }
    if isSame(word, "install") { return try install() }
    if isSame(word, "completions") { return try completions() }
    if isSame(word, "help") { return try help() }
    return try run(from: isSame(word, "run") ? 2 : 1)
  }

  /// The settings of a hook whose command line is this parser's, laid over the supervisor's own, which are changed. Nil
  /// if the words are not a hook's.
  public func parseHook(over base: Settings) throws(UsageError) -> Settings? {
    guard count > 1, isSame(argument(1), "wait-then-signal") else { return nil }
    var layer = Layer(settings: base, command: .hook)
    guard try read(into: &layer, from: 2) == count else { return nil }
    try layer.settings.check()
    return layer.settings
  }

  // MARK: Commands

  private func run(from first: Int) throws(UsageError) -> Invocation {
    let (layer, command) = try layers(for: .run, from: first)
    if let answer = layer.answer { return answer }
    guard let invocation = try supervise(command, layer.settings) else {
      throw UsageError(line: Line("no command given; usage: lastcall [OPTIONS] [--] COMMAND [ARG...]"))
    }
    return invocation
  }

  /// What the settings ask for; nil if they ask for a command and there is none.
  private func supervise(_ command: Int, _ settings: Settings) throws(UsageError) -> Invocation? {
    try settings.check()
    if settings.explain { return .explain(settings, isHook: false) }
    guard command < count, !argument(command).isEmpty else { return nil }
    return .run(settings, command: command)
  }

  /// A peer's command line, laid over our own variables: the callers of `docker run --init` can give no options.
  private func foreign(_ dialect: Dialect) throws(UsageError) -> Invocation {
    let settings = try environment(for: .run)
    settings.dialect = dialect
    if dialect == .tini { return try tini(settings) }
    return dialect == .dumbInit ? try dumbInit(settings) : try catatonit(settings)
  }

  /// The end of a peer's command line.
  func run(_ settings: Settings, from command: Int, usage: Line) throws(UsageError) -> Invocation {
    try supervise(command, settings) ?? .answer(usage, isError: true, code: 1)
  }

  /// Whether one of a peer's variables is set, to nothing or to anything but a no.
  func isOn(_ name: StaticString) -> Bool {
    guard let value = variable(Line(name).bytes) else { return false }
    return Values.flag(value) ?? true
  }

  private func hook() throws(UsageError) -> Invocation {
    let (layer, end) = try layers(for: .hook, from: 2)
    if let answer = layer.answer { return answer }
    guard end == count else {
      var line = Line("wait-then-signal takes options only, not '")
      line.add(given: argument(end))
      line.add("'")
      throw UsageError(line: line)
    }
    guard layer.settings.explain else { return .waitThenSignal(layer.settings) }
    try layer.settings.check()
    return .explain(layer.settings, isHook: true)
  }

  private func install() throws(UsageError) -> Invocation {
    guard count == 3, argument(2).first != nil else {
      throw UsageError(line: Line("install takes one argument: the file or folder to install lastcall as or in"))
    }
    if isSame(argument(2), "--help") || isSame(argument(2), "-h") { return .help(.overview) }
    return .install(destination: argument(2))
  }

  private func completions() throws(UsageError) -> Invocation {
    let word = count == 3 ? argument(2) : []
    if isSame(word, "bash") { return .completions(.bash) }
    if isSame(word, "zsh") { return .completions(.zsh) }
    if isSame(word, "fish") { return .completions(.fish) }
    throw UsageError(line: Line("completions takes one argument: bash, zsh or fish"))
  }

  private func help() throws(UsageError) -> Invocation {
    guard count > 2 else { return .help(.overview) }
    let word = argument(2)
    for topic in HelpTopic.allCases where isSame(word, topic.name) { return .help(topic) }
    var line = Line("no help on '")
    line.add(given: word)
    line.add("'; topics:")
    for topic in HelpTopic.allCases {
      line.add(" ")
      line.add(topic.name)
    }
    throw UsageError(line: line)
  }

  // MARK: Layers

  /// Both layers, and the index of the word behind the options.
  @inline(never)
  private func layers(for command: OptionScope, from first: Int) throws(UsageError) -> (Layer, Int) {
    do throws(UsageError) {
      var layer = Layer(settings: try environment(for: command), command: command)
      let end = try read(into: &layer, from: first)
      return (layer, end)
    } catch {
      // Who asks for help needs it most where the variables are wrong.
      var layer = Layer(settings: Settings(), command: command)
      guard let end = try? read(into: &layer, from: first), layer.answer != nil else { throw error }
      return (layer, end)
    }
  }

  private func environment(for command: OptionScope) throws(UsageError) -> Settings {
    var layer = Layer(settings: Settings(), command: command)
    layer.isVariable = true
    // Building every name and looking for it was three quarters of a start's work.
    guard hasVariables else { return layer.settings }
    for entry in OptionTable() {
      // Set but empty is as good as not set: a manifest's way to take a value back.
      guard entry.hasVariable, entry.scope.covers(command), let value = variable(entry.variable), !value.isEmpty
      else { continue }
      // LASTCALL_PORT=tcp://10.0.0.7:80: what Kubernetes tells every pod of a service called lastcall, and no port list.
      if entry.option == .port && value.contains(0x2f) { continue }
      try layer.apply(entry, value)
    }
    return layer.settings
  }

  /// Reads options until the first word that is none. Returns its index, `count` if there is none.
  private func read(into layer: inout Layer, from first: Int) throws(UsageError) -> Int {
    var index = first
    while index < count && layer.answer == nil {
      let word = argument(index)
      guard word.count > 1, word[0] == 0x2d else { return index }
      index += 1
      if word[1] != 0x2d {
        index += try readShort(word, into: &layer, next: index)
      } else if word.count == 2 {
        return index
      } else {
        index += try readLong(word, into: &layer, next: index)
      }
    }
    return index
  }

  /// `--name value`, `--name=value`, `--flag`. Returns how many further words it took.
  private func readLong(_ word: [UInt8], into layer: inout Layer, next: Int) throws(UsageError) -> Int {
    let text = Array(word.dropFirst(2))
    let end = text.firstIndex(of: 0x3d) ?? text.count
    let name = Array(text[0..<end])
    guard let entry = OptionTable.entry(named: name), entry.scope.covers(layer.command) else {
      throw misplaced(name, in: layer.command)
    }
    if end < text.count {
      try layer.apply(entry, Array(text[(end + 1)...]))
      return 0
    }
    guard entry.takesValue else {
      try layer.apply(entry, Line("1").bytes)
      return 0
    }
    guard next < count else { throw .option(entry.option, " needs a value") }
    try layer.apply(entry, argument(next))
    return 1
  }

  /// `-v`, `-gv`: flags only.
  private func readShort(_ word: [UInt8], into layer: inout Layer, next: Int) throws(UsageError) -> Int {
    for letter in word.dropFirst() {
      guard let entry = OptionTable.entry(lettered: letter) else {
        var line = Line("unknown option -")
        line.add(foreign: [letter])
        line.add("; lastcall --help lists the options")
        throw UsageError(line: line)
      }
      guard entry.scope.covers(layer.command) else { throw misplaced(entry.name.bytes, in: layer.command) }
      try layer.apply(entry, Line("1").bytes)
    }
    return 0
  }

  /// An option that exists, but for the other command, deserves to be told so.
  private func misplaced(_ name: [UInt8], in command: OptionScope) -> UsageError {
    guard let entry = OptionTable.entry(named: name) else { return .unknownOption(name, in: command) }
    return .option(
      entry.option,
      command == .hook
        ? " is an option of lastcall COMMAND, not of wait-then-signal"
        : " is an option of lastcall wait-then-signal only")
  }

  func isSame(_ word: [UInt8], _ name: StaticString) -> Bool { Line(name).bytes == word }
}

extension OptionTable {
  static func entry(named name: [UInt8]) -> OptionEntry? {
    for entry in OptionTable() where entry.name.bytes == name { return entry }
    return nil
  }

  static func entry(lettered letter: UInt8) -> OptionEntry? {
    for entry in OptionTable() where entry.letter == letter { return entry }
    return nil
  }
}
