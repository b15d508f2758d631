// A hook leaves with 0 before PID 1 does, in every run: one that is still there at PID 1's end is killed.

import CHarness
import Testing

@Suite(.needsNamespaces, .serialized) struct HookRaceTests {
  /// Keeps both of a small machine's processors busy.
  private func makeLoad() throws -> [ChildProcess] {
    try (0..<2).map { _ in try ChildProcess("sh", "-c", "while :; do :; done") }
  }

  @Test func `in 200 runs on a busy machine every hook leaves before PID 1`() throws {
    let load = try makeLoad()
    for run in 0..<200 {
      let container = try Container(lastcall, "--", echo, "exit=15:0")
      try container.waitForLine(containing: "ready")
      let hook = try container.exec(lastcall, "wait-then-signal", "--grace-period", "20s")
      #expect(try hook.waitForExit() == .code(0), "run \(run): \(container)\n\(hook)")
      try container.expectExit(.code(0))
    }
    for process in load { try process.send(SIGKILL) }
  }

  @Test func `in 100 runs with two hooks and a stop signal at any moment, whom PID 1 has accepted leaves before it`()
    throws
  {
    for run in 0..<100 {
      let container = try Container(lastcall, "--grace-period", "20s", "--", echo, "exit=15:0")
      try container.waitForLine(containing: "ready")
      let hooks = try (0..<2).map { _ in try container.exec(lastcall, "wait-then-signal", "-v", "--wait", "9s") }
      try container.send(SIGTERM)
      for hook in hooks {
        let exit = try hook.waitForExit()
        // The stop signal alone ends everything, a hook that has not asked yet along with it.
        let isAccepted = hook.standardError.contains("waiting for the end")
        #expect(exit == .code(0) || exit == .signal(SIGKILL) && !isAccepted, "run \(run): \(container)\n\(hook)")
      }
      try container.expectExit(.code(0))
      #expect(container.lines.filter { $0.hasPrefix("15 TERM") }.count == 1, "run \(run): \(container)")
    }
  }
}
