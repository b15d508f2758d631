// The hook with lastcall as PID 1: the plan is handed over, and everything that can go wrong with that.

import CHarness
import Lifecycle
import Testing

@Suite(.needsNamespaces) struct HandoverTests {
  private func start(
    _ options: [String] = ["-v"], app: [String] = [echo, "exit=15:0"], configure: (inout Setup) -> Void = { _ in }
  ) throws -> Container {
    let container = try Container([lastcall] + options + ["--"] + app, configure: configure)
    try container.waitForLine(containing: "ready")
    return container
  }

  private func startHook(
    in container: Container, _ options: String..., configure: (inout Setup) -> Void = { _ in }
  ) throws -> ChildProcess {
    try container.exec([lastcall, "wait-then-signal"] + options, configure: configure)
  }

  private func signals(_ container: Container) -> [String] {
    container.lines.filter { $0.contains(" from ") }.map { String($0.prefix { $0 != " " }) }
  }

  /// Until the kernel has queued a request to PID 1.
  private func waitForRequest(to container: Container) throws {
    try Waiting.until("a request is pending") {
      let pending = ProcessEntry(container.pid)?.status("ShdPnd").flatMap { UInt64($0, radix: 16) } ?? 0
      return pending & 1 << 62 != 0
    }
  }

  private static let began = "stop asked for by the preStop hook"

  // MARK: Options

  @Test func `the hook's own options win over the supervisor's`() throws {
    let container = try start(
      ["--wait", "30s", "--signal", "INT", "--grace-period", "60s"], app: [echo, "exit=10:7"])
    let hook = try startHook(in: container, "--wait", "100ms", "--signal", "USR1")
    try hook.expectExit(.code(0))
    try container.expectExit(.code(7))
    #expect(signals(container) == ["10"])
  }

  @Test func `what the hook does not say is the supervisor's, from its command line or its environment`() throws {
    let container = try start(["--signal", "USR1"], app: [echo, "exit=10:7"]) {
      $0.environment += ["LASTCALL_WAIT=100ms", "LASTCALL_GRACE_PERIOD=5s"]
    }
    try startHook(in: container).expectExit(.code(0))
    try container.expectExit(.code(7))
    container.expectWaited(100)
    #expect(signals(container) == ["10"])
  }

  @Test(arguments: [
    ([], ["--for", "nginx"], "3"), (["--map", "TERM=HUP"], ["--map", "TERM=USR2"], "12"),
    (["--map", "TERM=HUP"], [], "1"),
  ])
  func `the hook's --map and --for decide its signal`(
    supervisors: [String], options: [String], signal: String
  ) throws {
    let container = try start(supervisors, app: [echo, "exit=3:0", "exit=12:0", "exit=1:0"])
    let hook = try container.exec([lastcall, "wait-then-signal"] + options)
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(signals(container) == [signal])
  }

  @Test func `with lastcall as PID 1 the plan is handed over, whatever target the hook names`() throws {
    let container = try start()
    try startHook(in: container, "--process", "SignalEcho").expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(container.standardError.contains(Self.began), "\(container)")
    #expect(signals(container) == ["15"])
  }

  @Test func `options that contradict the supervisor's are told of, and its own plan is carried out`() throws {
    let container = try start(["--until-quiet", "100ms", "--max-wait", "200ms", "--grace-period", "5s"])
    let hook = try startHook(in: container, "--wait", "1s")
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(
      container.standardError.contains(
        "cannot use the hook's options: --max-wait is shorter than --wait; carrying out our own"), "\(container)")
  }

