// The peers' command lines: what they ask for, and what they complain of.

import Foundation
import Lifecycle
import Testing

@testable import Options

/// A command line and an environment, read.
private func parse(_ words: String..., variables: [String: String] = [:]) throws -> Reading {
  try Parser(all: words.map { bytes($0) }, variables.map { ($0.key, bytes($0.value)) }, process: 7).reading()
}

/// The settings and the command's index; nil if it is no run.
private func run(_ invocation: Reading) -> (settings: Settings, command: Int)? {
  if case .run(let settings, let command) = invocation { return (settings, command) }
  return nil
}

private func answer(_ invocation: Reading) -> (text: String, isError: Bool, code: UInt8)? {
  guard case .answer(let line, let isError, let code) = invocation else { return nil }
  return (String(decoding: line.bytes, as: UTF8.self), isError, code)
}

private func text(_ line: Line?) -> String? { line.map { String(decoding: $0.bytes, as: UTF8.self) } }

@Suite struct DialectTests {
  @Test(
    arguments: [
      ("/sbin/docker-init", .tini), ("tini", .tini), ("/usr/bin/tini-static", .tini), ("tini-muslc-amd64", .tini),
      ("/dumb-init", .dumbInit), ("dumb-init_1.2.5_x86_64", .dumbInit), ("catatonit.x86_64", .catatonit),
      ("/run/podman-init", .catatonit), ("lastcall", .lastcall), ("/tini/lastcall", .lastcall), ("tinier", .lastcall),
      ("tini/", .lastcall), ("", .lastcall), ("docker-ini", .lastcall),
    ] as [(String, Dialect)])
  func `the name that it was called by decides whose command line it is`(name: String, dialect: Dialect) {
    #expect(Dialect(program: Text(name)) == dialect)
  }

