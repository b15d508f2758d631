// Stops, hooks, signals and traffic by chance, again and again, beside one supervisor that lives through it all. A few
// seconds in `swift test`; `Tests/soak` says for how long, and with which seed.

import CHarness
import Chance
import Foundation
import Testing

@Suite(.needsNamespaces, .serialized) struct SoakTests {
  private static let environment = ProcessInfo.processInfo.environment
  static let seconds = environment["LASTCALL_SOAK_SECONDS"].flatMap(Double.init) ?? 15
  static let seed = environment["LASTCALL_SOAK_SEED"].flatMap(UInt64.init) ?? UInt64(Waiting.now() * 1e6)

  /// Runs rounds until the time is over; tells how many. A round that fails says which it was.
  private func soak(_ name: String, _ round: (inout Chance) throws -> Void) throws {
    var chance = Chance(seed: Self.seed)
    let end = Waiting.now() + Self.seconds
    var rounds = 0
    while Waiting.now() < end {
      rounds += 1
      do {
        try round(&chance)
      } catch {
        throw HarnessError("\(name), seed \(Self.seed), round \(rounds): \(error)")
      }
    }
    print("soak: \(rounds) rounds of \(name) with LASTCALL_SOAK_SEED=\(Self.seed)")
    #expect(rounds > 0)
  }

