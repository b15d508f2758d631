// §3.9: --explain prints the plan and runs nothing.

import Foundation
import Testing

struct ExplainTests {
  private func explain(_ words: String...) throws -> ChildProcess {
    let process = try ChildProcess([lastcall] + words + ["--explain"])
    try process.waitForExit()
    #expect(process.standardError == "", "\(process)")
    return process
  }

  @Test func `the supervisor's plan is a timeline with the kubelet's KILL at its end`() throws {
    let process = try explain("--wait", "5s", "--signal", "QUIT/20s/TERM", "--grace-period", "30s")
    #expect(
      process.standardOutput == """
         earliest    latest  what happens if the app does not end by itself
               0s        0s  a stop signal comes; the app serves on
               5s        5s  the app gets QUIT
              25s       25s  the app gets TERM
              28s       28s  deadline: what is still there is killed
              30s       30s  the kubelet's KILL
        terminationGracePeriodSeconds needed: 29

        """)
    #expect(process.exit == .code(0))
  }

  @Test func `a hook's plan has the kubelet's stop signal in it`() throws {
    let process = try explain("wait-then-signal", "--wait", "10s", "--grace-period", "30s")
    #expect(
      process.standardOutput == """
         earliest    latest  what happens if the app does not end by itself
               0s        0s  the preStop hook starts; the app serves on
              10s       10s  the app gets TERM
              28s       28s  deadline: what is still there is killed
              30s       30s  the kubelet's stop signal, if the hook still ran
              30s       32s  the kubelet's KILL
        terminationGracePeriodSeconds needed: 14

        """)
    #expect(process.exit == .code(0))
  }

  @Test func `a plan that does not fit says what is cut, what would do, and gives 1`() throws {
    let process = try explain("--wait", "40s", "--grace-period", "30s")
    #expect(process.exit == .code(1))
    #expect(process.standardOutput.contains("warning: --wait 40s does not fit into the grace period; cut to 26s"))
    #expect(process.standardOutput.contains("terminationGracePeriodSeconds needed: 44"))
  }

  @Test func `with --log-format json it is an object for a pipeline`() throws {
    let process = try explain("wait-then-signal", "--wait", "40s", "--grace-period", "30s", "--log-format", "json")
    #expect(process.exit == .code(1))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(process.standardOutput.utf8)) as? [String: Any])
    #expect(object["fits"] as? Bool == false)
    #expect(object["needed_grace_period_seconds"] as? Int == 44)
    #expect((object["warnings"] as? [String])?.count == 1)
    let timeline = try #require(object["timeline"] as? [[String: Any]])
    #expect(
      timeline.compactMap { $0["event"] as? String } == [
        "began", "signalled", "deadline", "kubelet-signal", "kubelet-kill",
      ])
    #expect(timeline[1]["signal"] as? String == "TERM" && timeline[1]["latest_ms"] as? Int == 26000)
  }

  @Test func `the terminationGracePeriodSeconds that it asks for fits`() throws {
    for words in [["--wait", "40s"], ["--signal", "QUIT/1m/TERM/9s/KILL"], ["--hold", "20s", "--reserve", "7s"]] {
      let refused = try ChildProcess([lastcall] + words + ["--grace-period", "8s", "--explain"])
      try refused.expectExit(.code(1))
      let needed = try #require(refused.standardOutput.firstMatch(of: /needed: ([0-9]+)/)?.1)
      try ChildProcess([lastcall] + words + ["--grace-period", String(needed), "--explain"]).expectExit(.code(0))
    }
  }

  @Test func `the environment counts, and the command is not run`() throws {
    let process = try ChildProcess(lastcall, "--", "echo", "run") {
      $0.environment += ["LASTCALL_WAIT=5s", "LASTCALL_GRACE_PERIOD=30s", "LASTCALL_EXPLAIN=1"]
    }
    try process.expectExit(.code(0))
    #expect(process.standardOutput.contains("5s        5s  the app gets TERM"), "\(process)")
    #expect(!process.standardOutput.contains("run\n"))
  }

  @Test func `without a plan it says so`() throws {
    #expect(try explain().standardOutput == "no plan: stop signals are passed on like all others\n")
  }

  @Test func `what --explain says is what happens`() throws {
    let plan = ["--wait", "300ms", "--signal", "USR1/200ms/USR2/200ms/TERM", "--grace-period", "10s"]
    let explained = try ChildProcess([lastcall] + plan + ["--explain", "--log-format", "json"])
    try explained.expectExit(.code(0))
    let object = try JSONSerialization.jsonObject(with: Data(explained.standardOutput.utf8)) as? [String: Any]
    let said = try #require(object?["timeline"] as? [[String: Any]]).compactMap { row in
      (row["signal"] as? String).map { ($0, row["earliest_ms"] as? Int ?? .max) }
    }
    let process = try ChildProcess([lastcall] + plan + ["--log-format", "json", "--", echo, "exit=15:0"])
    try process.waitForLine(containing: "ready")
    try process.send(SIGTERM)
    try process.expectExit(.code(0))
    let done = try #require(try process.summary()["signals"] as? [[String: Any]])
    #expect(done.compactMap { $0["signal"] as? String } == said.map(\.0))
    for (step, (_, earliest)) in zip(done, said) { #expect(try #require(step["at_ms"] as? Int) >= earliest) }
  }
}
