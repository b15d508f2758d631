// §3 as the supervisor carries it out: wait, signal, escalate, and what further signals do to it.

import CHarness
import Testing

@Suite(.needsNamespaces) struct StopPlanTests {
  private func start(_ options: [String], app: [String] = [echo, "exit=15:0"]) throws -> Container {
    let container = try Container([lastcall] + options + ["--"] + app)
    try container.waitForLine(containing: "ready")
    return container
  }

  private func signals(_ container: Container) -> [String] {
    container.lines.filter { $0.contains(" from ") }.map { String($0.prefix { $0 != " " }) }
  }

  /// Until lastcall has taken a TERM off its queue as a stop's beginning.
  private func sendFirst(_ signal: Int32, to container: Container) throws {
    try container.send(signal)
    try container.waitForLine(containing: "stop asked for by", of: .standardError)
  }

  private static let waits = ["-v", "--wait", "400ms", "--grace-period", "10s"]
  private static let waitsLong = ["-v", "--wait", "40s", "--grace-period", "60s"]

  // MARK: Signals, once and again

  @Test(arguments: [(SIGTERM, "15"), (SIGINT, "2"), (SIGQUIT, "3")])
  func `one stop signal: the app gets it once, after the wait`(signal: Int32, number: String) throws {
    let container = try start(Self.waits, app: [echo, "exit=\(signal):0"])
    try container.send(signal)
    try container.expectExit(.code(0))
    container.expectWaited(400)
    #expect(signals(container) == [number])
  }

  @Test func `two TERMs: the second is not passed on and changes nothing`() throws {
    let container = try start(Self.waits, app: [echo, "exit=10:0"])
    try sendFirst(SIGTERM, to: container)
    try container.send(SIGTERM)
    try container.waitForLine(containing: "not passed on: TERM", of: .standardError)
    try container.waitForLine(containing: "15 TERM")
    // Nor is a third one, when the app is about to end.
    try container.send(SIGTERM)
    try container.waitForLine(containing: "not passed on: TERM", of: .standardError)
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    container.expectWaited(400)
    #expect(signals(container) == ["15", "10"])
  }

  @Test(arguments: [(SIGTERM, SIGINT, "15"), (SIGINT, SIGTERM, "2"), (SIGTERM, SIGQUIT, "15")])
  func `two different stop signals: the first one's plan goes on`(first: Int32, second: Int32, number: String) throws {
    let container = try start(Self.waits, app: [echo, "exit=\(first):0"])
    try sendFirst(first, to: container)
    try container.send(second)
    try container.waitForLine(containing: "not passed on", of: .standardError)
    try container.expectExit(.code(0))
    container.expectWaited(400)
    #expect(signals(container) == [number])
  }

  @Test func `INT and INT: a person has waited long enough, and the app gets its signal at once`() throws {
    let container = try start(Self.waitsLong + ["--log-format", "json"], app: [echo, "exit=2:0"])
    try sendFirst(SIGINT, to: container)
    try container.send(SIGINT)
    try container.expectExit(.code(0))
    #expect(try container.summary()["wait_end"] as? String == "hurried", "\(container)")
    #expect(signals(container) == ["2"])
  }

  @Test func `TERM, INT and INT: the second INT ends the wait that TERM began`() throws {
    let container = try start(Self.waitsLong + ["--log-format", "json"])
    try sendFirst(SIGTERM, to: container)
    try container.send(SIGINT)
    try container.waitForLine(containing: "not passed on: INT", of: .standardError)
    try container.send(SIGINT)
    try container.expectExit(.code(0))
    #expect(try container.summary()["wait_end"] as? String == "hurried", "\(container)")
    #expect(signals(container) == ["15"])
  }

  @Test func `with --group the plan's signals reach the app's children too`() throws {
    let container = try Container([lastcall] + Self.waits + ["--group", "--", echo, "children=2", "exit=10:0"])
    try container.waitForLine(containing: "child 2 ready")
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    // The app stays: no child hears of it as one that the app has left.
    let heard = try (0..<3).map { _ in try container.nextLine() }.sorted()
    #expect(heard.map { String($0.prefix(10)) } == ["15 TERM fr", "child 1 15", "child 2 15"], "\(container)")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
  }

