// Stopped and frozen: whoever is continued goes on where it was, and nothing is lost meanwhile.

import CHarness
import Testing

@Suite(.needsNamespaces) struct FrozenTests {
  private func start(_ options: String..., app: [String] = [echo, "exit=15:3"]) throws -> Container {
    let container = try Container([lastcall] + options + ["--"] + app)
    try container.waitForLine(containing: "ready")
    return container
  }

  private func app(of container: Container) throws -> Int32 {
    try #require(ProcessEntry.children(of: container.pid).first).pid
  }

  private func signals(_ container: Container) -> [String] {
    container.lines.filter { $0.contains(" from ") }.map { String($0.prefix { $0 != " " }) }
  }

  @Test func `a stopped app gets what came meanwhile, and its exit code is told`() throws {
    let container = try start()
    let app = try app(of: container)
    kill(app, SIGSTOP)
    try container.queue(40, value: 7)
    try container.send(SIGTERM)
    kill(app, SIGCONT)
    try container.expectExit(.code(3))
    #expect(signals(container).contains("15"))
  }

  @Test func `a stopped lastcall has lost nothing when it is continued`() throws {
    let container = try start()
    let orphans = try container.exec(echo, "orphans=200", "leave")
    try orphans.expectExit(.code(0))
    try container.send(SIGSTOP)
    for value in Int32(0)..<1000 { try container.queue(40, value: value) }
    try container.send(SIGUSR1)
    try container.exec(echo, "orphans=200", "leave").expectExit(.code(0))
    try container.send(SIGCONT)
    try container.waitForLine(containing: "value 999")
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
    #expect(signals(container).filter { $0 == "40" }.count == 1000)
    #expect(signals(container).contains("10"))
  }

  @Test func `a lastcall that was stopped over its wait goes on with what is due`() throws {
    let container = try start("-v", "--wait", "300ms", "--grace-period", "30s")
    try container.send(SIGTERM)
    try container.waitForLine(containing: "stop asked for", of: .standardError)
    try container.send(SIGSTOP)
    // Longer than the wait.
    try ChildProcess("sleep", "0.5").expectExit(.code(0))
    try container.send(SIGCONT)
    try container.expectExit(.code(3))
    #expect(signals(container) == ["18", "15"] || signals(container) == ["15"], "\(container)")
    container.expectWaited(300)
  }

  @Test func `an app that ends while lastcall is stopped has its exit code told`() throws {
    let container = try start()
    let app = try app(of: container)
    try container.send(SIGSTOP)
    kill(app, SIGTERM)
    try Waiting.until("the app is a zombie") { ProcessEntry(app)?.state == "Z" }
    try container.send(SIGCONT)
    try container.expectExit(.code(3))
  }

  @Test(.needsFreezer) func `a frozen app gets what came meanwhile, and its exit code is told`() throws {
    let container = try start()
    let group = try ControlGroup(.freezer)
    try group.add(try app(of: container))
    try group.freeze()
    try container.send(SIGUSR1)
    try container.send(SIGTERM)
    // lastcall has passed both on.
    try container.send(40)
    try Waiting.until("the signals are passed on") {
      let pending = ProcessEntry(try app(of: container))?.status("ShdPnd").flatMap { UInt64($0, radix: 16) } ?? 0
      return pending & 1 << 39 != 0
    }
    #expect(signals(container) == [])
    try group.thaw()
    try container.expectExit(.code(3))
    #expect(signals(container) == ["10", "15"])
  }

  @Test(.needsFreezer) func `a whole frozen container goes on where it was`() throws {
    let container = try start("--wait", "100ms", "--grace-period", "40s")
    let group = try ControlGroup(.freezer)
    try group.add(container.pid)
    try group.add(try app(of: container))
    try group.freeze()
    try container.send(SIGTERM)
    try container.queue(40, value: 3)
    try group.thaw()
    try container.expectExit(.code(3))
    #expect(signals(container) == ["40", "15"])
  }

  @Test(.needsFreezer) func `with a frozen app the deadline is kept: lastcall leaves, and says whom`() throws {
    let container = try start("--grace-period", "700ms", "--reserve", "200ms")
    let group = try ControlGroup(.freezer)
    try group.add(try app(of: container))
    try group.freeze()
    try container.send(SIGTERM)
    try container.waitForLine(containing: "alive at the deadline: SignalEcho", of: .standardError)
    // An old freezer lets nobody die.
    try group.thaw()
    try container.expectExit(.code(137))
  }
}
