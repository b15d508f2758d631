// From arguments and environment to what is to be done. Two layers, the environment below the command line; a list
// that a layer gives replaces what the layer below gave.

import Lifecycle

/// What lastcall was called for; what belongs to it stands in the parser.
public enum Invocation: Sendable {
  /// Supervise the program that argument `command` names.
  case run
  case waitThenSignal
  /// Print the plan of one of the two.
  case explain
  /// Copy this program to what argument 2 names.
  case install
  /// Print the help on `topic`.
  case help
  /// Print the completions for `shell`.
  case completions
  case version
  /// Run no program: reap, and leave on INT or TERM. What podman keeps its pods alive with.
  case pause
  /// Say what a peer would, which is `said`: its help, version or complaint.
  case answer
  /// Nothing: the input is bad, and `said` names the option, what was given and what is accepted.
  case refusal
}

/// Reads the words of a command line.
public final class Parser {
  public let words: Words
  let variables: Variables
  let process: Int32

  public let settings: Settings
  /// The word behind the options; the number of words if there is none.
  public internal(set) var command = 1
  public private(set) var topic = HelpTopic.overview
  public private(set) var shell = Shell.bash
  public internal(set) var said = Line()
  public internal(set) var isError = false
  public internal(set) var code: UInt8 = 0

  /// Whose options are read.
  var scope = OptionScope.run
  /// Whether the values come from variables, for the messages.
  var isVariable = false
  /// `--help` and `--version` end the reading.
  var answer: Invocation?
  /// The options that this layer gave.
  var seen: UInt32 = 0

  // Of a peer's options (OptionReader.swift).
  /// Letters left of a word such as `-vvv`.
  var rest = Text("")
  /// The last option's argument.
  var value = Text("")

  /// - Parameters:
  ///   - words: the arguments, the program's name included.
  ///   - variables: the environment.
  ///   - settings: what the words are laid over.
  ///   - process: our own pid, which the peers put before their complaints.
  public init(_ words: Words, _ variables: Variables, over settings: Settings = Settings(), process: Int32 = 1) {
    self.words = words
    self.variables = variables
    self.settings = settings
    self.process = process
  }

  @inline(never)
  func word(_ index: Int) -> Text { words[index] }

  @inline(never)
  func variable(_ name: StaticString) -> Text? { variables.value(name) }

  /// Whether it is the hook's plan that is asked for.
  public var isHook: Bool { scope == .hook }

  /// Reads everything.
  public func parse() -> Invocation {
    let word = self.word(1)
    // Under a peer's name too: no image has a program of that name, and the hook of its pod needs a way in.
    if word == "wait-then-signal" { return hook() }
    let dialect = Dialect(program: self.word(0))
    if dialect != .lastcall { return foreign(dialect) }
    if word == "install" { return install() }
    if word == "completions" { return completions() }
    if word == "help" { return help() }
    return run(from: word == "run" ? 2 : 1)
  }

  /// Reads a hook's options over the supervisor's own, which are changed. `run`: the words are not a hook's.
  public func parseHook() -> Invocation {
    scope = .hook
    guard word(1) == "wait-then-signal" else { return .run }
    guard readOptions(from: 2) else { return .refusal }
    return command < words.count ? .run : check(.waitThenSignal)
  }

  /// The settings of a command line that is a run's, read afresh: those of a parser are changed by who reads more into them.
  public func settingsAgain() -> Settings {
    let again = Parser(words, variables)
    return again.parse() == .run ? again.settings : settings
  }

  // MARK: Commands

  private func run(from first: Int) -> Invocation {
    guard readLayers(from: first) else { return .refusal }
    if let answer { return answer }
    let invocation = supervise()
    if invocation == .answer {
      _ = refuse("no command given; usage: lastcall [OPTIONS] [--] COMMAND [ARG...]")
      return .refusal
    }
    return invocation
  }

  /// What the settings ask for; `answer` if they ask for a command and there is none.
  @inline(never)
  private func supervise() -> Invocation {
    let invocation = check(settings.has(.explain) ? .explain : .run)
    return invocation == .run && word(command).isEmpty ? .answer : invocation
  }

  /// The same, if the settings don't contradict each other.
  @inline(never)
  private func check(_ invocation: Invocation) -> Invocation {
    settings.settle()
    guard let contradiction = settings.contradiction() else { return invocation }
    said = contradiction
    return .refusal
  }

  /// A peer's command line, laid over our own variables: the callers of `docker run --init` can give no options.
  private func foreign(_ dialect: Dialect) -> Invocation {
    guard readVariables() else { return .refusal }
    settings.dialect = dialect
    if dialect == .tini { return tini() }
    return dialect == .dumbInit ? dumbInit() : catatonit()
  }

