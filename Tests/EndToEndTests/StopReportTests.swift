// §6: what a stop tells: nothing too much, one summary, and the termination message.

import CHarness
import Foundation
import Testing

struct StopReportTests {
  @Test func `a stop says one line`() throws {
    let process = try ChildProcess(lastcall, "--wait", "100ms", "--grace-period", "9s", "--", echo, "exit=15:3")
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
    let lines = process.standardError.split(separator: "\n")
    #expect(lines.count == 1, "\(process)")
    #expect(
      process.standardError.wholeMatch(
        of:
          /lastcall: stopped after [0-9.]+m?s: waited [0-9.]+m?s \(the wait is over\), no new connection; TERM at [0-9.]+m?s; the app exited with 3 at [0-9.]+m?s\n/
      ) != nil, "\(process)")
  }

  @Test func `the same in JSON has every number of it`() throws {
    let process = try ChildProcess(
      lastcall, "--wait", "100ms", "--grace-period", "9s", "--log-format", "json", "--", echo, "exit=15:3")
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
    let summary = try process.summary()
    #expect(summary["program"] as? String == "lastcall")
    #expect(summary["level"] as? String == "notice")
    #expect(summary["wait_end"] as? String == "over")
    #expect(summary["code"] as? Int == 3)
    #expect(summary["orphans"] as? Int == 0)
    for name in ["total_ms", "waited_ms", "app_ended_ms"] {
      #expect(try #require(summary[name] as? Int) >= 100, "\(name): \(summary)")
    }
    #expect((summary["signals"] as? [[String: Any]])?.first?["signal"] as? String == "TERM")
    #expect((summary["message"] as? String)?.hasPrefix("stopped after ") == true)
  }

  @Test func `with -v every step is an event`() throws {
    let process = try ChildProcess(
      lastcall, "-v", "--wait", "200ms", "--signal", "USR1/200ms/TERM", "--grace-period", "9s", "--log-format", "json",
      "--", echo, "exit=15:0")
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.waitForLine(containing: "stop-began", of: .standardError)
    try process.send(SIGTERM)
    try process.expectExit(.code(0))
    #expect(
      try process.events().compactMap { $0["event"] as? String } == [
        "started", "stop-began", "ignored", "wait-ended", "signalled", "signalled", "app-ended", "stopped",
      ], "\(process)")
  }

  @Test func `orphans that were reaped are counted`() throws {
    let process = try ChildProcess(
      lastcall, "--grace-period", "9s", "--log-format", "json", "--", echo, "orphans=5", "exit=15:0")
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.expectExit(.code(0))
    #expect(try process.summary()["orphans"] as? Int == 5)
  }

  // MARK: The termination message

  @Test(.needsRunc) func `who had to be killed stands in the pod's termination message`() throws {
    let container = try RuncContainer(lastcall, "--grace-period", "1s", "--reserve", "500ms", "--", echo)
    try container.process.waitForLine(containing: "ready")
    try container.signal(SIGTERM)
    try container.process.expectExit(.code(137))
    let message = try container.terminationMessage()
    #expect(message.hasPrefix("lastcall: killed at the deadline: SignalEcho ("), "\(message)\n\(container.process)")
  }

  @Test(.needsRunc, .needs("python3")) func `the message tells how many connections were still open`() throws {
    let app = """
      import signal, socket
      signal.signal(signal.SIGTERM, signal.SIG_IGN)
      listener = socket.create_server(("127.0.0.1", 8080))
      ends = [socket.create_connection(("127.0.0.1", 8080)), listener.accept()]
      print("ready", flush=True)
      signal.pause()
      """
    let container = try RuncContainer(
      lastcall, "--grace-period", "1s", "--reserve", "500ms", "--", "python3", "-c", app)
    try container.process.waitForLine(containing: "ready")
    try container.signal(SIGTERM)
    try container.process.expectExit(.code(137))
    #expect(try container.terminationMessage().hasSuffix("; connections still open: 1\n"))
  }

  @Test(.needsRunc) func `a good stop leaves no message, and one of the app's own is kept`() throws {
    let good = try RuncContainer(lastcall, "--grace-period", "9s", "--", echo, "exit=15:0")
    try good.process.waitForLine(containing: "ready")
    try good.signal(SIGTERM)
    try good.process.expectExit(.code(0))
    #expect(try good.terminationMessage() == "")
    let own = try RuncContainer(
      lastcall, "--grace-period", "1s", "--reserve", "500ms", "--", "sh", "-c",
      "echo own >/dev/termination-log; exec \(echo)")
    try own.process.waitForLine(containing: "ready")
    try own.signal(SIGTERM)
    try own.process.expectExit(.code(137))
    #expect(try own.terminationMessage() == "own\n")
  }
}
