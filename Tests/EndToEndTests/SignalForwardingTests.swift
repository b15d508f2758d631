// §2.2, §2.3, §2.4: what reaches the app of the signals that reach the supervisor.

import CHarness
import Testing

struct SignalForwardingTests {
  /// Every number but KILL and STOP, which no program can forward, and CHLD, which is the supervisor's own.
  static let forwarded = (Int32(1)...64).filter { ![SIGKILL, SIGSTOP, SIGCHLD].contains($0) }

  @Test(.needsNamespaces) func `every signal of 1 to 64 reaches the app, from outside the container`() throws {
    let container = try Container(lastcall, "--", echo)
    #expect(try container.nextLine() == "ready 2 1 2 1")
    for number in Self.forwarded {
      try container.send(number)
      #expect(try container.nextLine().hasPrefix("\(number) "), "\(container)")
    }
  }

  @Test(.needsNamespaces) func `every signal of 1 to 64 reaches the app, from inside the container`() throws {
    let container = try Container(lastcall, "--", echo)
    try container.waitForLine(containing: "ready")
    for number in Self.forwarded {
      try container.exec("kill", "-\(number)", "1").expectExit(.code(0))
      #expect(try container.nextLine().hasPrefix("\(number) "), "\(container)")
    }
  }

  @Test func `every signal of 1 to 64 reaches the app when lastcall is not PID 1`() throws {
    let process = try ChildProcess(lastcall, "--", echo)
    try process.waitForLine(containing: "ready")
    for number in Self.forwarded {
      try process.send(number)
      #expect(try process.nextLine().hasPrefix("\(number) "), "\(process)")
    }
  }

  @Test func `CHLD is not forwarded, whoever sent it`() throws {
    let process = try ChildProcess(lastcall, "--", echo)
    try process.waitForLine(containing: "ready")
    try process.send(SIGCHLD)
    try process.queue(SIGCHLD, value: 1)
    // Taken off the queue after CHLD, whose number is lower.
    try process.send(34)
    #expect(try process.nextLine().hasPrefix("34 RTMIN"))
  }

  @Test func `signals that wait for lastcall when it starts reach the app once it exists`() throws {
    let process = try ChildProcess(lastcall, "--", echo) {
      $0.blockedSignals = [SIGHUP, SIGTERM, 34, 64]
      $0.pendingSignals = [SIGHUP, SIGTERM, 34, 64]
    }
    try process.waitForLine(containing: "ready")
    try process.send(SIGWINCH)
    var numbers: Set<String> = []
    while numbers.count < 5 { numbers.insert(String(try process.nextLine().prefix { $0 != " " })) }
    #expect(numbers == ["1", "15", "34", "64", "28"])
  }

  @Test func `a queued signal keeps its value, and of a thousand queued none is lost`() throws {
    let process = try ChildProcess(lastcall, "--", echo)
    try process.waitForLine(containing: "ready")
    for value in Int32(0)..<1000 { try process.queue(40, value: value) }
    for value in 0..<1000 {
      let line = try process.nextLine()
      #expect(line.hasPrefix("40 RTMIN+6") && line.hasSuffix("SI_QUEUE value \(value)"))
    }
  }

  @Test(.needsNamespaces) func `a stopped app is continued by the CONT that lastcall gets`() throws {
    let container = try Container(lastcall, "--", echo, "stop")
    try container.waitForLine(containing: "ready")
    let app = try #require(ProcessEntry.children(of: container.pid).first).pid
    try Waiting.until("the app is stopped") { ProcessEntry(app)?.state == "T" }
    try container.send(SIGUSR1)
    try container.send(SIGCONT)
    #expect(try container.nextLine().hasPrefix("10 USR1"))
    #expect(try container.nextLine().hasPrefix("18 CONT"))
  }

  @Test(.needsNamespaces, arguments: [[], ["--group"]])
  func `after the app's end no signal reaches whoever has its pid by then`(options: [String]) throws {
    // The grace period keeps lastcall, for the process that the app left behind: in a group of its own, as a pid that
    // still names a group is not used again.
    let words = ["--grace-period", "100s", "--", "sh", "-c", "setsid \(echo) & read line"]
    let container = try Container([lastcall] + options + words) { $0.standardInput = .pipe }
    try container.waitForLine(containing: "ready")
    try container.write("end\n")
    try container.waitForLine(containing: "15 TERM")
    try container.exec("sh", "-c", "echo 1 > /proc/sys/kernel/ns_last_pid").expectExit(.code(0))
    let successor = try container.exec(echo)
    #expect(try successor.nextLine() == "ready 2 0 2 2")
    try container.send(SIGUSR1)
    try container.send(34)
    // Taken after USR1, whose number is lower.
    try Waiting.until("lastcall has taken both") {
      ProcessEntry(container.pid)?.status("ShdPnd") == "0000000000000000"
    }
    try successor.send(SIGUSR2)
    #expect(try successor.nextLine().hasPrefix("12 USR2"))
  }

  @Test func `--map sends another signal instead, and a rule does not feed another`() throws {
    let process = try ChildProcess(lastcall, "--map", "TERM=QUIT", "--map=QUIT=USR1", "--map", "34=RTMIN+5", "--", echo)
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    #expect(try process.nextLine().hasPrefix("3 QUIT"))
    try process.send(SIGQUIT)
    #expect(try process.nextLine().hasPrefix("10 USR1"))
    try process.send(34)
    #expect(try process.nextLine().hasPrefix("39 RTMIN+5"))
  }

  @Test func `--map to none drops a signal`() throws {
    let process = try ChildProcess(lastcall, "--map", "WINCH=none", "--map", "32=none", "--", echo)
    try process.waitForLine(containing: "ready")
    try process.send(SIGWINCH)
    try process.send(32)
    try process.send(34)
    #expect(try process.nextLine().hasPrefix("34 "))
  }

  @Test func `--map comes from LASTCALL_MAP, and the command line wins`() throws {
    let process = try ChildProcess(lastcall, "--map", "USR1=USR2", "--", echo) {
      $0.environment.append("LASTCALL_MAP=USR1=HUP")
    }
    try process.waitForLine(containing: "ready")
    try process.send(SIGUSR1)
    #expect(try process.nextLine().hasPrefix("12 USR2"))
  }

  @Test func `without --group only the app hears`() throws {
    let process = try ChildProcess(lastcall, "--", echo, "children=1")
    let ready = try process.waitForLine(containing: "child 1 ready")
    let child = try #require(pid_t(ready.split(separator: " ")[3]))
    try process.waitForLine(containing: "ready")
    try process.send(SIGUSR1)
    #expect(try process.nextLine().hasPrefix("10 USR1"))
    // What the group would have heard by now comes before this.
    kill(child, SIGUSR2)
    #expect(try process.nextLine().hasPrefix("child 1 12 USR2"))
  }

  @Test func `with --group the app's children hear too`() throws {
    let process = try ChildProcess(lastcall, "--group", "--", echo, "children=2")
    try process.waitForLine(containing: "child 2 ready")
    try process.waitForLine(containing: "ready")
    for number in Self.forwarded {
      try process.send(number)
      let heard = try (0..<3).map { _ in try process.nextLine() }.sorted()
      #expect(heard[0].hasPrefix("\(number) "), "\(process)")
      #expect(heard[1].hasPrefix("child 1 \(number) "), "\(process)")
      #expect(heard[2].hasPrefix("child 2 \(number) "), "\(process)")
    }
  }
}
