// Clocks: whatever they say, a wait takes its time. That no clock is asked that anybody can set: RefusedCallTests.

import CHarness
import Testing

@Suite(.needsRoot, .needs("unshare")) struct ClockTests {
  /// Seconds that the machine seems to have been running for, beyond the truth: 68 years, and a few days.
  @Test(arguments: ["2147483647", "345600"]) func `a wait takes its time on a machine that seems to be up for ages`(
    offset: String
  ) throws {
    // Monotonic and boot time of a namespace of its own, as after a migration or a suspension.
    let unshare = try ChildProcess(
      "unshare", "--time", "--monotonic", offset, "--boottime", offset, "--fork", "--kill-child", lastcall, "--wait",
      "200ms", "--grace-period", "20s", "--", echo, "exit=15:3")
    try unshare.waitForLine(containing: "ready")
    let supervisor = try #require(ProcessEntry.children(of: unshare.pid).first)
    #expect(supervisor.name == "lastcall")
    kill(supervisor.pid, SIGTERM)
    try unshare.expectExit(.code(3))
    unshare.expectWaited(200)
  }
}
