// §2.7: lastcall with a terminal of its own, as `docker run -it` starts it, and as a login shell's `exec` does.

import CHarness
import Testing

struct TerminalTests {
  /// On a terminal, as PID 1 or not.
  private func start(_ command: [String], asFirst: Bool) throws -> (process: ChildProcess, terminal: PseudoTerminal) {
    let terminal = try PseudoTerminal()
    let environment = ["TERM=dumb", "PS1=prompt> ", "HISTFILE="]
    let process =
      asFirst
      ? try Container(command) {
        $0.terminal = terminal
        $0.environment += environment
      }
      : try ChildProcess(command) {
        $0.terminal = terminal
        $0.environment += environment
      }
    return (process, terminal)
  }

  private func count(_ part: String, on terminal: PseudoTerminal) -> Int {
    terminal.lines.filter { $0.contains(part) }.count
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `the app is the foreground process group`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", echo, "show"], asFirst: asFirst)
    // lastcall's own descriptor of the terminal stays its own.
    try terminal.waitForOutput(containing: "descriptors 0 1 2\r\n")
    try terminal.waitForOutput(containing: "foreground true")
    try terminal.waitForOutput(containing: "ready")
    #expect(terminal.foregroundGroup == ProcessEntry.children(of: process.pid).first?.pid)
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `Ctrl-C and Ctrl-Backslash reach the app exactly once`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", echo], asFirst: asFirst)
    try terminal.waitForOutput(containing: "ready")
    try terminal.type("\u{3}", until: "2 INT")
    try terminal.type("\u{1c}", until: "3 QUIT")
    // What lastcall had to forward had the lower number.
    try process.send(34)
    try terminal.waitForOutput(containing: "34 RTMIN")
    #expect(count("2 INT", on: terminal) == 1)
    #expect(count("3 QUIT", on: terminal) == 1)
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `a change of the window's size reaches the app exactly once`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", echo], asFirst: asFirst)
    try terminal.waitForOutput(containing: "ready")
    for rows in UInt16(30)...32 {
      terminal.resize(rows: rows, columns: 100)
      try terminal.waitForOutput(containing: "28 WINCH")
      try process.send(34)
      try terminal.waitForOutput(containing: "34 RTMIN")
    }
    #expect(count("28 WINCH", on: terminal) == 3)
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `Ctrl-Z freezes nothing where no shell could say fg`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", "cat"], asFirst: asFirst)
    for word in ["one", "two"] {
      try terminal.type("\(word)\n")
      // The terminal's echo, and cat's.
      try terminal.waitForOutput(containing: "\(word)\r\n\(word)\r\n")
      try terminal.type("\u{1a}")
    }
    try terminal.type("three\n", until: "three\r\nthree\r\n")
    try terminal.type("\u{4}")
    try process.expectExit(.code(0))
  }

  @Test(.needsNamespaces, .needs("bash"), arguments: [true, false])
  func `an interactive shell has job control`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", "bash", "--norc", "-i"], asFirst: asFirst)
    try terminal.waitForOutput(containing: "prompt> ")
    try terminal.type("sh -c 'echo up; exec cat'\n", until: "up\r\n")
    try terminal.type("one\n", until: "one\r\none\r\n")
    try terminal.stopJob()
    try terminal.type("fg\n", until: "exec cat'\r\n")
    try terminal.type("two\n", until: "two\r\ntwo\r\n")
    try terminal.type("\u{3}", until: "prompt> ")
    try terminal.type("exit 7\n")
    try process.expectExit(.code(7))
    #expect(!terminal.screen.contains("job control"))
  }

  @Test(.needsNamespaces, arguments: [true, false]) func `the terminal's end ends the app`(asFirst: Bool) throws {
    let (process, terminal) = try start([lastcall, "--", "sh", "-c", "echo up; sleep 1000"], asFirst: asFirst)
    try terminal.waitForOutput(containing: "up")
    terminal.hangUp()
    try process.expectExit(.code(128 + SIGHUP))
  }

  @Test(.needsNamespaces)
  func `where the app does not read the terminal, the terminal's end reaches its children too`() throws {
    let terminal = try PseudoTerminal()
    let (reading, writing) = try makePipe()
    let output = CapturedOutput(reading)
    let process = try Container("sh", "-c", "exec \(lastcall) -- \(echo) children=1 exit=15:3 </dev/null >&7 2>&7") {
      $0.terminal = terminal
      $0.descriptors = [(number: 7, ours: writing)]
    }
    close(writing)
    try Waiting.wait(on: [output], or: nil) { output.passOver("\nready") ? () : nil }
    terminal.hangUp()
    try Waiting.wait(on: [output], or: nil) { output.passOver("child 1 1 HUP") ? () : nil }
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
  }

  @Test func `lastcall tells things from the background, tostop or not`() throws {
    let (process, terminal) = try start(["sh", "-c", "stty tostop; exec \(lastcall) -v -- \(echo)"], asFirst: false)
    try terminal.waitForOutput(containing: "ready")
    for _ in 0..<3 {
      try process.send(SIGUSR1)
      try terminal.waitForOutput(containing: "10 USR1")
    }
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `where the app does not read the terminal, it and its children get keys and resizes once`(asFirst: Bool) throws {
    let command = "exec \(lastcall) -- \(echo) show children=1 </dev/null"
    let (process, terminal) = try start(["sh", "-c", command], asFirst: asFirst)
    try terminal.waitForOutput(containing: "descriptors 0 1 2\r\n")
    try terminal.waitForOutput(containing: "child 1 ready")
    try terminal.waitForOutput(containing: "\nready")
    try terminal.type("\u{3}")
    for _ in 0..<2 { try terminal.waitForOutput(containing: "2 INT") }
    terminal.resize(rows: 30, columns: 100)
    for _ in 0..<2 { try terminal.waitForOutput(containing: "28 WINCH") }
    try process.send(34)
    try terminal.waitForOutput(containing: "34 RTMIN")
    #expect(count("2 INT", on: terminal) == 2)
    #expect(count("28 WINCH", on: terminal) == 2)
  }

  @Test func `a terminal that is not lastcall's own is left alone`() throws {
    // A standard input that is a terminal of another session.
    let terminal = try PseudoTerminal()
    let descriptor = try terminal.openOtherEnd()
    defer { close(descriptor) }
    let process = try ChildProcess(lastcall, "--", echo, "exit=15:3") { $0.standardInput = .descriptor(descriptor) }
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
    #expect(process.standardError == "")
  }
}
