// Signals as a queue: none is lost, none acts, and each says where it is from.

import CHarness
import Foundation
import Testing

@Suite struct SignalQueueTests {
  @Test func `every signal that can be blocked is queued, 32 to 34 too`() throws {
    let probe = try CallsProbe("queue")
    #expect(try probe.line() == "ready")
    // HUP and TERM have a meaning to the probe.
    for number in Int32(2)...64 where ![SIGKILL, SIGSTOP, SIGTERM].contains(number) {
      probe.send(number)
      let line = try probe.line()
      #expect(line.hasSuffix(" from the test as this user"), "\(number): \(line)")
      if number > 34 { #expect(line.hasPrefix("RTMIN+\(number - 34) ")) }
    }
    probe.send(SIGTERM)
    #expect(try probe.line() == "TERM from the test as this user")
    #expect(probe.exitCode() == 0)
  }

  @Test func `what came before the queue was opened is in it`() throws {
    var setup = CallsProbe.Setup()
    setup.blocked = [SIGUSR1, SIGTERM]
    setup.by = ["sh", "-c", "kill -USR1 $$; kill -TERM $$; exec \"$@\"", "sh"]
    let probe = try CallsProbe("queue", setup: setup)
    #expect(
      probe.lines() == ["ready", "USR1 from another as this user, our own", "TERM from another as this user, our own"])
  }

  @Test func `a queued signal has its value, and a plain one has none`() throws {
    let probe = try CallsProbe("queue")
    #expect(try probe.line() == "ready")
    for (number, name) in [(Int32(34), "RTMIN"), (63, "RTMIN+29"), (SIGUSR1, "USR1")] {
      #expect(harness_queue(probe.process, number, 7) == 0)
      #expect(try probe.line() == "\(name) from the test as this user, value 7")
    }
    // Real-time signals are not merged, and come in order.
    for value in Int32(1)...20 { #expect(harness_queue(probe.process, 40, value) == 0) }
    for value in 1...20 { #expect(try probe.line() == "RTMIN+6 from the test as this user, value \(value)") }
  }

  @Test func `what the process sends itself, and what the kernel sends, is told apart`() throws {
    let probe = try CallsProbe("queue")
    #expect(try probe.line() == "ready")
    probe.send(SIGHUP)
    #expect(try probe.line() == "HUP from the test as this user")
    #expect(try probe.line() == "USR2 from another as this user, our own")
    let terminal = try TestTerminal()
    let onTerminal = try CallsProbe("queue", setup: .init(terminal: terminal.path))
    #expect(try onTerminal.line() == "ready")
    terminal.type("\u{03}")
    let line = try onTerminal.line()
    #expect(line.hasPrefix("INT from nobody") && line.hasSuffix(", of the kernel"))
    #expect(harness_set_window(terminal.keyboard, 50, 100) == 0)
    #expect(try onTerminal.line().hasPrefix("WINCH from nobody"))
  }

  @Test func `a stop and continue interrupt the wait, and lose nothing`() throws {
    let probe = try CallsProbe("queue")
    #expect(try probe.line() == "ready")
    probe.send(SIGSTOP)
    var status: Int32 = 0
    #expect(waitpid(probe.process, &status, WUNTRACED) == probe.process)
    probe.send(SIGCONT)
    // CONT is delivered as well, the interruption before or after it.
    var lines: [String] = [try probe.line()]
    if lines[0] == "interrupted" { lines.append(try probe.line()) }
    #expect(lines.contains("CONT from the test as this user"))
    probe.send(SIGTERM)
    #expect(probe.lines().last == "TERM from the test as this user")
  }

  @Test func `CHLD ignored by the parent is known`() throws {
    // Not dash, which takes CHLD back.
    let setup = CallsProbe.Setup(by: ["bash", "-c", "trap '' CHLD; exec \"$@\"", "sh"])
    #expect(try CallsProbe("queue", setup: setup).line() == "ready, ignoring CHLD")
  }

  @Test func `restored, signals act as they did, and what waited acts at once`() throws {
    let waited = try CallsProbe("restore")
    #expect(try waited.line() == "ready")
    waited.send(SIGTERM)
    waited.say("")
    #expect(waited.lines() == [])
    #expect(waited.exitCode() == 128 + SIGTERM)

    let later = try CallsProbe("restore")
    #expect(try later.line() == "ready")
    later.say("")
    #expect(try later.line() == "restored")
    later.send(SIGINT)
    #expect(later.lines() == [])
    #expect(later.exitCode() == 128 + SIGINT)

    let blocked = try CallsProbe("restore", setup: .init(blocked: [SIGTERM]))
    #expect(try blocked.line() == "ready")
    blocked.send(SIGTERM)
    blocked.say("")
    blocked.say("")
    #expect(blocked.lines() == ["restored", "alive"], "what was blocked at the start is so again")
  }

  @Test func `the supervisor's mark is an ignored 33, and is taken back with the mask`() throws {
    let probe = try CallsProbe("restore")
    #expect(try probe.line() == "ready")
    func ignored() throws -> UInt64 {
      let status = try String(contentsOfFile: "/proc/\(probe.process)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") })
      return try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
    }
    #expect(try ignored() & 1 << 32 != 0)
  }

  @Test func `Ctrl-Z by our own hand stops us, and CONT is taken from the queue`() throws {
    // In a group of its own it has a parent, the tests, in the same session, who could continue it.
    let probe = try CallsProbe("stop", setup: .init(hasOwnGroup: true))
    #expect(try probe.line() == "ready")
    var status: Int32 = 0
    #expect(waitpid(probe.process, &status, WUNTRACED) == probe.process)
    #expect(harness_stop_signal(status) == SIGTSTP)
    probe.send(SIGCONT)
    #expect(probe.lines() == ["continued", "pending"])
  }

  @Test func `a group that nobody could continue is not stopped`() throws {
    let terminal = try TestTerminal()
    let probe = try CallsProbe("stop", setup: .init(terminal: terminal.path))
    #expect(probe.lines() == ["ready", "continued", "pending"])
  }
}
