// §2.8: `--parent-death-signal`, for a lastcall that somebody starts outside a container.

import CHarness
import Testing

struct ParentDeathTests {
  /// A shell with lastcall as its child, which ends with TERM or, with a marker of its own, with USR1.
  private func start(_ options: String) throws -> (shell: ChildProcess, supervisor: Int32) {
    let command = "\(lastcall) \(options) -- \(echo) exit=15:3 exit=10:4 & wait"
    let shell = try ChildProcess("sh", "-c", command)
    try shell.waitForLine(containing: "ready")
    return (shell, try #require(ProcessEntry.children(of: shell.pid).first).pid)
  }

  @Test func `the app gets the signal when lastcall's parent dies`() throws {
    let (shell, _) = try start("--parent-death-signal TERM")
    try shell.send(SIGKILL)
    try shell.expectExit(.signal(SIGKILL))
    try shell.waitForLine(containing: "15 TERM")
    try shell.waitForEnd()
  }

  @Test func `a parent that dies before lastcall has asked for the signal is noticed`() throws {
    // Between the look at who the parent is and the kernel's promise to tell of its death.
    let warden = try Warden(of: Int32(harness_call_process_control)) { supervisor in
      guard let parent = ProcessEntry(supervisor)?.parent, parent > 1 else { return }
      kill(parent, SIGKILL)
      while ProcessEntry(supervisor)?.parent == parent { sched_yield() }
    }
    let command = "\(lastcall) --parent-death-signal TERM -- \(echo) exit=15:3 & wait"
    let shell = try ChildProcess("sh", "-c", command) {
      $0.warden = warden
      // It may come before the echo has blocked it.
      $0.blockedSignals = [SIGTERM]
    }
    try shell.expectExit(.signal(SIGKILL))
    try shell.waitForLine(containing: "15 TERM")
    try shell.waitForEnd()
  }

  @Test func `--map applies to it`() throws {
    let (shell, _) = try start("--parent-death-signal=HUP --map HUP=USR1")
    try shell.send(SIGKILL)
    try shell.waitForLine(containing: "10 USR1")
    try shell.waitForEnd()
  }

  @Test func `without the option the app outlives lastcall's parent`() throws {
    let (shell, supervisor) = try start("")
    try shell.send(SIGKILL)
    try shell.expectExit(.signal(SIGKILL))
    kill(supervisor, SIGUSR1)
    #expect(try shell.nextLine().hasPrefix("10 USR1"))
    try shell.waitForEnd()
  }
}
