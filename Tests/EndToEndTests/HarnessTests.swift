// The harness itself, on programs whose behaviour is known.

import CHarness
import Testing

struct HarnessTests {
  @Test func `a process's words, output and exit code are seen`() throws {
    let shell = try ChildProcess("sh", "-c", "echo one; echo two >&2; exit 7")
    try shell.expectExit(.code(7))
    #expect(shell.standardOutput == "one\n")
    #expect(shell.standardError == "two\n")
  }

  @Test func `the echo starts with nothing blocked, ignored or open, and says each signal`() throws {
    let process = try ChildProcess(echo, "show", "exit=15:3")
    #expect(try process.nextLine() == "mask ")
    #expect(try process.nextLine() == "ignored ")
    #expect(try process.nextLine() == "parent-death 9")
    #expect(try process.nextLine() == "descriptors 0 1 2")
    try process.waitForLine(containing: "ready \(process.pid) \(getpid()) \(process.pid) \(process.pid)")
    try process.send(32)
    #expect(try process.nextLine() == "32 32 from \(getpid()) code SI_USER")
    try process.queue(34, value: 5)
    #expect(try process.nextLine() == "34 RTMIN from \(getpid()) code SI_QUEUE value 5")
    try process.send(SIGTERM)
    #expect(try process.nextLine() == "15 TERM from \(getpid()) code SI_USER")
    try process.expectExit(.code(3))
  }

  @Test func `a program that cannot be executed is told`() {
    #expect(throws: HarnessError.self) { try ChildProcess("/no/such/program") }
  }

  @Test func `a wait for a line that never comes fails, with what was said instead`() throws {
    let shell = try ChildProcess("echo", "something else")
    let error = #expect(throws: HarnessError.self) { try shell.waitForLine(containing: "ready") }
    #expect(error?.description.contains("something else") == true)
  }

  @Test(.needsNamespaces) func `a container's first process has pid 1, no parent, and an exact exit`() throws {
    let container = try Container(echo)
    #expect(try container.nextLine() == "ready 1 0 1 1")
    try container.send(SIGTERM)
    #expect(try container.nextLine() == "15 TERM from 0 code SI_USER")
    let inside = try container.exec("sh", "-c", "echo $PPID; cat /proc/1/comm; kill -USR1 1")
    try inside.expectExit(.code(0))
    #expect(inside.standardOutput == "0\nSignalEcho\n")
    #expect(try container.nextLine().hasPrefix("10 USR1 from"))
    try container.send(SIGKILL)
    try container.expectExit(.signal(SIGKILL))
  }

  @Test(.needsNamespaces, .needs("tini")) func `tini forwards TERM in a container`() throws {
    let container = try Container("tini", "--", echo, "exit=15:3")
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.waitForLine(containing: "15 TERM from 1 ")
    try container.expectExit(.code(3))
  }

  @Test(.needsNamespaces, .needs("ip")) func `two containers with networks reach each other`() throws {
    let left = try Container(echo) { $0.network = true }
    let right = try Container(echo) { $0.network = true }
    try left.connect(to: right)
    // Nothing listens there: a refusal has made the way there and back.
    let client = try right.exec("bash", "-c", "exec 3<>/dev/tcp/10.9.0.1/80")
    try client.expectExit(.code(1))
    #expect(client.standardError.contains("Connection refused"))
  }

  @Test func `keys reach the process as the terminal's driver makes them signals`() throws {
    let terminal = try PseudoTerminal()
    let process = try ChildProcess(echo, "exit=28:4") { $0.terminal = terminal }
    try terminal.waitForOutput(containing: "ready")
    #expect(terminal.foregroundGroup == process.pid)
    try terminal.type("\u{3}", until: "2 INT from 0 code SI_KERNEL")
    terminal.resize(rows: 40, columns: 100)
    try terminal.waitForOutput(containing: "28 WINCH")
    try process.expectExit(.code(4))
  }

  @Test(.needsRoot) func `a process can be another user, without privileges, and start with signals ignored`() throws {
    let process = try ChildProcess("grep", "-E", "^(Uid|NoNewPrivs|SigIgn|SigBlk):", "/proc/self/status") {
      $0.user = 65534
      $0.noNewPrivileges = true
      $0.ignoredSignals = [SIGCHLD]
      $0.blockedSignals = [SIGHUP, 33]
    }
    try process.expectExit(.code(0))
    #expect(
      process.standardOutput == """
        Uid:\t65534\t65534\t65534\t65534
        SigBlk:\t0000000100000001
        SigIgn:\t0000000000010000
        NoNewPrivs:\t1

        """)
  }
}
