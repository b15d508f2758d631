// From words to what is to be done.

import Lifecycle
import Testing

@testable import Options

@Suite struct ParserTests {
  /// The words that become the app's, joined.
  private func command(_ words: String...) throws -> String? {
    guard case .run(_, let index) = try parse(words) else { return nil }
    return (words.map { $0 } as [String]).dropFirst(index - 1).joined(separator: " ")
  }

  @Test func `options end at the first word that is none`() throws {
    #expect(try command("app") == "app")
    #expect(try command("-v", "app", "-v", "--wait", "5s") == "app -v --wait 5s")
    #expect(try command("--wait", "5s", "app", "--bogus") == "app --bogus")
    #expect(try command("--wait=5s", "--", "--wait") == "--wait")
    #expect(try command("--", "--") == "--")
    #expect(try command("-", "x") == "- x")
    #expect(try command("--wait", "5", "7") == "7")
  }

  @Test func `run may be written out, and any word can be a command behind --`() throws {
    #expect(try command("run", "app") == "app")
    #expect(try command("run", "run") == "run")
    #expect(try command("run", "-v", "--", "help") == "help")
    #expect(try command("--", "wait-then-signal") == "wait-then-signal")
    #expect(try command("-v", "install", "x") == "install x")
    #expect(try command("run", "wait-then-signal") == "wait-then-signal")
  }

  @Test func `the value of an option may look like an option`() throws {
    #expect(try settings("wait-then-signal", "--pid-file", "--").target == .file(Text("--")))
    #expect(try settings("wait-then-signal", "--process=-v").target == .name(Text("-v")))
    #expect(try settings("wait-then-signal", "--pid-file=a=b").target == .file(Text("a=b")))
  }

  @Test func `words need not be UTF-8`() throws {
    guard
      case .waitThenSignal(let settings) = try parser([bytes("wait-then-signal"), bytes("--pid-file"), [0xff, 1]])
        .reading()
    else {
      Issue.record("no hook")
      return
    }
    #expect(settings.target == .file(Text(leaked: [0xff, 1])))
    guard case .run(_, 1) = try parser([[0xfe]]).reading() else {
      Issue.record("no command")
      return
    }
  }

  @Test func `letters are flags and can stand together`() throws {
    let both = try settings("-gv", "app")
    #expect(both.group)
    #expect(both.verbose)
    #expect(complaint("-w5", "app") == "unknown option -w; lastcall --help lists the options")
    #expect(complaint("-vé", "app") == "unknown option -\\xc3; lastcall --help lists the options")
    #expect(complaint("wait-then-signal", "-g") == "--group is an option of lastcall COMMAND, not of wait-then-signal")
  }