  private func check(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw HarnessError(what()) }
  }

  // MARK: Containers that come and go

  @Test func `every container of any kind ends with the exit code that it must end with`() throws {
    try soak("containers") { chance in
      let code = Int32.random(in: 0...255, using: &chance)
      let mapped = Bool.random(using: &chance)
      var options = mapped ? ["--exit-code", "\(code)=7"] : []
      let expected = Exit.code(mapped ? 7 : code)
      switch Int.random(in: 0..<6, using: &chance) {
      case 0:
        // The app ends by itself, with orphans.
        let container = try Container(
          [lastcall] + options + ["--", "sh", "-c", "\(echo) orphans=\(code) leave; exit \(code)"])
        try expect(container, expected)
      case 1:
        // Signals, the last of which ends it.
        let container = try start(options, code)
        for value in 0..<Int32.random(in: 0...50, using: &chance) {
          try container.queue(Int32.random(in: 34...62, using: &chance), value: value)
        }
        try container.send(SIGTERM)
        try expect(container, expected)
      case 2:
        // A plan, cut short or not.
        let wait = Int.random(in: 1...150, using: &chance)
        options += ["--wait", "\(wait)ms", "--grace-period", "20s"]
        let container = try start(options, code)
        try container.send(SIGTERM)
        if Bool.random(using: &chance) { try container.send(SIGTERM) }
        try expect(container, expected)
        try check(container.waits.count == 1, "\(container)")
      case 3:
        // Hooks, some of which are killed.
        let container = try start(options, code)
        let hook = [lastcall, "wait-then-signal", "-v", "--wait", "\(Int.random(in: 0...100, using: &chance))ms"]
        var hooks = [try container.exec(hook + ["--grace-period", "20s"])]
        for _ in 0..<Int.random(in: 0...2, using: &chance) {
          // The first may have ended everything by now.
          if let next = try? container.exec(hook + ["--grace-period", "20s"]) { hooks.append(next) }
        }
        let isKilled = Bool.random(using: &chance)
        if isKilled { kill(hooks[0].pid, SIGKILL) }
        // One that was killed before it could ask has asked for nothing.
        if isKilled && hooks.count == 1 { try container.send(SIGTERM) }
        try expect(container, expected, alongside: hooks)
        for (index, hook) in hooks.enumerated() {
          let exit = try hook.waitForExit()
          // Whom PID 1 has accepted leaves before it; one that came too late ends with it.
          let mayBeKilled = isKilled && index == 0 || !hook.standardError.contains("waiting for the end")
          try check(exit == .code(0) || mayBeKilled && exit == .signal(SIGKILL), "\(container)\n\(hook)")
        }
      case 4:
        // The deadline.
        let container = try Container(
          lastcall, "--grace-period", "300ms", "--reserve", "100ms", "--", echo, "children=2")
        while !(try container.nextLine().hasPrefix("ready")) {}
        try container.send(SIGTERM)
        try expect(container, .code(137))
        try check(container.standardError.contains("alive at the deadline"), "\(container)")
      default:
        // A signal ends the app.
        let signal = [SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGHUP].randomElement(using: &chance) ?? SIGTERM
        let container = try Container(lastcall, "--", "sleep", "60")
        try Waiting.until("the app runs") { ProcessEntry.children(of: container.pid).first?.name == "sleep" }
        try container.send(signal)
        try expect(container, .code(128 + signal))
      }
    }
  }

  private func start(_ options: [String], _ code: Int32) throws -> Container {
    let container = try Container([lastcall] + options + ["--", echo, "exit=15:\(code)"])
    try container.waitForLine(containing: "ready")
    return container
  }

  /// Its end, with nothing left behind: the outputs end when the last process has gone.
  private func expect(_ container: Container, _ exit: Exit, alongside others: [ChildProcess] = []) throws {
    let found = try container.waitForExit(before: Waiting.now() + 50, alongside: others)
    try check(found == exit, "not \(exit): \(container)")
    for other in others { try other.waitForExit() }
    try container.waitForEnd()
  }

  // MARK: One that stays

  @Test func `a supervisor that lives long neither grows nor leaks`() throws {
    let container = try Container(lastcall, "--", echo, "exit=64:5")
    try container.waitForLine(containing: "ready")
    var marker: Int32 = 0
    /// Everything sent before has been passed on, and everything that died has been reaped.
    func settle() throws {
      marker += 1
      try container.queue(62, value: marker)
      try container.waitForLine(containing: "62 RTMIN+28 from 0 code SI_QUEUE value \(marker)")
    }
    func size() throws -> (kilobytes: Int, descriptors: Int) {
      let entry = try #require(ProcessEntry(container.pid))
      return (Int((entry.status("RssAnon") ?? "").prefix { $0.isNumber }) ?? .max, entry.descriptors.count)
    }
    var first: (kilobytes: Int, descriptors: Int)?
    try soak("signals to one supervisor") { chance in
      for _ in 0..<20 {
        switch Int.random(in: 0..<5, using: &chance) {
        case 0: try container.exec(echo, "orphans=\(Int.random(in: 1...30, using: &chance))", "leave").waitForExit()
        case 1: try container.exec("sh", "-c", "sleep 0 & sleep 0 & exit 3").waitForExit()
        case 2: for value in 0..<Int32(20) { try container.queue(40, value: value) }
        case 3: try container.exec(lastcall, "wait-then-signal", "--explain").waitForExit()
        default: try container.send([SIGUSR1, SIGHUP, SIGWINCH, SIGCHLD].randomElement(using: &chance) ?? SIGHUP)
        }
      }
      try settle()
      // The last of them may be about to end.
      try Waiting.until("nobody but the app is left") {
        ProcessEntry.children(of: container.pid).map(\.name) == ["SignalEcho"]
      }
      let now = try size()
      let before = first ?? now
      first = before
      try check(
        now.descriptors == before.descriptors && now.kilobytes <= before.kilobytes + 64, "\(before) became \(now)")
    }
    try container.send(64)
    try container.expectExit(.code(5))
  }

  // MARK: Traffic

  @Test(.needs("nginx"), .needs("python3")) func `no request to nginx is lost, whatever stops it`() throws {
    let configuration = try Download.nginxConfiguration()
    try soak("nginx with clients") { chance in
      // Clients that know of the end only later, as endpoints lag; a stop by the hook, or by the stop signal.
      let lag = Double.random(in: 0...0.4, using: &chance)
      let options = ["--for", "nginx", "--until-quiet", "600ms", "--max-wait", "15s", "--grace-period", "40s"]
      let byHook = Bool.random(using: &chance)
      let server = try Container.nginx(
        [lastcall] + (byHook ? [] : options) + ["--", "nginx", "-c", configuration])
      let clients = try (0..<2).map { _ in
        try ChildProcess("python3", "-c", Self.client) {
          $0.networkOf = server
          $0.standardInput = .pipe
        }
      }
      for client in clients { try client.waitForLine(containing: "asking") }
      var hook: ChildProcess?
      if byHook {
        hook = try server.exec([lastcall, "wait-then-signal"] + options)
      } else {
        try server.send(SIGTERM)
      }
      try ChildProcess("sleep", String(format: "%.2f", lag)).waitForExit()
      for client in clients { client.closeInput() }
      for client in clients {
        let exit = try client.waitForExit()
        try check(exit == .code(0), "\(server)\n\(client)")
      }
      try expect(server, .code(0), alongside: hook.map { [$0] } ?? [])
      if let hook { try check(hook.exit == .code(0), "\(server)\n\(hook)") }
    }
  }

  /// Asks until its standard input ends, by new connections and by one that is kept; fails at the first answer that is
  /// not whole.
  private static let client = """
    import http.client, select, sys
    count = 0
    kept = http.client.HTTPConnection("127.0.0.1", 8080, timeout=20)
    while not select.select([sys.stdin], [], [], 0)[0]:
        fresh = http.client.HTTPConnection("127.0.0.1", 8080, timeout=20)
        for connection in (fresh, kept):
            connection.request("GET", "/nginx.conf")
            answer = connection.getresponse()
            assert answer.status == 200 and b"daemon off" in answer.read()
            count += 1
        fresh.close()
        if count == 2: print("asking", flush=True)
    print(count, "whole", flush=True)
    """
}
