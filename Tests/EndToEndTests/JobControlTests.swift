// §2.7: lastcall as a job of an interactive shell.

import CHarness
import Testing

struct JobControlTests {
  /// An interactive shell at its prompt.
  private func shell() throws -> (shell: ChildProcess, terminal: PseudoTerminal) {
    let terminal = try PseudoTerminal()
    let shell = try ChildProcess("bash", "--norc", "-i") {
      $0.terminal = terminal
      $0.environment += ["TERM=dumb", "PS1=prompt> ", "HISTFILE="]
    }
    try terminal.waitForOutput(containing: "prompt> ")
    return (shell, terminal)
  }

  /// The shell's only job.
  private func job(of shell: ChildProcess) throws -> ProcessEntry {
    try #require(ProcessEntry.children(of: shell.pid).first)
  }

  @Test(.needs("bash")) func `Ctrl-C and a resize reach the app exactly once`() throws {
    let (shell, terminal) = try shell()
    try terminal.type("\(lastcall) \(echo)\n", until: "ready")
    try terminal.type("\u{3}", until: "2 INT")
    terminal.resize(rows: 30, columns: 100)
    try terminal.waitForOutput(containing: "28 WINCH")
    kill(try job(of: shell).pid, 34)
    try terminal.waitForOutput(containing: "34 RTMIN")
    let lines = terminal.lines
    #expect(lines.filter { $0.contains("2 INT") }.count == 1)
    #expect(lines.filter { $0.contains("28 WINCH") }.count == 1)
  }

  @Test(.needs("bash")) func `Ctrl-Z gives the prompt back, and fg the app, again and again`() throws {
    let (shell, terminal) = try shell()
    try terminal.type("\(lastcall) sh -c 'echo up; exec cat'\n", until: "up\r\n")
    for word in ["one", "two", "three"] {
      try terminal.type("\(word)\n", until: "\(word)\r\n\(word)\r\n")
      try terminal.stopJob()
      #expect(terminal.foregroundGroup == shell.pid)
      let job = try job(of: shell)
      #expect(([job] + ProcessEntry.children(of: job.pid)).map(\.state) == ["T", "T"])
      try terminal.type("fg\n", until: "exec cat'\r\n")
    }
    try terminal.type("\u{4}", until: "prompt> ")
    try terminal.type("echo code $? end\n", until: "code 0 end")
  }

  @Test(.needs("bash")) func `bg continues the app without the terminal`() throws {
    let (shell, terminal) = try shell()
    let script = "trap \"echo resumed\" CONT; echo up; sleep 1000 & while kill -0 $!; do wait; done"
    try terminal.type("\(lastcall) bash -c '\(script)'\n", until: "up\r\n")
    try terminal.stopJob()
    try terminal.type("bg\n", until: "resumed\r\n")
    #expect(terminal.foregroundGroup == shell.pid)
    try terminal.type("echo still$((1))here\n", until: "still1here")
  }

  @Test(.needs("bash")) func `a job in the background takes no terminal, and gets it by fg`() throws {
    let (shell, terminal) = try shell()
    let gate = "\(try TemporaryFolder().path)/gate"
    try #require(mkfifo(gate, 0o600) == 0)
    let script = "echo up; read x <\(gate); read line; echo \"$line$x\"; exec \(echo)"
    try terminal.type("\(lastcall) sh -c '\(script)' &\n", until: "up\r\n")
    #expect(terminal.foregroundGroup == shell.pid)
    try terminal.type("echo still$((1))here\n", until: "still1here")
    try terminal.waitForOutput(containing: "prompt> ")
    try terminal.type("fg\n")
    try terminal.type("word\n")
    let group = try job(of: shell).group
    try Waiting.until("the job is in the foreground") { terminal.foregroundGroup == group }
    // The shell need not send CONT to a job that runs: lastcall learns of its turn when the app reads.
    try ChildProcess("sh", "-c", "echo 1 >\(gate)").expectExit(.code(0))
    try terminal.waitForOutput(containing: "word1\r\n")
    try terminal.waitForOutput(containing: "ready")
    try terminal.type("\u{3}", until: "2 INT")
  }