  @Test func `nothing to run is an error, and so is an empty name`() {
    let expected = "no command given; usage: lastcall [OPTIONS] [--] COMMAND [ARG...]"
    #expect(complaint() == expected)
    #expect(complaint("run") == expected)
    #expect(complaint("--") == expected)
    #expect(complaint("-v") == expected)
    #expect(complaint("") == expected)
    #expect(throws: UsageError.self, "not even a name of its own") {
      try Parser(all: []).reading()
    }
  }

  @Test func `the hook takes options only`() throws {
    #expect(complaint("wait-then-signal", "nginx") == "wait-then-signal takes options only, not 'nginx'")
    #expect(complaint("wait-then-signal", "--wait", "1s", "--", "x") == "wait-then-signal takes options only, not 'x'")
    guard case .waitThenSignal = try parse(["wait-then-signal", "--"]) else {
      Issue.record("no hook")
      return
    }
  }

  @Test func `an option of the other command is told apart from one that does not exist`() {
    #expect(complaint("--pid", "1", "app") == "--pid is an option of lastcall wait-then-signal only")
    #expect(
      complaint("wait-then-signal", "--stop-on=TERM")
        == "--stop-on is an option of lastcall COMMAND, not of wait-then-signal")
    #expect(complaint("--nonsense", "app") == "unknown option --nonsense; lastcall --help lists the options")
  }

  @Test func `one set of variables serves both commands`() throws {
    // What belongs to the other command is not even read.
    let all = ["LASTCALL_GROUP": "1", "LASTCALL_PID": "12", "LASTCALL_WAIT": "5s", "LASTCALL_EXIT_CODE": "143=0"]
    let run = try settings("app", environment: all)
    #expect(run.group && run.target == nil && run.wait == .seconds(5))
    let hook = try settings("wait-then-signal", environment: all)
    #expect(!hook.group && hook.target == .process(12) && hook.wait == .seconds(5) && hook.exitCodes == Rules())
    #expect(complaint("app", environment: ["LASTCALL_PID": "junk"]) == nil)
    #expect(complaint("wait-then-signal", environment: ["LASTCALL_GROUP": "junk"]) == nil)
  }

  @Test func `a list of the command line replaces that of the variable`() throws {
    let environment = ["LASTCALL_MAP": "TERM=QUIT,HUP=none", "LASTCALL_STOP_ON": "TERM,INT"]
    let kept = try settings("app", environment: environment)
    #expect(kept.map == [SignalRule(from: .terminate, to: .quit), SignalRule(from: .hangUp, to: nil)])
    let replaced = try settings("--map", "USR1=USR2", "--stop-on=PWR", "app", environment: environment)
    #expect(replaced.map == [SignalRule(from: .user1, to: .user2)])
    #expect(replaced.stopOn == SignalSet(try #require(Signal(30))))
  }

  @Test func `a Service called lastcall does not become a list of ports`() throws {
    #expect(try settings("app", environment: ["LASTCALL_PORT": "tcp://10.0.0.7:80"]).traffic.ports.isEmpty)
    #expect(complaint("app", environment: ["LASTCALL_PORT": "eighty"]) != nil)
    #expect(complaint("--port=tcp://10.0.0.7:80", "app") != nil)
  }

  @Test func `help and version win over what is behind them, and over wrong variables`() throws {
    for words in [["--help"], ["-h"], ["run", "--help"], ["-v", "--help", "--bogus"], ["--help", "app"]] {
      guard case .help(.overview) = try parse(words, ["LASTCALL_WAIT": "junk"]) else {
        Issue.record("\(words)")
        continue
      }
    }
    for words in [["--version"], ["-V"], ["--version=yes", "--help"], ["wait-then-signal", "--version"]] {
      guard case .version = try parse(words, ["LASTCALL_WAIT": "junk"]) else {
        Issue.record("\(words)")
        continue
      }
    }
    guard case .help(.hook) = try parse(["wait-then-signal", "-h"]) else {
      Issue.record("no help on the hook")
      return
    }
    #expect(complaint("--bogus", "--help") != nil)
    guard case .run = try parse(["--help=no", "app"]) else {
      Issue.record("a help that is not wanted")
      return
    }
  }

  @Test func `help has a topic, and names them all for one that it has not`() throws {
    guard case .help(.overview) = try parse(["help"]) else {
      Issue.record("no overview")
      return
    }
    for topic in HelpTopic.allCases {
      guard case .help(topic) = try parse(["help", topic.name.text]) else {
        Issue.record("\(topic)")
        continue
      }
    }
    #expect(
      complaint("help", "shutdown")
        == "no help on 'shutdown'; topics: overview run stop hook traffic presets signals exit-codes environment")
  }

  @Test func `install takes one place`() throws {
    guard case .install(let place) = try parse(["install", "/shared/lastcall"]) else {
      Issue.record("no installation")
      return
    }
    #expect(place == bytes("/shared/lastcall"))
    let expected = "install takes one argument: the file or folder to install lastcall as or in"
    #expect(complaint("install") == expected)
    #expect(complaint("install", "") == expected)
    #expect(complaint("install", "a", "b") == expected)
    for word in ["--help", "-h"] {
      guard case .help(.overview) = try parse(["install", word]) else {
        Issue.record("\(word)")
        continue
      }
    }
  }

  @Test func `completions are for three shells`() throws {
    for (name, expected) in [("bash", Shell.bash), ("zsh", .zsh), ("fish", .fish)] {
      guard case .completions(expected) = try parse(["completions", name]) else {
        Issue.record("\(name)")
        continue
      }
    }
    let expected = "completions takes one argument: bash, zsh or fish"
    for words in [["completions"], ["completions", "ksh"], ["completions", "bash", "zsh"]] {
      #expect(throws: UsageError(line: Line(expected))) { try parse(words) }
    }
  }

  @Test func `explain needs no command, and tells whose plan it is`() throws {
    guard case .explain(_, isHook: false) = try parse(["--explain"]),
      case .explain(_, isHook: false) = try parse(["--explain", "app"]),
      case .explain(_, isHook: true) = try parse(["wait-then-signal", "--explain"])
    else {
      Issue.record("no plan")
      return
    }
    #expect(complaint("wait-then-signal", "--explain", "--max-wait=1s") != nil)
  }

  // MARK: The hook's options, read by the supervisor

  private func laidOver(_ words: String..., over base: Settings) throws -> Settings? {
    try parser(words.map { bytes($0) }).settings(over: base)
  }

  @Test func `a hook's options are laid over the supervisor's`() throws {
    func own() throws -> Settings {
      try settings("--wait=5s", "--map=TERM=QUIT", "--map=HUP=none", "--grace-period=30s", "app")
    }
    let merged = try #require(try laidOver("wait-then-signal", "--wait", "9s", "--map", "TERM=INT", over: own()))
    #expect(merged.wait == .seconds(9))
    #expect(merged.gracePeriod == .seconds(30))
    #expect(merged.map == [SignalRule(from: .terminate, to: .interrupt)])
    let plain = try #require(try laidOver("wait-then-signal", over: own()))
    #expect(description(plain) == (try description(own())))
  }

  @Test func `the supervisor's own settings can be read again, untouched by a hook's`() throws {
    let own = parser(["--wait=5s", "--map=TERM=QUIT", "app"].map { bytes($0) })
    #expect(own.parse() == .run)
    #expect(try laidOver("wait-then-signal", "--wait=9s", over: own.settings) != nil)
    #expect(own.settings.wait == .seconds(9))
    #expect(own.settingsAgain().wait == .seconds(5))
    // A pause has none, and is never asked.
    let none = parser([])
    #expect(none.parse() == .refusal)
    #expect(none.settingsAgain() === none.settings)
  }

  @Test func `what a hook lacks may be among the supervisor's options`() throws {
    for words in [["--until-quiet=1s"], ["--signal=TERM/50%/KILL"]] {
      let all = ["wait-then-signal"] + words
      guard case .waitThenSignal = try parse(all) else {
        Issue.record("\(words)")
        continue
      }
      #expect(try parser(all.map { bytes($0) }).settings(over: settings("--grace-period=30s", "app")) != nil)
      #expect(throws: UsageError.self) { try parser(all.map { bytes($0) }).settings(over: Settings()) }
    }
  }

  @Test func `words that are no hook's lay nothing over`() throws {
    #expect(try laidOver(over: Settings()) == nil)
    #expect(try laidOver("app", over: Settings()) == nil)
    #expect(try laidOver("wait-then-signal", "app", over: Settings()) == nil)
    #expect(throws: UsageError.self) { try laidOver("wait-then-signal", "--bogus", over: Settings()) }
    #expect(throws: UsageError.self) { try laidOver("wait-then-signal", "--wait", over: Settings()) }
  }

  @Test func `variables of other names are not read, and of two of one name the first one counts`() throws {
    let others = [
      "LASTCALLS_WAIT", "XLASTCALL_WAIT", "LASTCALL_WAITS", "LASTCALL_WAI", "LASTCALL_", "lastcall_wait",
      "LASTCALL-WAIT",
    ]
    for name in others + ["LASTCALL_HELP", "LASTCALL_VERSION", ""] {
      #expect(try description(settings("app", environment: [name: "junk"])).isEmpty, "\(name)")
    }
    let twice = Parser(
      all: [bytes("lastcall"), bytes("app")], [("LASTCALL_WAIT", bytes("5s")), ("LASTCALL_WAIT", bytes("junk"))])
    guard case .run(let settings, _) = try twice.reading() else { throw UsageError(line: Line("not a command")) }
    #expect(settings.wait == .seconds(5))
  }
}

extension Milliseconds {
  static func seconds(_ count: Int64) -> Milliseconds { Milliseconds(seconds: count) }
}

extension Line {
  @_disfavoredOverload init(_ text: String) {
    self.init()
    for byte in text.utf8 { add(byte: byte) }
  }
}