  @Test func `other signals are the app's during a stop as ever`() throws {
    let container = try start(Self.waitsLong, app: [echo, "exit=2:0"])
    try sendFirst(SIGINT, to: container)
    for signal in [SIGHUP, SIGUSR1, 40] {
      try container.send(signal)
      try container.waitForLine(containing: "\(signal) ")
    }
    try container.send(SIGINT)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["1", "10", "40", "2"])
  }

  @Test func `an app that ends during the wait ends it`() throws {
    let container = try start(Self.waitsLong, app: [echo, "exit=10:7"])
    try sendFirst(SIGTERM, to: container)
    try container.send(SIGUSR1)
    try container.expectExit(.code(7))
    #expect(container.standardError.contains("the app ended"), "\(container)")
    #expect(signals(container) == ["10"])
  }

  @Test func `without an option of the plan stop signals are forwarded, each time`() throws {
    let container = try start([], app: [echo, "exit=10:0"])
    for _ in 0..<2 {
      try container.send(SIGTERM)
      try container.waitForLine(containing: "15 TERM")
    }
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(container.standardError == "")
  }

  @Test func `Ctrl-C starts the plan, and a second one ends its wait`() throws {
    let terminal = try PseudoTerminal()
    let container = try Container([lastcall] + Self.waitsLong + ["--", echo, "exit=2:0"]) { $0.terminal = terminal }
    try terminal.waitForOutput(containing: "ready")
    try terminal.type("\u{3}", until: "stop asked for by INT")
    try terminal.type("\u{3}", until: "INT said time is up")
    try container.expectExit(.code(0))
    #expect(terminal.lines.filter { $0.hasPrefix("2 INT") }.count == 1)
  }

  @Test func `an app under a plan that reads the terminal gets it`() throws {
    let terminal = try PseudoTerminal()
    let container = try Container([lastcall] + Self.waitsLong + ["--", "sh", "-c", "echo up; read x; echo got $x"]) {
      $0.terminal = terminal
    }
    try terminal.waitForOutput(containing: "up")
    try terminal.type("word\n", until: "got word")
    try container.expectExit(.code(0))
  }

  // MARK: What the app gets

  @Test func `--map decides what a stop signal is to the app, and --signal wins over it`() throws {
    let mapped = try start(Self.waits + ["--map", "TERM=USR1"], app: [echo, "exit=10:0"])
    try mapped.send(SIGTERM)
    try mapped.expectExit(.code(0))
    #expect(signals(mapped) == ["10"])
    let both = try start(Self.waits + ["--map", "TERM=USR1", "--signal", "USR2"], app: [echo, "exit=12:0"])
    try both.send(SIGTERM)
    try both.expectExit(.code(0))
    #expect(signals(both) == ["12"])
  }

  @Test func `a schedule goes from signal to signal in its own times`() throws {
    let container = try start(
      ["--signal", "QUIT/300ms/USR1/200ms/TERM", "--grace-period", "10s", "--log-format", "json"])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["3", "10", "15"])
    let summary = try container.summary()
    let times = try #require(summary["signals"] as? [[String: Any]]).compactMap { $0["at_ms"] as? Int }
    #expect(times.count == 3)
    #expect(times[1] >= times[0] + 300 && times[2] >= times[1] + 200, "\(times)")
  }

  @Test func `percentages are of the time that is left`() throws {
    let options = ["--signal", "QUIT/25%/USR1/25%/TERM", "--grace-period", "1400ms", "--reserve", "600ms"]
    let container = try start(options + ["--log-format", "json"])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["3", "10", "15"])
    let times = try #require(try container.summary()["signals"] as? [[String: Any]]).compactMap { $0["at_ms"] as? Int }
    #expect(times.count == 3 && times[1] >= 190 && times[2] >= times[1] + 190, "\(times)")
  }

  @Test func `KILL as a step kills the app`() throws {
    let container = try start(["--signal", "TERM/200ms/KILL", "--grace-period", "20s"], app: [echo])
    try container.send(SIGTERM)
    try container.expectExit(.code(137))
    #expect(signals(container) == ["15"])
    #expect(container.standardError.contains("was killed by KILL"), "\(container)")
  }

  @Test func `--signal none: the stop signal is passed on after the wait`() throws {
    let container = try start(["--wait", "200ms", "--signal", "none", "--grace-period", "10s"])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    container.expectWaited(200)
    #expect(signals(container) == ["15"])
  }

  @Test func `--stop-on says what starts the plan; what else stops is forwarded`() throws {
    let container = try start(
      ["--stop-on", "USR1", "--wait", "200ms", "--grace-period", "10s"], app: [echo, "exit=10:0"])
    try container.send(SIGTERM)
    try container.waitForLine(containing: "15 TERM")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    container.expectWaited(200)
    #expect(signals(container) == ["15", "10"])
  }

  @Test func `an app that is stopped is continued for its signal`() throws {
    let container = try start(["--wait", "100ms", "--grace-period", "10s"])
    try container.send(SIGTSTP)
    try container.waitForLine(containing: "20 TSTP")
    let app = try #require(ProcessEntry.children(of: container.pid).first)
    kill(app.pid, SIGSTOP)
    try Waiting.until("the app is stopped") { ProcessEntry(app.pid)?.state == "T" }
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
  }

  @Test func `the exit code is the app's, or what --exit-code makes of it`() throws {
    let container = try start(
      ["--wait", "100ms", "--grace-period", "10s", "--exit-code", "143=0"],
      app: [
        "sh", "-c", "echo ready; kill -STOP $$",
      ])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
  }

  // MARK: The deadline

  @Test func `at the deadline everything is killed, and named`() throws {
    let container = try start(["--grace-period", "800ms", "--reserve", "400ms"], app: [echo, "children=1"])
    try container.send(SIGTERM)
    try container.expectExit(.code(137))
    #expect(
      container.standardError.contains("alive at the deadline: SignalEcho (2), SignalEcho (3)"), "\(container)")
    #expect(signals(container) == ["15"])
  }

  @Test func `without a grace period there is no deadline: the app has all the time it wants`() throws {
    let container = try start(["-v", "--wait", "100ms"], app: [echo, "exit=10:0"])
    try container.send(SIGTERM)
    try container.waitForLine(containing: "15 TERM")
    #expect(!container.standardError.contains("deadline"), "\(container)")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
  }

  @Test func `a wait that leaves the app nothing is cut, and the grace period that would do is told`() throws {
    let container = try start(["--wait", "20s", "--grace-period", "1s", "--reserve", "400ms"])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    container.expectWaited(300)
    #expect(
      container.standardError.contains(
        "--wait 20s does not fit into the grace period; cut to 300ms; terminationGracePeriodSeconds: 23 would do"),
      "\(container)")
  }

  // MARK: Wake-ups

  @Test func `during the plan it wakes only at the plan's own times`() throws {
    let container = try start(
      ["-v", "--wait", "400ms", "--signal", "USR1/400ms/TERM", "--grace-period", "20s"], app: [echo, "exit=12:0"])
    try sendFirst(SIGTERM, to: container)
    func wakeUps() throws -> Int {
      try #require(ProcessEntry(container.pid)?.status("voluntary_ctxt_switches").flatMap { Int($0) })
    }
    let began = try wakeUps()
    try container.waitForLine(containing: "10 USR1")
    let signalled = try wakeUps()
    try container.waitForLine(containing: "15 TERM")
    // The end of the sleep that was under way, and perhaps the beginning of the next.
    #expect(signalled - began <= 2)
    #expect(try wakeUps() - signalled <= 2)
    try container.send(SIGUSR2)
    try container.expectExit(.code(0))
  }
}
