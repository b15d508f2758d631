// The same with a real runtime: `runc exec` is the hook, `runc kill` the kubelet's stop signal.

import CHarness
import Testing

@Suite(.needsRunc) struct RuncTests {
  private func start(_ options: String..., app: [String] = [echo, "exit=15:0"]) throws -> RuncContainer {
    let container = try RuncContainer([lastcall] + options + ["--"] + app)
    try container.process.waitForLine(containing: "ready")
    return container
  }

  @Test func `normal: in 20 runs each hook succeeds, and each container ends by itself`() throws {
    for run in 0..<20 {
      let container = try start()
      let hook = [lastcall, "wait-then-signal", "--wait", "100ms", "--grace-period", "5s"]
      let ending = try Kubelet(gracePeriod: 5, preStop: hook).stop(container)
      #expect(ending.hooksSucceeded && ending.killed == nil, "run \(run): \(ending)")
      #expect(ending.exit == .code(0), "run \(run): \(ending)")
      container.process.expectWaited(100)
    }
  }

  @Test func `hook overrun: the hook is let go, and the container ends before its KILL`() throws {
    let container = try start(app: [echo])
    let hook = [lastcall, "wait-then-signal", "--wait", "30s", "--grace-period", "60s"]
    let ending = try Kubelet(gracePeriod: 1, preStop: hook).stop(container)
    #expect(!ending.hookCompletedInTime && ending.killed == nil, "\(ending)")
    #expect(ending.hookExits == [.code(124)], "\(ending)")
    #expect(ending.exit == .code(137), "\(ending)")
  }

  @Test func `no hook: the stop signal starts the plan`() throws {
    let container = try start("--wait", "200ms", "--grace-period", "5s")
    let ending = try Kubelet(gracePeriod: 5).stop(container)
    #expect(ending.killed == nil && ending.exit == .code(0), "\(ending)")
    container.process.expectWaited(200)
  }

  @Test(.needsDefaultProfile, arguments: [["--wait", "100ms"], ["--until-quiet", "100ms", "--max-wait", "5s"]])
  func `the engines' default seccomp profile allows every system call of a stop, with a hook and without`(
    plan: [String]
  ) throws {
    let plan = plan + ["--grace-period", "20s"]
    for hook in [[lastcall, "wait-then-signal"] + plan, nil] {
      let options = hook == nil ? plan : []
      let container = try RuncContainer([lastcall] + options + ["--", echo, "exit=15:0"], isDefaultProfile: true)
      try container.process.waitForLine(containing: "ready")
      let ending = try Kubelet(gracePeriod: 20, preStop: hook).stop(container)
      #expect(ending.hooksSucceeded && ending.killed == nil && ending.exit == .code(0), "\(ending)")
      #expect(container.process.waits.count == 1, "\(ending)")
    }
  }

  @Test(.needsDefaultProfile, .needs("python3")) func `a system call that the profile does not allow is noticed`()
    throws
  {
    let program = "import ctypes; print(flush=True); ctypes.CDLL(None).syscall(\(harness_call_add_key))"
    let container = try RuncContainer(["python3", "-c", program], isDefaultProfile: true)
    #expect(try container.process.waitForExit() == .code(128 + SIGSYS), "\(container.process)")
  }

  @Test func `a hook that is still there when PID 1 ends has failed`() throws {
    let container = try start()
    let ending = try Kubelet(gracePeriod: 1, preStop: ["sh", "-c", "kill -TERM 1; exec sleep 60"]).stop(container)
    #expect(ending.hookExits == [.code(137)], "\(ending)")
  }
}
