// §2.2: no window between the supervisor's start and the app's loses a signal. Thousands of starts, each with a TERM at a
// random moment of it. Run on `tini -g` (LASTCALL_BINARY), this test fails: that loses one TERM in ten.

import CHarness
import Testing

@Suite(.serialized) struct StartRaceTests {
  static let starts = 1000

  @Test(arguments: [[], ["--group"]]) func `a TERM at any moment of the start is not lost`(options: [String]) throws {
    let command = [lastcall] + options + ["--", echo, "exit=15:3", "exit=40:4"]
    let window = try Self.startTime(of: command)
    for _ in 0..<Self.starts {
      let process = try ChildProcess(command)
      try Self.sendTerm(to: process, within: window)
      // 3: the app heard it. 143: it ended the app before that had blocked it. TERM: lastcall had not run its first line,
      // and there was no app. 4: the app, alive and ready, never hears it.
      let exit = try process.waitForExit()
      try #require([.code(3), .code(143), .signal(SIGTERM)].contains(exit), "\(process)")
    }
  }

  @Test(.needsNamespaces) func `a TERM at any moment of the start of PID 1 is not lost`() throws {
    let command = [lastcall, "--", echo, "exit=15:3", "exit=40:4"]
    let window = try Self.startTime(of: command)
    for _ in 0..<Self.starts {
      // The kernel drops what PID 1 neither blocks nor handles. Blocked from the start, the signal's way begins earlier
      // than lastcall's first line; the echo takes it blocked as it is.
      let container = try Container(command) { $0.blockedSignals = [SIGTERM] }
      try Self.sendTerm(to: container, within: window)
      let exit = try container.waitForExit()
      try #require(exit == .code(3), "\(container)")
    }
  }

  /// Seconds from the start of lastcall to that of the app: twice the median of a few, for a machine that is busier later.
  private static func startTime(of command: [String]) throws -> Double {
    var times: [Double] = []
    for _ in 0..<9 {
      let start = Waiting.now()
      let process = try ChildProcess(command)
      try process.waitForLine(containing: "ready")
      times.append(Waiting.now() - start)
    }
    return times.sorted()[4] * 2
  }

  /// TERM at a random moment, and, once the app is ready, a marker that can only come after it: it has the higher number,
  /// and is sent later.
  private static func sendTerm(to process: ChildProcess, within window: Double) throws {
    let moment = Waiting.now() + Double.random(in: 0...window)
    while Waiting.now() < moment {}
    try process.send(SIGTERM)
    if (try? process.waitForLine(containing: "ready")) != nil { try process.send(40) }
  }
}