  @Test func `an option that is none ends the hook with 125, and PID 1 hears nothing`() throws {
    let container = try start(app: [echo, "exit=10:0"])
    let hook = try startHook(in: container, "--wiat", "1s")
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("--wait"), "\(hook)")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(!container.standardError.contains("hook"), "\(container)")
  }

  // MARK: Hooks that die, and more than one

  @Test func `a plan survives its hook, and the stop signal that follows starts and hastens nothing`() throws {
    let container = try start()
    let hook = try startHook(in: container, "--wait", "400ms", "--grace-period", "5s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    try hook.send(SIGKILL)
    try hook.expectExit(.signal(SIGKILL))
    try container.send(SIGTERM)
    try container.waitForLine(containing: "not passed on: TERM", of: .standardError)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
    container.expectWaited(400)
  }

  @Test func `two hooks at once share one plan, and both succeed`() throws {
    let container = try start()
    let hooks = try [
      startHook(in: container, "--wait", "200ms", "--grace-period", "5s"),
      startHook(in: container, "--wait", "200ms", "--grace-period", "5s"),
    ]
    for hook in hooks { try hook.expectExit(.code(0)) }
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
  }

  @Test func `a second hook joins the plan that the first, now dead, has begun`() throws {
    let container = try start()
    let first = try startHook(in: container, "--wait", "400ms", "--grace-period", "5s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    try first.send(SIGKILL)
    try first.expectExit(.signal(SIGKILL))
    try startHook(in: container, "--wait", "20s", "--grace-period", "30s").expectExit(.code(0))
    try container.expectExit(.code(0))
    container.expectWaited(400)
    #expect(signals(container) == ["15"])
  }

  @Test func `of two hooks that differ, the earlier deadline wins`() throws {
    let container = try start()
    let first = try startHook(in: container, "--wait", "30s", "--grace-period", "60s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    let second = try startHook(in: container, "--wait", "30s", "--grace-period", "1s", "--reserve", "400ms")
    try first.expectExit(.code(0))
    try second.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(container.standardError.contains("time left until the deadline is now 600ms"), "\(container)")
    #expect(signals(container) == ["15"])
  }

  @Test func `a later deadline of a second hook changes nothing`() throws {
    let container = try start(app: [echo])
    let first = try startHook(in: container, "--wait", "400ms", "--grace-period", "1s", "--reserve", "200ms")
    try container.waitForLine(containing: Self.began, of: .standardError)
    let second = try startHook(in: container, "--grace-period", "60s")
    try first.expectExit(.code(124))
    try second.expectExit(.code(124))
    try container.expectExit(.code(137))
    #expect(!container.standardError.contains("time left until the deadline"), "\(container)")
  }

  @Test func `hooks that came and were killed by the hundred cost nothing`() throws {
    let container = try start([])
    for _ in 0..<100 {
      let hook = try startHook(in: container, "--wait", "60s", "--grace-period", "100s", "-v")
      // It has been accepted when it says so.
      try hook.waitForLine(containing: "waiting for the end", of: .standardError)
      try hook.send(SIGKILL)
      try hook.waitForExit()
    }
    #expect(ProcessEntry(container.pid)?.descriptors.count ?? 100 < 10)
    try container.send(SIGKILL)
    try container.waitForExit()
  }

  @Test func `a person's Ctrl-C ends the hook and not the plan`() throws {
    let container = try start()
    let hook = try startHook(in: container, "--wait", "300ms", "--grace-period", "5s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    try hook.send(SIGINT)
    try hook.expectExit(.code(130))
    try container.expectExit(.code(0))
    container.expectWaited(300)
  }

  // MARK: Requests that are none

  @Test func `a process that is no hook and queues the request is not heeded, whoever it says it is`() throws {
    let container = try start(app: [echo, "exit=10:0"])
    // Its true pid; the app's; nobody's; and PID 1's own.
    for sender in ["", ":2", ":30000", ":1"] {
      try container.exec(echo, "queue=1:63:\(Handover.request.value)\(sender)", "leave").expectExit(.code(0))
    }
    // From outside of the PID namespace there is no sender.
    _ = harness_queue_as(getpid(), container.pid, 63, Handover.request.value)
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["10"], "\(container)")
    #expect(!container.standardError.contains(Self.began), "\(container)")
    #expect(container.standardError.contains("asked for a stop"), "\(container)")
  }

  @Test func `a request whose sender is gone when it is read is not heeded`() throws {
    let container = try start(app: [echo, "exit=10:0"])
    try container.send(SIGSTOP)
    try container.exec(echo, "queue=1:63:\(Handover.request.value)", "leave").expectExit(.code(0))
    try container.send(SIGCONT)
    try container.waitForLine(containing: "a hook that is gone asked for a stop", of: .standardError)
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(signals(container).filter { $0 != "18" } == ["10"], "\(container)")
  }

  @Test
  func `the other values of the hand-over, and those of another version, neither start anything nor reach the app`()
    throws
  {
    let container = try start(app: [echo, "exit=10:0"])
    let ofAnotherVersion = Handover.request.value + 0x1_0000
    for value in [Handover.accepted.value, Handover.ended(0).value, ofAnotherVersion] {
      try container.exec(echo, "queue=1:63:\(value)", "leave").expectExit(.code(0))
    }
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["10"], "\(container)")
    #expect(!container.standardError.contains(Self.began), "\(container)")
  }

  @Test func `the signal of the hand-over without its value is the app's, with the value that it has`() throws {
    let container = try start(app: [echo, "exit=10:0"])
    try container.exec(echo, "queue=1:63:5", "leave").expectExit(.code(0))
    try container.waitForLine(containing: "63 RTMIN+29")
    #expect(container.lines.last?.hasSuffix("code SI_QUEUE value 5") == true, "\(container)")
    try container.send(63)
    try container.waitForLine(containing: "63 RTMIN+29")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
  }

  @Test func `a hook that gets no answer carries its plan out by itself`() throws {
    // Marked as lastcall marks itself, and nobody takes the request off the queue.
    let container = try Container(echo, "exit=15:0") { $0.ignoredSignals = [33] }
    try container.waitForLine(containing: "ready")
    let hook = try startHook(in: container, "-v", "--wait", "100ms", "--grace-period", "20s")
    try hook.waitForLine(containing: "PID 1 does not answer as lastcall does", of: .standardError)
    try container.waitForLine(containing: "15 TERM")
    _ = try hook.waitForExit()
    try container.expectExit(.code(0))
  }

  // MARK: Before the app runs, and after it ended

  @Test func `a request from before lastcall's own start is heeded once the app runs`() throws {
    // A shell in lastcall's place keeps the request until it becomes lastcall.
    let container = try Container("sh", "-c", "echo up; read x; exec \(lastcall) -v -- \(echo) exit=15:0") {
      $0.standardInput = .pipe
      $0.ignoredSignals = [33]
      $0.blockedSignals = [63]
    }
    try container.waitForLine(containing: "up")
    let hook = try startHook(in: container, "--wait", "100ms", "--grace-period", "5s")
    try waitForRequest(to: container)
    try container.write("go\n")
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
    container.expectWaited(100)
  }

  @Test func `a hook that asks while the app ends by itself succeeds`() throws {
    let container = try start(app: [echo, "exit=10:7"])
    try container.send(SIGSTOP)
    let app = try #require(ProcessEntry.children(of: container.pid).first)
    kill(app.pid, SIGUSR1)
    try Waiting.until("the app is a zombie") { ProcessEntry(app.pid)?.state == "Z" }
    let hook = try startHook(in: container, "--wait", "30s", "--grace-period", "60s")
    try waitForRequest(to: container)
    try container.send(SIGCONT)
    try hook.expectExit(.code(0))
    try container.expectExit(.code(7))
  }

  @Test func `a hook that asks while the address is held succeeds, and ends with the hold`() throws {
    let container = try start(["-v", "--hold", "500ms", "--grace-period", "10s"])
    try container.send(SIGTERM)
    try container.waitForLine(containing: "the app exited with 0", of: .standardError)
    try startHook(in: container, "--wait", "5s", "--grace-period", "10s").expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
  }

  // MARK: Users, and what is hidden

  @Test(.needsRoot, arguments: [false, true])
  func `a hook of root with a supervisor of another user hands over as that user`(hidden: Bool) throws {
    let container = try start {
      $0.user = 65534
      $0.hidesProcesses = hidden
    }
    try startHook(in: container, "--wait", "100ms", "--grace-period", "5s").expectExit(.code(0))
    try container.expectExit(.code(0))
    container.expectWaited(100)
  }

  @Test(.needsRoot) func `a hook that PID 1 may not answer is not heeded, and signals PID 1 by itself`() throws {
    let container = try start { $0.user = 65534 }
    // Without CAP_SETUID.
    let hook = try startHook(in: container, "--wait", "100ms", "--grace-period", "20s") { $0.droppedCapabilities = [7] }
    try container.waitForLine(containing: "cannot answer the hook", of: .standardError)
    try container.waitForLine(containing: "15 TERM")
    _ = try hook.waitForExit()
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
  }

  @Test(.needsRoot) func `a hook that may not signal PID 1 says so, with the remedy`() throws {
    let container = try start(app: [echo, "exit=10:0"])
    let hook = try startHook(in: container, "--wait", "100ms") { $0.user = 65534 }
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("(EPERM); run the hook as the same user as the app"), "\(hook)")
    try container.send(SIGUSR1)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["10"])
  }

  @Test(.needsRoot) func `hidepid hides nothing between processes of one user`() throws {
    let container = try start {
      $0.user = 65534
      $0.hidesProcesses = true
    }
    let hook = try startHook(in: container, "--wait", "100ms", "--grace-period", "5s") { $0.user = 65534 }
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
    container.expectWaited(100)
  }

  @Test func `without /proc the supervisor's own options decide, and it says so`() throws {
    let container = try start(["--wait", "100ms", "--grace-period", "5s"]) { $0.proc = false }
    try startHook(in: container, "--wait", "30s") { $0.proc = false }.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(container.standardError.contains("cannot read the hook's options from /proc"), "\(container)")
    container.expectWaited(100)
  }

  @Test func `without /proc the hook leaves before everything is killed`() throws {
    let container = try start(["--grace-period", "600ms", "--reserve", "200ms"], app: [echo]) { $0.proc = false }
    try startHook(in: container) { $0.proc = false }.expectExit(.code(124))
    try container.expectExit(.code(137))
  }

  @Test(arguments: [[Int32(434)], [424, 434]])
  func `without process descriptors hooks are accepted, waited for and let go all the same`(withheld: [Int32]) throws {
    let container = try start { $0.withheldCalls = withheld }
    let killed = try startHook(in: container, "--wait", "300ms", "--grace-period", "5s") { $0.withheldCalls = withheld }
    try container.waitForLine(containing: Self.began, of: .standardError)
    try killed.send(SIGKILL)
    try killed.waitForExit()
    let hook = try startHook(in: container) { $0.withheldCalls = withheld }
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
  }

  @Test func `a frozen hook holds the end up for a second, no longer`() throws {
    let container = try start()
    let hook = try startHook(in: container, "--wait", "100ms", "--grace-period", "20s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    try hook.send(SIGSTOP)
    try container.waitForLine(containing: "stopped after", of: .standardError)
    let start = Waiting.now()
    #expect(try container.waitForExit(before: start + 20, alongside: [hook]) == .code(0))
    #expect(Waiting.now() - start >= 0.9)
    try hook.expectExit(.signal(SIGKILL))
  }

  // MARK: The stop signal while the hook waits

  @Test func `a stop signal during the wait squeezes the whole schedule into what is left`() throws {
    let container = try start(app: [echo])
    let hook = try startHook(
      in: container, "--wait", "30s", "--signal", "QUIT/20s/TERM/5s/KILL", "--grace-period", "60s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    let start = Waiting.now()
    try container.send(SIGTERM)
    // The kubelet's KILL comes 2 s later.
    #expect(try container.waitForExit(before: start + 2, alongside: [hook]) == .code(137), "\(container)")
    try hook.expectExit(.code(124))
    #expect(signals(container) == ["3", "15"], "\(container)")
  }

  @Test func `a stop signal while the schedule runs cuts it to what is left`() throws {
    let container = try start(app: [echo])
    let hook = try startHook(in: container, "--signal", "QUIT/20s/TERM", "--grace-period", "60s")
    try container.waitForLine(containing: "3 QUIT")
    let start = Waiting.now()
    try container.send(SIGTERM)
    #expect(try container.waitForExit(before: start + 2, alongside: [hook]) == .code(137), "\(container)")
    try hook.expectExit(.code(124))
    #expect(signals(container) == ["3", "15"], "\(container)")
  }

  // MARK: Waiting only

  @Test func `a hook that only waits is let go after the wait, and the stop signal then has no second wait`() throws {
    let container = try start(["-v", "--wait", "20s", "--grace-period", "40s"])
    let hook = try startHook(in: container, "--wait", "200ms", "--signal", "none")
    try hook.expectExit(.code(0))
    #expect(signals(container) == [])
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(signals(container) == ["15"])
  }

  @Test func `a second run of a hook that only waits comes back at once, and sums nothing up twice`() throws {
    let container = try start(["--grace-period", "20s"])
    for _ in 0..<2 { try startHook(in: container, "--wait", "200ms", "--signal", "none").expectExit(.code(0)) }
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(container.standardError.split(separator: "\n").filter { $0.contains("stopped after") }.count == 2)
  }

  @Test func `a hook that only waits does not outwait the app`() throws {
    let container = try start(["-v"], app: [echo, "exit=10:0"])
    let hook = try startHook(in: container, "--wait", "40s", "--signal", "none", "--grace-period", "60s")
    try container.waitForLine(containing: Self.began, of: .standardError)
    try container.send(SIGUSR1)
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
  }
}
