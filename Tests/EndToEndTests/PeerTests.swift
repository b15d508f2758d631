// §7.1, §7.2: called by a peer's name, as its callers call it. What the peers' own suites test is not repeated here
// (Tests/peers); this is what their callers do, and what goes wrong in the peers themselves.

import CHarness
import Foundation
import Testing

struct PeerTests {
  /// lastcall by another name.
  private func called(_ name: String) throws -> String {
    let path = try TemporaryFolder().url.appendingPathComponent(name).path
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: lastcall)
    return path
  }

  // MARK: The callers

  @Test(.needsNamespaces, arguments: ["docker-init", "podman-init", "tini", "dumb-init", "catatonit"])
  func `PID 1 by that name is called with -- and a command, as dockerd and podman do`(name: String) throws {
    let container = try Container(called(name), "--", echo, "exit=15:42")
    try container.waitForLine(containing: "ready 2 1 2 ")
    // Peers lose those that they do not forward: lastcall does not.
    for number in [SIGHUP, SIGUSR1, SIGABRT, SIGWINCH, 33, 34, 64] {
      try container.send(number)
      try container.waitForLine(containing: "\(number) ")
    }
    try container.send(SIGTERM)
    try container.expectExit(.code(42))
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces, arguments: ["docker-init", "podman-init", "dumb-init"])
  func `where no option can be given, the variables of lastcall do it`(name: String) throws {
    let container = try Container(called(name), "--", echo, "exit=3:7") {
      $0.environment += ["LASTCALL_MAP=TERM=QUIT", "LASTCALL_EXIT_CODE=7=0", "LASTCALL_VERBOSE=1"]
    }
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(container.standardError.contains("lastcall: passed on QUIT for TERM\n"))
  }

  @Test(.needsNamespaces) func `a hook finds the supervisor under a peer's name`() throws {
    let container = try Container(called("docker-init"), "--", echo, "exit=3:7")
    try container.waitForLine(containing: "ready")
    let hook = try container.exec(lastcall, "wait-then-signal", "--signal", "QUIT")
    try hook.expectExit(.code(0))
    try container.expectExit(.code(7))
  }

  @Test(.needsNamespaces) func `a peer's name is hook too`() throws {
    let name = try called("tini")
    let container = try Container(name, "--", echo, "exit=3:7")
    try container.waitForLine(containing: "ready")
    let hook = try container.exec(name, "wait-then-signal", "--signal", "QUIT")
    try hook.expectExit(.code(0))
    try container.expectExit(.code(7))
  }

  @Test func `podman's name for its init is catatonit's`() throws {
    let process = try ChildProcess(called("podman-init"), "--version")
    try process.expectExit(.code(0))
    #expect(process.standardOutput.hasPrefix("tini version 0.1.7_catatonit"))
  }

  // MARK: Exit codes and messages

  @Test(
    arguments: [
      ("tini", "/no/such/program", 127, "No such file or directory"), ("tini", "/etc", 126, "Permission denied"),
      ("tini", "/etc/passwd/x", 1, "Not a directory"),
      ("dumb-init", "/no/such/program", 2, "No such file or directory"),
      ("dumb-init", "/etc", 2, "Permission denied"), ("catatonit", "/no/such/program", 1, "No such file or directory"),
      ("catatonit", "/etc", 1, "Permission denied"),
    ] as [(String, String, Int32, String)])
  func `a command that cannot be run gives the peer's code and words`(
    name: String, command: String, code: Int32, reason: String
  ) throws {
    let process = try ChildProcess(called(name), "--", command)
    try process.expectExit(.code(code))
    let line = try #require(process.standardError.split(separator: "\n").last)
    switch name {
    case "tini": #expect(line == "[FATAL tini (\(process.pid))] exec \(command) failed: \(reason)")
    case "dumb-init": #expect(line == "[dumb-init] \(command): \(reason)")
    default: #expect(line == "ERROR (catatonit:\(process.pid)): failed to exec pid1: \(reason)")
    }
  }

  @Test func `tini -e also remaps the code of a command that was not found`() throws {
    try ChildProcess(called("tini"), "-e", "127", "--", "/no/such/program").expectExit(.code(0))
    try ChildProcess(called("tini"), "-e", "143", "--", "sh", "-c", "kill -TERM $$").expectExit(.code(0))
  }

  @Test func `tini says when it reaps nothing, and is silent once it does`() throws {
    let tini = try called("tini")
    let plain = try ChildProcess(tini, "true")
    try plain.expectExit(.code(0))
    #expect(plain.standardError.hasPrefix("[WARN  tini (\(plain.pid))] Tini is not running as PID 1 and isn't"))
    let reaping = try ChildProcess(tini, "-s", "true")
    try reaping.expectExit(.code(0))
    #expect(reaping.standardError == "")
    let quiet = try ChildProcess(tini, "true") { $0.environment += ["TINI_VERBOSITY=0"] }
    try quiet.expectExit(.code(0))
    #expect(quiet.standardError == "")
  }

  @Test func `options behind the command are the command's, without -- too`() throws {
    for name in ["tini", "dumb-init", "catatonit"] {
      let process = try ChildProcess(called(name), "sh", "-c", "echo $0 $1", "-g", "-h")
      try process.expectExit(.code(0))
      #expect(process.standardOutput == "-g -h\n")
    }
  }

  // MARK: dumb-init

  @Test(.needsNamespaces) func `dumb-init's app leads a session, and every process of it hears`() throws {
    let container = try Container(called("dumb-init"), echo, "children=1")
    try container.waitForLine(containing: "child 1 ready 3 2 2 2")
    try container.waitForLine(containing: "ready 2 1 2 2")
    try container.send(SIGUSR1)
    // Both hear; which of them says so first is their own affair.
    try container.waitForLine(containing: "10 USR1")
    try container.waitForLine(containing: "10 USR1")
  }

  @Test(.needsNamespaces) func `dumb-init in single-child mode shares its group and signals the app alone`() throws {
    let container = try Container(called("dumb-init"), "-c", echo, "children=1", "exit=15:0")
    try container.waitForLine(containing: "ready 2 1 1 1")
    try container.send(SIGUSR1)
    try container.waitForLine(containing: "10 USR1")
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(!container.standardOutput.contains("child 1 10 USR1"))
  }

  @Test func `what dumb-init's app leaves is bidden farewell, processes that lost their parent too`() throws {
    // The shell's own child starts the echo and ends: only a subreaper still has it.
    let script = "(\(echo) exit=15:0 &); read line < \(try fifo())"
    let process = try ChildProcess(called("dumb-init"), "sh", "-c", script)
    try process.waitForLine(containing: "ready")
    try process.send(SIGUSR2)
    try process.waitForLine(containing: "12 USR2")
    try process.expectExit(.code(128 + 12))
    try process.waitForLine(containing: "15 TERM")
    try process.waitForEnd()
  }

  private func fifo() throws -> String {
    let path = try TemporaryFolder().url.appendingPathComponent("fifo").path
    #expect(mkfifo(path, 0o600) == 0)
    return path
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `on a terminal shared with dumb-init the app hears each key and resize once`(asFirst: Bool) throws {
    let terminal = try PseudoTerminal()
    let command = [try called("dumb-init"), "-c", echo]
    let process: ChildProcess =
      asFirst ? try Container(command) { $0.terminal = terminal } : try ChildProcess(command) { $0.terminal = terminal }
    try terminal.waitForOutput(containing: "ready")
    try terminal.type("\u{3}", until: "2 INT")
    terminal.resize(rows: 31, columns: 100)
    try terminal.waitForOutput(containing: "28 WINCH")
    // What dumb-init would have forwarded had the lower number.
    try process.send(34)
    try terminal.waitForOutput(containing: "34 RTMIN")
    #expect(terminal.lines.filter { $0.contains("2 INT") }.count == 1)
    #expect(terminal.lines.filter { $0.contains("28 WINCH") }.count == 1)
    // From a person with kill(1), it is forwarded.
    try process.send(SIGINT)
    try terminal.waitForOutput(containing: "2 INT")
  }

  @Test func `the terminal becomes the one of the app's own session, and giving it up hangs up nobody`() throws {
    let terminal = try PseudoTerminal()
    let process = try ChildProcess(called("dumb-init"), echo, "show") { $0.terminal = terminal }
    try terminal.waitForOutput(containing: "foreground true")
    try terminal.waitForOutput(containing: "ready")
    try terminal.type("\u{3}", until: "2 INT")
    try process.send(34)
    try terminal.waitForOutput(containing: "34 RTMIN")
    #expect(!terminal.screen.contains("1 HUP"))
    #expect(!terminal.screen.contains("18 CONT"))
  }

  @Test(arguments: [("dumb-init", "-v"), ("tini", "-vvv"), ("catatonit", "--")])
  func `a log that nobody reads any more does not make it spin or signal the app`(name: String, option: String) throws {
    let pipe = try makePipe()
    close(pipe.reading)
    defer { close(pipe.writing) }
    let process = try ChildProcess(called(name), option, echo, "exit=15:3") {
      $0.standardError = .descriptor(pipe.writing)
      $0.environment += ["CATATONIT_DEBUG=1"]
    }
    try process.waitForLine(containing: "ready")
    for _ in 0..<3 {
      try process.send(SIGUSR1)
      try process.waitForLine(containing: "10 USR1")
    }
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
    #expect(!process.standardOutput.contains("13 PIPE"))
  }

  // MARK: catatonit

  @Test(.needsNamespaces) func `socket activation that means PID 1 means the app`() throws {
    let command = [try called("podman-init"), "--", "sh", "-c", "echo $LISTEN_PID $LISTEN_FDS $$"]
    for (given, passed) in [("1", "2"), ("17", "17"), ("", "")] {
      let container = try Container(command) { $0.environment += ["LISTEN_PID=\(given)", "LISTEN_FDS=1"] }
      try container.expectExit(.code(0))
      #expect(container.standardOutput.split(separator: " ") == "\(passed) 1 2\n".split(separator: " "))
    }
  }

  @Test(.needsNamespaces, arguments: [SIGTERM, SIGINT])
  func `catatonit -P runs nothing, reaps, and leaves on TERM and INT`(signal: Int32) throws {
    let pod = try Container(called("catatonit"), "-P")
    let inside = try pod.exec(echo, "orphans=50")
    try inside.waitForLine(containing: "orphaned")
    try pod.send(SIGHUP)
    try inside.send(SIGKILL)
    try inside.expectExit(.signal(SIGKILL))
    // Signals are taken one after the other: all that came before this one has been dealt with when it leaves.
    try pod.send(signal)
    try pod.expectExit(.code(0))
  }
}
