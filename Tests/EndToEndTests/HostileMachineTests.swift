// §2.9: once the app runs, nothing that a machine lacks or withholds ends the container.

import CHarness
import Foundation
import Testing

struct HostileMachineTests {
  /// The supervisor's whole work, on an echo started with `orphans=3 exit=15:3`.
  private func expectWork(_ process: ChildProcess) throws {
    try process.waitForLine(containing: "ready")
    try expectWorkOnceUp(process)
  }

  private func expectWorkOnceUp(_ process: ChildProcess) throws {
    try process.send(SIGUSR1)
    try process.waitForLine(containing: "10 USR1")
    try process.send(34)
    try process.waitForLine(containing: "34 RTMIN")
    #expect(ProcessEntry.children(of: process.pid).map(\.name) == ["SignalEcho"])
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
  }

  private let work = [lastcall, "--", echo, "orphans=3", "exit=15:3"]
  private let tellingWork = [lastcall, "-v", "--", echo, "orphans=3", "exit=15:3"]

  @Test(.needsNamespaces) func `it works without /proc`() throws {
    let container = try Container(work) { $0.proc = false }
    try expectWork(container)
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `it works with a read-only root, as nobody, with no new privileges`() throws {
    let container = try Container(work) {
      $0.readOnlyRoot = true
      $0.user = 65534
      $0.noNewPrivileges = true
    }
    try expectWork(container)
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `it works as root without capabilities`() throws {
    let container = try Container(work) { $0.noCapabilities = true }
    try expectWork(container)
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `it works alone in an empty root`() throws {
    let root = try TemporaryFolder()
    for (file, name) in [(lastcall, "lastcall"), (echo, "SignalEcho")] + Binary.libraries.map({ ($0, $0) }) {
      let copy = root.url.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: URL(fileURLWithPath: file).resolvingSymlinksInPath(), to: copy)
    }
    let container = try Container("/lastcall", "--", "/SignalEcho", "orphans=3", "exit=15:3") { $0.root = root.path }
    try expectWork(container)
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces, arguments: [[Int32(0)], [2], [0, 2]])
  func `it works with standard descriptors closed`(closed: [Int32]) throws {
    try expectWork(try Container(tellingWork) { $0.closed = closed })
    try expectWork(try ChildProcess(tellingWork) { $0.closed = closed })
  }

  @Test(.needsNamespaces) func `it works with no standard descriptor at all`() throws {
    try Container(lastcall, "-v", "--", "sh", "-c", "exit 5") { $0.closed = [0, 1, 2] }.expectExit(.code(5))
  }

  @Test(.needsNamespaces) func `a log whose reader is gone costs nothing, and gives the app no PIPE`() throws {
    let (reading, writing) = try makePipe()
    close(reading)
    defer { close(writing) }
    let container = try Container(tellingWork) { $0.standardError = .descriptor(writing) }
    try expectWork(container)
    #expect(!container.standardOutput.contains("13 PIPE"))
  }

  @Test(.needsNamespaces) func `a log that nobody reads stops nothing`() throws {
    let (reading, writing) = try makePipe()
    defer {
      close(reading)
      close(writing)
    }
    try fill(writing)
    try expectWork(try Container(tellingWork) { $0.standardError = .descriptor(writing) })
  }

  @Test(.needsNamespaces) func `an app that lastcall may not signal does not end the container`() throws {
    let container = try Container(lastcall, "--", echo, "user=65534", "exit=12:3") { $0.droppedCapabilities = [5] }
    try container.waitForLine(containing: "ready")
    try container.send(SIGUSR1)
    try container.waitForLine(containing: "(EPERM)", of: .standardError)
    let app = try #require(ProcessEntry.children(of: container.pid).first)
    kill(app.pid, SIGUSR2)
    try container.expectExit(.code(3))
    #expect(!container.standardOutput.contains("10 USR1"))
  }

  @Test func `it needs no descriptor once the app runs`() throws {
    let process = try ChildProcess(tellingWork)
    try process.waitForLine(containing: "ready")
    #expect(harness_set_limit_of(process.pid, harness_limit_descriptors(), 0) == 0)
    try process.send(SIGUSR1)
    try process.waitForLine(containing: "10 USR1")
    try process.send(SIGTERM)
    try process.expectExit(.code(3))
  }

  @Test func `it starts with no descriptor to spare`() throws {
    // The loader of a dynamically linked binary opens its libraries one after the other.
    let standard: UInt64 = Binary.libraries.isEmpty ? 3 : 4
    try expectWork(try ChildProcess(work) { $0.descriptorLimit = standard })
  }

  @Test(.needsNamespaces) func `it works when the app has used up all processes`() throws {
    let container = try Container(lastcall, "--", echo, "processes", "exit=15:3") {
      $0.user = 64101
      $0.processLimit = 20
    }
    try container.waitForLine(containing: "ready")
    #expect(ProcessEntry.descendants(of: container.pid).count == 19)
    try container.send(SIGUSR1)
    try container.waitForLine(containing: "10 USR1")
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
  }

  @Test(.needsNamespaces) func `an app for which there is no process left is lastcall's own failure, told`() throws {
    let container = try Container(lastcall, "--", "true") {
      $0.user = 64102
      $0.processLimit = 1
    }
    try container.expectExit(.code(125))
    #expect(container.standardError.hasPrefix("lastcall: cannot ") && container.standardError.contains("(EAGAIN)"))
  }

  @Test(.needsNamespaces, arguments: [false, true])
  func `a terminal that nobody reads, or that is stopped, holds up nothing as a log`(isStopped: Bool) throws {
    let terminal = try PseudoTerminal()
    let other = try terminal.openOtherEnd()
    defer { close(other) }
    // As Ctrl-S does it.
    if isStopped { #expect(tcflow(other, Int32(TCOOFF)) == 0) } else { try fill(other) }
    try expectWork(try Container(tellingWork) { $0.standardError = .descriptor(other) })
  }

  /// Both count what a process maps; the second only what it may write to.
  static let memoryLimits = [harness_limit_memory(), harness_limit_data()]
  /// An ordinary Swift's heap must grow for a plan; the release binary has a reserve.
  static let plansWithoutMemory =
    Binary.libraries.isEmpty ? [[], ["--until-quiet", "60ms", "--grace-period", "20s"]] : [[]]

  @Test(.needsNamespaces, arguments: memoryLimits, plansWithoutMemory)
  func `it works when the kernel gives it no more memory`(limit: Int32, plan: [String]) throws {
    let container = try Container([lastcall] + plan + ["-v", "--", echo, "orphans=3", "exit=15:3"])
    try container.waitForLine(containing: "ready")
    #expect(harness_set_limit_of(container.pid, limit, 0) == 0)
    try expectWorkOnceUp(container)
    #expect(container.standardError.contains("passed on USR1"), "\(container)")
  }

  @Test(.needsNamespaces) func `it starts with nothing but its pages and its stack, and so does such an app`()
    throws
  {
    for limit in Self.memoryLimits {
      let command = "echo up; read go; exec \(lastcall) -- \(lastcall) --version"
      let container = try Container("sh", "-c", command) { $0.standardInput = .pipe }
      // The shell's own loader needs more.
      try container.waitForLine(containing: "up")
      #expect(harness_set_limit_of(container.pid, limit, 800 << 10) == 0)
      try container.write("go\n")
      let exit = try container.waitForExit()
      if Binary.libraries.isEmpty {
        #expect(exit == .code(0) && container.standardOutput.contains("lastcall "), "\(container)")
      } else {
        // A loader says so, or the kernel kills a program that does not fit.
        #expect(exit == .signal(SIGKILL) || exit == .signal(SIGSEGV) || exit == .code(127), "\(container)")
        #expect(!container.standardOutput.contains("lastcall "))
      }
    }
  }

  @Test(.needsNamespaces, .needsMemoryGroup) func `an app that the kernel kills for its memory leaves lastcall alone`()
    throws
  {
    let container = try Container(lastcall, "--", "sh", "-c", "echo up; read go; exec tail /dev/zero") {
      $0.standardInput = .pipe
    }
    try container.waitForLine(containing: "up")
    let group = try ControlGroup(.memory)
    try group.limitMemory(to: 64 << 20)
    try group.add(container.pid)
    try group.add(try #require(ProcessEntry.children(of: container.pid).first).pid)
    try container.write("go\n")
    try container.expectExit(.code(137))
  }

  @Test(.needsNamespaces) func `it works when no more signals can be queued`() throws {
    let container = try Container(lastcall, "--", echo, "exit=15:3")
    try container.waitForLine(containing: "ready")
    let app = try #require(ProcessEntry.children(of: container.pid).first)
    for process in [container.pid, app.pid] {
      #expect(harness_set_limit_of(process, harness_limit_queued_signals(), 0) == 0)
    }
    for (signal, line) in [(SIGUSR1, "10 USR1"), (34, "34 RTMIN"), (64, "64 RTMIN+30")] {
      try container.send(signal)
      try container.waitForLine(containing: line)
    }
    // The request of a hook is a queued signal: it cannot come, so the hook does the work.
    let hook = try container.exec(lastcall, "wait-then-signal", "--grace-period", "20s")
    #expect(try container.waitForExit(before: Waiting.now() + 30, alongside: [hook]) == .code(3), "\(container)")
    #expect([.code(0), .signal(SIGKILL)].contains(try hook.waitForExit()), "\(hook)")
  }

  /// Writes until there is no room.
  private func fill(_ pipe: Int32) throws {
    let chunk = [UInt8](repeating: 0x2e, count: 4096)
    #expect(harness_no_block(pipe) == 0)
    while write(pipe, chunk, chunk.count) > 0 {}
    // The flag belongs to the pipe's end, which the container shares.
    #expect(harness_block(pipe) == 0)
  }
}
