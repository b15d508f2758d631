// §2.9: whatever system call a seccomp profile refuses to lastcall, with ENOSYS or EPERM: a start that cannot be is told in
// one line, and after it lastcall never dies, spins, hangs, or loses a signal or an exit code.

import CHarness
import Testing

@Suite(.needsNamespaces) struct RefusedCallTests {
  /// What lastcall is doing while a call is refused to it.
  enum Scene: CaseIterable {
    /// The supervisor: without a plan; with a wait; until quiet; with an app that must be killed; for a hook.
    case plain, wait, quiet, kill, forHook
    /// The hook: handing over; alone; alone, until quiet.
    case hook, alone, aloneQuiet

    var isHook: Bool { self == .hook || self == .alone || self == .aloneQuiet }

    var options: [String] {
      switch self {
      case .plain, .forHook: []
      case .wait, .hook: ["--wait", "60ms", "--grace-period", "20s"]
      case .quiet: ["--until-quiet", "50ms", "--max-wait", "150ms", "--grace-period", "20s"]
      case .kill: ["--grace-period", "500ms", "--reserve", "200ms"]
      case .alone: ["--process", "SignalEcho", "--wait", "60ms", "--grace-period", "20s"]
      case .aloneQuiet:
        ["--pid", "2", "--until-quiet", "50ms", "--max-wait", "150ms", "--grace-period", "20s"]
      }
    }

    var app: [String] { self == .kill ? [echo, "children=1"] : [echo, "exit=15:3"] }
    var exit: Exit { self == .kill ? .code(137) : .code(3) }

    /// PID 1.
    var command: [String] {
      switch self {
      // A shell that goes with its app.
      case .alone, .aloneQuiet: ["sh", "-c", "\(app.joined(separator: " ")); exit $?"]
      case .hook: [lastcall, "--"] + app
      default: [lastcall] + options + ["--"] + app
      }
    }
  }

  struct Case: CustomTestStringConvertible {
    let scene: Scene
    let error: Int32
    /// Refused from lastcall's first instruction on; else once the app runs.
    let fromStart: Bool

    var testDescription: String {
      "\(scene), \(error == ENOSYS ? "ENOSYS" : "EPERM") \(fromStart ? "from the start" : "once the app runs")"
    }
  }

  /// A dynamic loader, and ordinary Swift's runtime, cannot do without much that lastcall can do without.
  private static let isRelease = Binary.libraries.isEmpty

  static let cases = Scene.allCases.flatMap { scene in
    [ENOSYS, EPERM].flatMap { error in
      [true, false].map { Case(scene: scene, error: error, fromStart: $0) }
    }
  }.filter { $0.fromStart ? isRelease : !$0.scene.isHook }

  /// Without these the app cannot be started: signals that are kept, a process, a program.
  private static let startNeeds = Set(
    [harness_call_signal_mask, harness_call_clone, harness_call_execute].map(Int32.init))

  /// Nobody's to do without: the memory of an ordinary Swift.
  private static let ungoverned = Set((isRelease ? [] : [harness_call_map, harness_call_break]).map(Int32.init))

  /// More refusals than this in a scene are a spin.
  private static let most = 300

  @Test(arguments: cases) func `each system call may be refused`(_ the: Case) throws {
    let all = try Warden()
    try play(the, all)
    let calls = Set(all.seen.map(\.number)).subtracting(Self.ungoverned)
    #expect(calls.count > 15)
    var refusals = 0
    for call in calls.sorted() {
      let warden = try Warden(of: call, refusing: the.fromStart ? the.error : 0)
      try play(the, warden)
      #expect(warden.refused < Self.most, "\(the.testDescription): call \(call) is repeated without end")
      refusals += warden.refused
    }
    #expect(refusals > 10, "the warden refuses nothing")
  }

  private func play(_ the: Case, _ warden: Warden) throws {
    let scene = the.scene
    let name = "\(the.testDescription), call \(warden.call.map(String.init) ?? "none")"
    let container: Container
    do {
      container = try Container(scene.command) {
        if !scene.isHook { $0.warden = warden }
        $0.network = true
      }
    } catch {
      throw HarnessError("\(name): \(error)")
    }
    guard (try? container.waitForLine(containing: "ready")) != nil else {
      // Whatever it was, it is said, once.
      let exit = try container.waitForExit()
      #expect(the.fromStart && warden.call.map(Self.startNeeds.contains) == true, "\(name)\n\(container)")
      #expect(exit == .code(125) || exit == .code(126), "\(name)\n\(container)")
      let lines = container.standardError.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].hasPrefix("lastcall: cannot "), "\(name)\n\(container)")
      return
    }
    let app = try #require(ProcessEntry.descendants(of: container.pid).first { $0.name == "SignalEcho" })
    if warden.call != nil && !scene.isHook { warden.refuse(with: the.error) }
    // Of a signal it cannot hear in any other way.
    let isDeaf = warden.call == Int32(harness_call_signal_wait) && !scene.isHook
    var hook: ChildProcess?
    switch scene {
    case .plain:
      for (signal, line) in [(SIGUSR1, "10 USR1"), (40, "40 RTMIN")] where !isDeaf {
        try container.send(signal)
        try container.waitForLine(containing: line)
      }
      try container.send(SIGTERM)
    case .wait, .quiet, .kill: try container.send(SIGTERM)
    case .forHook: hook = try container.exec([lastcall, "wait-then-signal"] + Scene.hook.options)
    case .hook, .alone, .aloneQuiet:
      hook = try container.exec([lastcall, "wait-then-signal"] + scene.options) {
        $0.warden = warden
        $0.network = true
      }
    }
    if isDeaf { kill(app.pid, scene == .kill ? SIGKILL : SIGTERM) }
    let others = hook.map { [$0] } ?? []
    if let hook, try hook.waitForExit(before: Waiting.now() + 30, alongside: [container]) == .code(125) {
      // A hook that cannot do its work says so, and the kubelet's signal follows.
      let lines = hook.standardError.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].hasPrefix("lastcall: "), "\(name)\n\(hook)")
      kill(app.pid, SIGTERM)
    }
    let exit = try container.waitForExit(before: Waiting.now() + 30, alongside: others)
    #expect(exit == scene.exit, "\(name)\n\(container)")
    if let hook {
      // Killed, if PID 1 could not wait for it or is no lastcall.
      #expect([.code(0), .code(125), .signal(SIGKILL)].contains(try hook.waitForExit()), "\(name)\n\(hook)")
    }
    let heard = container.lines.filter { $0.contains(" from ") }.map { String($0.prefix { $0 != " " }) }
    // One signal may have come to a wait that had begun before.
    if !isDeaf { #expect(heard == (scene == .plain ? ["10", "40", "15"] : ["15"]), "\(name)\n\(container)") }
  }

  @Test(.needsNamespaces) func `it asks no clock that anybody can set`() throws {
    let realTimeClocks: Set<UInt64> = [0, 5, 8, 11]
    for scene in Scene.allCases {
      let warden = try Warden()
      try play(Case(scene: scene, error: 0, fromStart: false), warden)
      let clocks = warden.seen.filter { $0.number == Int32(harness_call_clock) }
      #expect(scene == .plain || !clocks.isEmpty)
      #expect(clocks.allSatisfy { !realTimeClocks.contains($0.argument) }, "\(scene): \(clocks)")
    }
  }
}