  @Test(.needs("bash")) func `a job in the background that reads is stopped, and reads after fg`() throws {
    let (shell, terminal) = try shell()
    try terminal.type("\(lastcall) cat &\n", until: "prompt> ")
    // The shell tells a change of its jobs before a prompt; `wait` returns at once when the job is stopped.
    try terminal.type("wait %1; echo waited$((1))\n", until: "waited1")
    try terminal.waitForOutput(containing: "prompt> ")
    #expect(try job(of: shell).state == "T")
    try terminal.type("fg\n", until: "lastcall cat\r\n")
    try terminal.type("one\n", until: "one\r\none\r\n")
    try terminal.type("\u{4}", until: "prompt> ")
    try terminal.type("exit 0\n")
    try shell.expectExit(.code(0))
  }

  @Test(.needs("bash")) func `a stopped job ends when the shell kills it`() throws {
    let (shell, terminal) = try shell()
    // exec: dash would be deaf while its child, made by vfork, is stopped before it has become sleep.
    try terminal.type("\(lastcall) sh -c 'echo up; exec sleep 1000'\n", until: "up\r\n")
    try terminal.stopJob()
    let job = try job(of: shell).pid
    try terminal.type("kill %1\n")
    try Waiting.until("the shell has reaped the job") { ProcessEntry(job) == nil }
    try terminal.type("wait %1; echo code $? end\n", until: "code 143 end")
  }

  @Test(.needs("bash")) func `what stands before lastcall in a pipeline keeps the terminal that it reads`() throws {
    let (shell, terminal) = try shell()
    try terminal.type("(echo up; exec cat) | \(lastcall) cat\n", until: "up\r\n")
    for word in ["one", "two"] {
      try terminal.type("\(word)\n", until: "\(word)\r\n\(word)\r\n")
      try terminal.stopJob()
      #expect(ProcessEntry.descendants(of: shell.pid).map(\.state) == ["T", "T", "T"])
      try terminal.type("fg\n", until: "lastcall cat\r\n")
    }
    try terminal.type("three\n", until: "three\r\nthree\r\n")
    try terminal.type("\u{4}", until: "prompt> ")
  }

  @Test(.needs("bash")) func `what stands after lastcall in a pipeline keeps the terminal that it reads`() throws {
    let (_, terminal) = try shell()
    let reader = "(read line; echo \"got $line\"; read key </dev/tty; echo key$key; exec cat)"
    try terminal.type("\(lastcall) \(echo) exit=3:0 | \(reader)\n", until: "got ready")
    try terminal.type("x\n", until: "keyx\r\n")
    try terminal.type("\u{1c}", until: "prompt> ")
  }

  @Test(.needs("bash")) func `an app that reads a pipe gets the terminal when it asks for it`() throws {
    let (shell, terminal) = try shell()
    try terminal.type("echo a | \(lastcall) sh -c 'read x; read y </dev/tty; echo $y$x; exec \(echo) </dev/tty'\n")
    try terminal.type("b\n", until: "ba\r\n")
    try terminal.waitForOutput(containing: "ready")
    let job = try #require(ProcessEntry.children(of: shell.pid).first { $0.name == "lastcall" })
    #expect(terminal.foregroundGroup == ProcessEntry.children(of: job.pid).first?.pid)
  }

  @Test func `the terminal is given back at the end, to a script too`() throws {
    for app in ["true", "sh -c 'kill -KILL $$'", "/no/such/program"] {
      let terminal = try PseudoTerminal()
      // Without job control of its own, the script would be stopped, or get an error, for reading from the background.
      let script = try ChildProcess("sh", "-c", "\(lastcall) -- \(app); echo over; read line; echo \"read $line\"") {
        $0.terminal = terminal
      }
      try terminal.waitForOutput(containing: "over")
      #expect(terminal.foregroundGroup == script.pid)
      try terminal.type("word\n", until: "read word")
      try script.expectExit(.code(0))
    }
  }
}
