// Storms: of signals, of forks and of orphans, all at once. Nothing is lost, and nothing is left of it.

import CHarness
import Testing

@Suite(.needsNamespaces, .serialized) struct StormTests {
  /// What must be the same after a storm as before.
  private struct Footprint: Equatable, CustomStringConvertible {
    let descriptors: [Int32: String]
    let kilobytes: Int

    init(of process: ChildProcess) throws {
      let entry = try #require(ProcessEntry(process.pid))
      descriptors = entry.descriptors
      kilobytes = Int(try #require(entry.status("RssAnon")).prefix { $0.isNumber }) ?? .max
    }

    var description: String { "\(descriptors), \(kilobytes) kB" }
  }

  /// Brings lastcall to the size that a few signals and orphans bring it to.
  private func warm(_ container: Container) throws -> Footprint {
    try container.exec(echo, "orphans=50", "leave").expectExit(.code(0))
    try send(10, to: container)
    try expectQuiet(container, marker: 1)
    return try Footprint(of: container)
  }

  /// Sends signals of all kinds; real-time ones with their number in the row as value.
  private func send(_ rounds: Int32, to container: Container) throws {
    for round in 0..<rounds {
      if round % 2 == 0 {
        try container.queue(35 + (round / 2) % 28, value: round)
      } else {
        // Standard signals merge.
        try container.send([SIGUSR1, SIGUSR2, SIGHUP, SIGWINCH, SIGCHLD, SIGURG, SIGALRM][Int(round / 2) % 7])
      }
    }
  }

  /// A marker that comes after all others: the highest number. Then no child is left but the app.
  private func expectQuiet(_ container: Container, marker: Int32) throws {
    try container.queue(64, value: marker)
    try container.waitForLine(containing: "64 RTMIN+30 from 0 code SI_QUEUE value \(marker)")
    #expect(ProcessEntry.children(of: container.pid).map(\.name) == ["SignalEcho"])
  }

  @Test func `100,000 signals while processes come, go and are orphaned by the thousand`() throws {
    let container = try Container(lastcall, "--", echo, "exit=15:3")
    try container.waitForLine(containing: "ready")
    let before = try warm(container)
    let forks = try (0..<2).map { _ in try container.exec(echo, "orphans=6000", "leave") }
    let shell = try container.exec("sh", "-c", "n=0; while [ $n -lt 500 ]; do (true & exit); n=$((n + 1)); done")
    try send(100_000, to: container)
    for process in forks + [shell] { try process.expectExit(.code(0)) }
    try expectQuiet(container, marker: 2)

    // 10 rounds of `warm`, then the storm's.
    let values = container.standardOutput.utf8.split(separator: 10).compactMap { line -> Int32? in
      let words = line.split(separator: 32)
      guard words.count == 8, let number = Int32(Substring(words[0])), (35...62).contains(number) else { return nil }
      return Int32(Substring(words[7]))
    }
    #expect(values.count == 5 + 50_000, "every queued signal arrives, once")
    #expect(values.sorted() == (Array(Int32(0)..<5) + Array(Int32(0)..<50_000)).map { $0 * 2 }.sorted())
    #expect(container.standardError.isEmpty)

    let after = try Footprint(of: container)
    #expect(after.descriptors == before.descriptors)
    #expect(after.kilobytes <= before.kilobytes + 64, "before \(before), after \(after)")
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
  }

  @Test func `20,000 orphans that die at once are reaped, and the app's exit among them is told`() throws {
    let container = try Container(lastcall, "--", "sh", "-c", "\(echo) orphans=20000 leave; exit 42")
    try container.expectExit(.code(42))
    #expect(container.standardOutput == "orphaned\n")
  }

  @Test func `a storm of orphans delays no signal, and a storm of signals no reaping`() throws {
    let container = try Container(lastcall, "--", echo, "exit=15:3")
    try container.waitForLine(containing: "ready")
    let orphans = try container.exec(echo, "orphans=20000", "leave")
    // Lower numbers than CHLD come first, as long as there are any.
    while orphans.exit == nil {
      for signal in 1...16 where ![SIGKILL, SIGTERM].contains(Int32(signal)) { try container.send(Int32(signal)) }
      _ = try orphans.waitForExit(before: Waiting.now())
    }
    try expectQuiet(container, marker: 3)
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
  }

  @Test func `a stop in the middle of a storm is carried out, and its exit code told`() throws {
    for round in Int32(0)..<20 {
      let container = try Container(lastcall, "--grace-period", "40s", "--", echo, "exit=15:3")
      try container.waitForLine(containing: "ready")
      let orphans = try container.exec(echo, "orphans=\(round * 50)", "leave")
      // As many lines as a pipe holds that nobody reads meanwhile.
      for value in 0..<(round * 50) { try container.queue(40, value: value) }
      try container.send(SIGTERM)
      #expect(try container.waitForExit(before: Waiting.now() + 50, alongside: [orphans]) == .code(3), "\(container)")
      try orphans.waitForExit()
    }
  }
}