  @Test(arguments: ["tini", "docker-init", "dumb-init", "catatonit", "podman-init"])
  func `under every name the variables of lastcall count, and the hook is a hook`(name: String) throws {
    let (settings, command) = try #require(
      run(try parse(name, "--", "app", "-x", variables: ["LASTCALL_WAIT": "5s", "LASTCALL_MAP": "TERM=QUIT"])))
    #expect(command == 2)
    #expect(settings.wait == Milliseconds(seconds: 5))
    #expect(settings.signalRules.apply(to: .terminate) == .quit)
    #expect(settings.plan != nil)
    guard case .waitThenSignal = try parse(name, "wait-then-signal", "--wait", "1s") else {
      Issue.record("not a hook")
      return
    }
    #expect(throws: UsageError.self) { try parse(name, "app", variables: ["LASTCALL_WAIT": "soon"]) }
    guard case .explain = try parse(name, "app", variables: ["LASTCALL_EXPLAIN": "1"]) else {
      Issue.record("not explained")
      return
    }
  }

  // MARK: tini

  @Test func `tini's options and variables are all there`() throws {
    let (settings, command) = try #require(
      run(try parse("tini", "-svvg", "-w", "-pSIGKILL", "-e", "143", "-e3", "--", "app", "-s")))
    #expect(command == 8)
    #expect(settings.subreaper && settings.group && settings.tellsOfOrphans)
    #expect(settings.verbosity == 3)
    #expect(settings.parentDeathSignal == .kill)
    #expect(settings.exitCodes.apply(to: 143) == 0)
    #expect(settings.exitCodes.apply(to: 3) == 0)
    #expect(settings.exitCodes.apply(to: 4) == 4)
    #expect(settings.placement == .ownGroup)
    let plain = try #require(run(try parse("tini", "app", "-s", "-x"))).settings
    #expect(!plain.subreaper && !plain.group && !plain.tellsOfOrphans)
    #expect(plain.verbosity == 1)
  }

  @Test(arguments: [("", true), ("1", true), ("anything", true), ("0", false), ("false", false)])
  func `a variable of tini's that is set is on, unless it says no`(value: String, isOn: Bool) throws {
    let variables = ["TINI_SUBREAPER": value, "TINI_KILL_PROCESS_GROUP": value]
    let settings = try #require(run(try parse("tini", "app", variables: variables))).settings
    #expect(settings.subreaper == isOn)
    #expect(settings.group == isOn)
  }

  @Test(arguments: [("3", 3), ("0", 0), ("abc", 0), ("-1", 0)])
  func `TINI_VERBOSITY overrides the options`(value: String, verbosity: Int) throws {
    let settings = try #require(run(try parse("tini", "-v", "app", variables: ["TINI_VERBOSITY": value]))).settings
    #expect(settings.verbosity == verbosity)
  }

  @Test(arguments: [("-p", "TERMINATE"), ("-e", "256"), ("-e", "-1"), ("-e", ""), ("-e", "0x1"), ("-p", "")])
  func `a bad value ends tini with 1 and says which`(option: String, value: String) throws {
    let (text, isError, code) = try #require(answer(try parse("tini", option, value, "app")))
    #expect(text == "[FATAL tini (7)] Not a valid option for \(option): \(value)")
    #expect(isError && code == 1)
  }

  @Test(arguments: ["-x", "--foo", "-e", "-vx"])
  func `an unknown option ends tini with 1, getopt's words and the usage`(word: String) throws {
    let (text, isError, code) = try #require(answer(try parse("/usr/bin/tini", word)))
    #expect(text.hasPrefix("/usr/bin/tini: "))
    #expect(text.contains("\nUsage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n"))
    #expect(isError && code == 1)
  }

  @Test func `tini without a command ends with 1, and with -h, -l or --version alone with 0`() throws {
    let missing = try #require(answer(try parse("docker-init")))
    #expect(missing.isError && missing.code == 1 && missing.text.hasPrefix("docker-init (tini version 0.19.0)\n"))
    for word in ["-h", "-l", "--version"] {
      let (_, isError, code) = try #require(answer(try parse("tini", word)))
      #expect(!isError && code == 0)
    }
    #expect(try #require(answer(try parse("docker-init", "--version"))).text.hasPrefix("tini version 0.19.0 - "))
    #expect(try #require(answer(try parse("tini", "--version", "app"))).code == 1)
  }

  // MARK: dumb-init

  @Test func `dumb-init gives the app a session of its own and signals all of it`() throws {
    let (settings, command) = try #require(
      run(try parse("dumb-init", "-r", "15:3", "--rewrite=2:0", "-v", "app", "-c")))
    #expect(command == 5)
    #expect(settings.placement == .ownSession)
    #expect(settings.group && settings.subreaper)
    #expect(settings.verbosity == Dialect.everything)
    #expect(settings.signalRules.apply(to: .terminate) == .quit)
    #expect(settings.signalRules.apply(to: .interrupt) == nil)
    #expect(settings.signalRules.apply(to: .terminalStop) == .stop)
  }

  @Test func `dumb-init in single-child mode shares its group and leaves a terminal's stops as they are`() throws {
    for settings in [
      try #require(run(try parse("dumb-init", "-c", "app"))).settings,
      try #require(run(try parse("dumb-init", "--single", "app"))).settings,
      try #require(run(try parse("dumb-init", "app", variables: ["DUMB_INIT_SETSID": "0"]))).settings,
    ] {
      #expect(settings.placement == .sharedGroup)
      #expect(!settings.group)
      #expect(settings.signalRules.apply(to: .terminalStop) == .terminalStop)
    }
  }

  @Test(arguments: ["", "no", "00", "2", "false"])
  func `dumb-init's variables count with their one value only`(value: String) throws {
    let variables = ["DUMB_INIT_SETSID": value, "DUMB_INIT_DEBUG": value]
    let settings = try #require(run(try parse("dumb-init", "app", variables: variables))).settings
    #expect(settings.placement == .ownSession)
    #expect(settings.verbosity == 0)
    #expect(settings.greeting.bytes.isEmpty)
  }

  @Test func `what dumb-init's variables set it tells`() throws {
    let variables = ["DUMB_INIT_SETSID": "0", "DUMB_INIT_DEBUG": "1"]
    let settings = try #require(run(try parse("dumb-init", "app", variables: variables))).settings
    #expect(text(settings.greeting) == "[dumb-init] Running in debug mode.\n[dumb-init] Not running in setsid mode.")
  }

  @Test func `an own rewriting of a terminal's stop wins, and signals have names`() throws {
    let settings = try #require(run(try parse("dumb-init", "-r", "20:15", "-rHUP:USR1", "app"))).settings
    #expect(settings.signalRules.apply(to: .terminalStop) == .terminate)
    #expect(settings.signalRules.apply(to: .hangUp) == .user1)
  }

  @Test(arguments: ["", "herp", "herp:derp", "15", "15::12", "15:derp", "0:1", "32:1", "1:32", "15:3x", "15:3,2:1"])
  func `a bad rewriting ends dumb-init with 1 and says what it takes`(value: String) throws {
    let (text, isError, code) = try #require(answer(try parse("dumb-init", "-r", value, "app")))
    #expect(text.hasPrefix("Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n"))
    #expect(isError && code == 1)
  }

  @Test(
    arguments: [
      (["--yolo"], "unrecognized option '--yolo'"), (["-x"], "invalid option -- 'x'"),
      (["-r"], "option requires an argument -- 'r'"), (["--rew"], "option '--rewrite' requires an argument"),
      (["--help=3"], "option '--help' doesn't allow an argument"),
      (["--ver"], "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"),
      (["-:"], "invalid option -- ':'"), (["--=3"], "option '--' is ambiguous; possibilities: '--help' "),
    ])
  func `getopt's complaints are getopt's`(words: [String], complaint: String) throws {
    let words = ["dumb-init"] + words
    let invocation = try Parser(all: words.map { bytes($0) }).reading()
    let (text, isError, code) = try #require(answer(invocation))
    #expect(text.hasPrefix("dumb-init: " + complaint))
    #expect(isError && code == 1)
  }

  @Test func `dumb-init answers on stderr`() throws {
    for (word, code) in [("-h", UInt8(0)), ("--help", 0), ("-V", 0), ("--version", 0), ("-c", 1)] {
      let found = try #require(answer(try parse("dumb-init", word)))
      #expect(found.isError && found.code == code)
    }
    #expect(try #require(answer(try parse("dumb-init", "-V"))).text == "dumb-init v1.2.5")
  }

  // MARK: catatonit

  @Test func `catatonit's options and variables are all there`() throws {
    let (settings, command) = try #require(
      run(try parse("/run/podman-init", "-g", "--", "app", variables: ["CATATONIT_DEBUG": ""])))
    #expect(command == 3)
    #expect(settings.group && settings.subreaper)
    #expect(settings.verbosity == Dialect.everything)
    guard case .pause = try parse("catatonit", "-P") else {
      Issue.record("no pause")
      return
    }
  }

  @Test func `catatonit answers where catatonit does`() throws {
    for (words, isError, code) in [("-h", true, UInt8(0)), ("-V", false, 0), ("--version", false, 0), ("-L", false, 0)]
    {
      let found = try #require(answer(try parse("catatonit", words)))
      #expect(found.isError == isError && found.code == code)
    }
    let usage = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]"
    #expect(try #require(answer(try parse("catatonit"))).text == "ERROR (catatonit:7): missing program name\n" + usage)
    #expect(try #require(answer(try parse("catatonit", "-x"))).text == "catatonit: invalid option -- 'x'\n" + usage)
    let reserved = try #require(answer(try parse("catatonit", "app", variables: ["CATATONIT_LOG": ""])))
    #expect(reserved.text == "ERROR (catatonit:7): CATATONIT_LOG is reserved for future use")
    #expect(reserved.isError && reserved.code == 1)
  }

  // MARK: News

  @Test(arguments: Dialect.allCases) func `every word of a peer is filled, and shown from one verbosity on`(
    _ dialect: Dialect
  ) {
    var told = 0
    for news in News.allCases {
      let shown = (0...Dialect.everything).map {
        text(dialect.line(news, 0, 0, Array("%n".utf8), [], verbosity: $0, own: 1))
      }
      guard let full = shown.last ?? nil else {
        #expect(shown == [nil, nil, nil, nil, nil])
        continue
      }
      told += 1
      #expect(shown.drop { $0 == nil }.allSatisfy { $0 == full }, "\(news)")
      // What it is filled with is not filled again.
      #expect(!full.replacingOccurrences(of: "%n", with: "").contains("%"), "\(news)")
      #expect(full.hasPrefix("[") || full.hasPrefix("DEBUG (") || full.hasPrefix("ERROR ("), "\(news)")
    }
    #expect((told > 5) == (dialect != .lastcall))
  }

  @Test func `news are told in the peer's words, from the verbosity on that the peer has for them`() {
    func line(_ dialect: Dialect, _ news: News, _ verbosity: Int, _ first: Int = 5, _ second: Int = 15) -> String? {
      let reason = Array("No such file".utf8)
      return text(dialect.line(news, first, second, Array("app\n".utf8), reason, verbosity: verbosity, own: 1))
    }
    #expect(line(.tini, .noProgram, 0) == #"[FATAL tini (1)] exec app\x0a failed: No such file"#)
    #expect(line(.tini, .started, 1) == nil)
    #expect(line(.tini, .started, 2) == #"[INFO  tini (1)] Spawned child process 'app\x0a' with pid '5'"#)
    #expect(line(.tini, .orphan, 1) == "[WARN  tini (1)] Reaped zombie process with pid=5")
    #expect(line(.tini, .leaving, 4) == "[TRACE tini (1)] Exiting: child has exited")
    #expect(line(.dumbInit, .translated, 4, 15, 3) == "[dumb-init] Translating signal 15 to 3.")
    #expect(line(.dumbInit, .translated, 0) == nil)
    #expect(line(.catatonit, .killed, 4) == "DEBUG (catatonit:1): child process 5 exited due to signal 15")
    #expect(line(.catatonit, .noProgram, 0) == "ERROR (catatonit:1): failed to exec pid1: No such file")
    #expect(line(.catatonit, .translated, 4) == nil)
    #expect(line(.lastcall, .noProgram, 4) == nil)
  }
}
