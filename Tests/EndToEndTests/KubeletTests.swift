// Whole terminations, as Kubernetes carries them out.

import CHarness
import Testing

@Suite(.needsNamespaces) struct KubeletTests {
  private func hook(_ options: String...) -> [String] { [lastcall, "wait-then-signal"] + options }

  /// lastcall with an app that ends with 0 at TERM.
  private func startApp(_ options: String..., app: [String] = [echo, "exit=15:0"]) throws -> Container {
    let container = try Container([lastcall] + options + ["--"] + app)
    try container.waitForLine(containing: "ready")
    return container
  }

  private func signals(_ container: Container) -> [String] { container.lines.filter { $0.contains(" from ") } }

  // MARK: The stand-in itself

  @Test func `the kubelet takes a hook's time off in whole seconds, and leaves two at the least`() throws {
    let container = try Container(echo)
    try container.waitForLine(containing: "ready")
    let ending = try Kubelet(gracePeriod: 3, preStop: ["sleep", "1.2"]).stop(container)
    let signalled = try #require(ending.signalled)
    let killed = try #require(ending.killed)
    #expect(signalled >= 1.2, "\(ending)")
    #expect(killed - signalled >= 2, "\(ending)")
    #expect(killed < 3.9, "\(ending)")
    #expect(ending.exit == .signal(SIGKILL))
  }

  @Test func `the kubelet gives a hook up at the end of the grace period, and it goes on beside the app`() throws {
    let container = try Container(echo, "exit=15:0")
    try container.waitForLine(containing: "ready")
    let ending = try Kubelet(gracePeriod: 1, preStop: ["sleep", "60"]).stop(container)
    #expect(try #require(ending.signalled) >= 1)
    #expect(ending.killed == nil)
    #expect(!ending.hookCompletedInTime)
    // PID 1 took it along.
    #expect(ending.hookExits == [.signal(SIGKILL)])
  }

  // MARK: Terminations

  @Test func `normal: the hook waits, the app gets one TERM, and nothing has failed`() throws {
    let container = try startApp()
    let kubelet = Kubelet(gracePeriod: 5, preStop: hook("--wait", "300ms", "--grace-period", "5s"))
    let ending = try kubelet.stop(container)
    #expect(ending.hooksSucceeded, "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(ending.took >= 0.3)
    #expect(signals(container) == ["15 TERM from 1 code SI_USER"])
    container.expectWaited(300)
  }

  @Test func `hook overrun: the app is signalled at once, and its end lets the hook go`() throws {
    let container = try startApp()
    // The hook was told of a longer grace period than there is.
    let kubelet = Kubelet(gracePeriod: 1, preStop: hook("--wait", "20s", "--grace-period", "60s"))
    let ending = try kubelet.stop(container)
    #expect(!ending.hookCompletedInTime, "\(ending)")
    #expect(ending.hookExits == [.code(0)], "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(container.standardError.contains("(TERM said time is up)"), "\(ending)")
    #expect(signals(container) == ["15 TERM from 1 code SI_USER"])
  }

  @Test func `hook overrun with an app that does not end: lastcall ends it before the kubelet does`() throws {
    let container = try startApp(app: [echo])
    let kubelet = Kubelet(gracePeriod: 1, preStop: hook("--wait", "20s", "--grace-period", "60s"))
    let ending = try kubelet.stop(container)
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.hookExits == [.code(124)], "\(ending)")
    #expect(ending.exit == .code(128 + SIGKILL), "\(ending)")
    #expect(container.standardError.contains("alive at the deadline: SignalEcho (2)"), "\(ending)")
    #expect(signals(container).count == 1, "\(ending)")
  }

  @Test func `hook failing: the stop signal follows at once, and starts the supervisor's own plan`() throws {
    let container = try startApp("--wait", "200ms", "--grace-period", "5s")
    let ending = try Kubelet(gracePeriod: 5, preStop: hook("--wait", "soon")).stop(container)
    #expect(ending.hookExits == [.code(125)], "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    container.expectWaited(200)
  }

  @Test func `grace shortened midway: the second hook joins the plan, and both succeed`() throws {
    let container = try startApp("-v")
    let kubelet = Kubelet(gracePeriod: 30, preStop: hook("--wait", "500ms", "--grace-period", "30s"))
    let termination = try kubelet.begin(container)
    try container.waitForLine(containing: "stop asked for by the preStop hook", of: .standardError)
    try termination.shorten(to: 10)
    let ending = try termination.finish()
    #expect(ending.hookExits == [.code(0), .code(0)], "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(signals(container).count == 1)
    container.expectWaited(500)
  }

  @Test func `grace shortened to almost nothing: the kubelet's signal ends the wait that both hooks wait for`() throws {
    let container = try startApp("-v")
    let kubelet = Kubelet(gracePeriod: 30, preStop: hook("--wait", "20s", "--grace-period", "30s"))
    let termination = try kubelet.begin(container)
    try container.waitForLine(containing: "stop asked for by the preStop hook", of: .standardError)
    try termination.shorten(to: 1)
    let ending = try termination.finish()
    #expect(ending.hookExits == [.code(0), .code(0)], "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
  }

  @Test func `eviction: one second of grace is enough for an app that ends when it is asked`() throws {
    let container = try startApp("--grace-period", "30s", "--wait", "5s")
    let ending = try Kubelet(gracePeriod: 1, preStop: hook()).stop(container)
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.hookExits == [.code(0)], "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
  }

  @Test func `no hook: the stop signal starts the plan`() throws {
    let container = try startApp("--wait", "300ms", "--grace-period", "5s")
    let ending = try Kubelet(gracePeriod: 5).stop(container)
    #expect(ending.signalled != nil && ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(ending.took >= 0.3)
    container.expectWaited(300)
  }

  @Test func `no hook and no plan: the stop signal is the app's at once`() throws {
    let container = try startApp()
    let ending = try Kubelet(gracePeriod: 5).stop(container)
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(container.standardError.isEmpty, "\(ending)")
  }

  @Test func `a stop signal other than TERM starts the plan too`() throws {
    let container = try startApp("--wait", "100ms", "--grace-period", "5s", app: [echo, "exit=3:0"])
    let ending = try Kubelet(gracePeriod: 5, stopSignal: SIGQUIT).stop(container)
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(container.standardError.contains("; QUIT at "), "\(ending)")
  }

  @Test func `the hook only waits: the app gets its signal from the kubelet`() throws {
    let container = try startApp()
    let kubelet = Kubelet(gracePeriod: 5, preStop: hook("--wait", "200ms", "--signal", "none", "--grace-period", "5s"))
    let ending = try kubelet.stop(container)
    #expect(ending.hooksSucceeded, "\(ending)")
    #expect(try #require(ending.signalled) >= 0.2, "\(ending)")
    #expect(ending.killed == nil, "\(ending)")
    #expect(ending.exit == .code(0), "\(ending)")
    #expect(signals(container).count == 1)
  }
}
