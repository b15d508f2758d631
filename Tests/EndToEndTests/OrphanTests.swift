// §2.5: orphans are reaped at once, however many.

import CHarness
import Testing

struct OrphanTests {
  @Test(.needsNamespaces, arguments: [1, 10_000]) func `PID 1 reaps every orphan`(count: Int) throws {
    let container = try Container(lastcall, "--", echo, "orphans=\(count)")
    try container.waitForLine(containing: "orphaned")
    try container.waitForLine(containing: "ready")
    // CHLD came before it and has the lower number.
    try container.send(34)
    try container.waitForLine(containing: "34 RTMIN")
    #expect(ProcessEntry.children(of: container.pid).map(\.name) == ["SignalEcho"])
  }

  @Test func `lastcall is a subreaper when it is not PID 1`() throws {
    let process = try ChildProcess(lastcall, "-v", "--", echo, "orphans=100")
    try process.waitForLine(containing: "orphaned")
    try process.waitForLine(containing: "ready")
    try process.send(34)
    try process.waitForLine(containing: "34 RTMIN")
    let reaped = process.standardError.split(separator: "\n").count { $0.hasPrefix("lastcall: reaped orphan ") }
    #expect(reaped == 100, "\(process)")
    #expect(ProcessEntry.children(of: process.pid).map(\.name) == ["SignalEcho"])
  }

  @Test func `an orphan that lives becomes lastcall's child`() throws {
    let process = try ChildProcess(lastcall, "--", "sh", "-c", "(\(echo) &); exec \(echo) exit=15:3")
    let lines = [try process.waitForLine(containing: "ready"), try process.waitForLine(containing: "ready")]
    // One was told its parent before the subshell ended: the kernel knows it now.
    try process.send(34)
    try process.waitForLine(containing: "34 RTMIN")
    let pids = lines.compactMap { pid_t($0.split(separator: " ")[1]) }.sorted()
    #expect(ProcessEntry.children(of: process.pid).map(\.pid).sorted() == pids)
  }

  @Test func `the app's exit is not taken for an orphan's`() throws {
    let process = try ChildProcess(
      lastcall, "--", "sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do (sh -c \"exit $n\" &); done; exit 42")
    try process.expectExit(.code(42))
  }

  @Test(.needsNamespaces) func `processes that the app leaves behind do not keep the container`() throws {
    let container = try Container(lastcall, "--", "sh", "-c", "\(echo) & read line; exit 5") {
      $0.standardInput = .pipe
    }
    try container.waitForLine(containing: "ready")
    try container.write("now\n")
    try container.expectExit(.code(5))
    try container.waitForEnd()
  }

  @Test(.needsNamespaces) func `a storm of signals does not keep the app's end waiting`() throws {
    let container = try Container(lastcall, "--", "sh", "-c", "trap '' USR1; echo ready; read line; exit 5") {
      $0.standardInput = .pipe
    }
    try container.waitForLine(containing: "ready")
    // More than one, so that the next USR1 is there before PID 1 has passed the last one on: its number is lower than CHLD's.
    let storms = try (0..<3).map { _ in
      try container.exec("sh", "-c", "echo on; while kill -USR1 1; do :; done")
    }
    for storm in storms { try storm.waitForLine(containing: "on") }
    try container.write("now\n")
    // The storms last until PID 1 goes; its end is complete when they have been waited for.
    for storm in storms { try storm.expectExit(.signal(9)) }
    try container.expectExit(.code(5))
  }
}