  /// The end of a peer's command line.
  func run(usage: Line) -> Invocation {
    let invocation = supervise()
    return invocation == .answer ? say(usage, code: 1) : invocation
  }

  /// A peer's answer, as an error if `code` is one.
  @inline(never)
  func say(_ text: Line, isError: Bool = true, code: UInt8) -> Invocation {
    said = text
    self.isError = isError
    self.code = code
    return .answer
  }

  /// Whether one of a peer's variables is set, to nothing or to anything but a no.
  @inline(never)
  func isOn(_ name: StaticString) -> Bool {
    guard let value = variable(name) else { return false }
    return Values.flag(value) ?? true
  }

  private func hook() -> Invocation {
    scope = .hook
    topic = .hook
    guard readLayers(from: 2) else { return .refusal }
    if let answer { return answer }
    if command < words.count {
      _ = refuse("wait-then-signal takes options only, not '", word(command), "'")
      return .refusal
    }
    settings.settle()
    return settings.has(.explain) ? check(.explain) : .waitThenSignal
  }

  private func install() -> Invocation {
    let place = word(2)
    if words.count != 3 || place.isEmpty {
      _ = refuse("install takes one argument: the file or folder to install lastcall as or in")
      return .refusal
    }
    return place == "--help" || place == "-h" ? .help : .install
  }

  private func completions() -> Invocation {
    if words.count == 3, let shell = Shell(named: word(2)) {
      self.shell = shell
      return .completions
    }
    _ = refuse("completions takes one argument: bash, zsh or fish")
    return .refusal
  }

  private func help() -> Invocation {
    if words.count == 2 { return .help }
    if let topic = HelpTopic(named: word(2)) {
      self.topic = topic
      return .help
    }
    _ = refuse("no help on '", word(2), "'; topics: ")
    said.add(HelpTopic.names)
    return .refusal
  }

  // MARK: Layers

  private func readLayers(from first: Int) -> Bool {
    if readVariables() && readOptions(from: first) { return true }
    // Who asks for help needs it most where the variables are wrong.
    let complaint = said
    if readOptions(from: first) && answer != nil { return true }
    said = complaint
    return false
  }

  private func readVariables() -> Bool {
    isVariable = true
    seen = 0
    for variable in variables where variable.starts(with: Text(OptionTable.variablePrefix)) {
      let name = variable.head(0x3d)
      let value = variable.from(name.count + 1)
      // Set but empty is as good as not set: a manifest's way to take a value back.
      if value.isEmpty { continue }
      for entry in OptionTable()
      where entry.scope.covers(scope)
        && entry.hasVariable(named: name.from(OptionTable.variablePrefix.utf8CodeUnitCount))
      {
        // As getenv(3), which takes the first of two.
        if seen & entry.option.bit != 0 { continue }
        // LASTCALL_PORT=tcp://10.0.0.7:80: what Kubernetes tells every pod of a service called lastcall, and no port list.
        if entry.option == .port && value.contains(0x2f) { continue }
        guard apply(entry, value) else { return false }
      }
    }
    return true
  }

  /// Reads options until the first word that is none.
  @inline(never)
  private func readOptions(from first: Int) -> Bool {
    isVariable = false
    seen = 0
    command = first
    while command < words.count && answer == nil {
      let word = self.word(command)
      if word[0] != 0x2d || word.count == 1 { break }
      command += 1
      if word[1] != 0x2d {
        guard readShort(word) else { return false }
      } else if word.count == 2 {
        break
      } else {
        guard readLong(word.from(2)) else { return false }
      }
    }
    return true
  }

  /// `name value`, `name=value`, `flag`.
  private func readLong(_ text: Text) -> Bool {
    let name = text.head(0x3d)
    guard let entry = OptionTable.entry(named: name), entry.scope.covers(scope) else { return refuseOption(name) }
    if name.count < text.count { return apply(entry, text.from(name.count + 1)) }
    if !entry.takesValue { return apply(entry, Text("1")) }
    if command == words.count { return refuse(entry.option, " needs a value") }
    command += 1
    return apply(entry, word(command - 1))
  }

  /// `-v`, `-gv`: flags only.
  private func readShort(_ word: Text) -> Bool {
    for index in 1..<word.count {
      guard let entry = OptionTable.entry(lettered: word[index]) else {
        return refuse("unknown option -", word.from(index).upTo(1), "; lastcall --help lists the options")
      }
      guard entry.scope.covers(scope) else { return refuseOption(entry.name) }
      // Only flags have a letter.
      _ = apply(entry, Text("1"))
    }
    return true
  }
}
