// The hook where PID 1 is not lastcall: it finds its target, or refuses it, and carries the plan out by itself.

import CHarness
import Foundation
import Testing

@Suite(.needsNamespaces) struct HookAloneTests {
  private func startHook(
    in container: Container, _ options: [String], configure: (inout Setup) -> Void = { _ in }
  ) throws -> ChildProcess {
    try container.exec([lastcall, "wait-then-signal"] + options, configure: configure)
  }

  /// A shell as PID 1 that neither ends with its app nor reaps it; says the app's pid.
  private func startBesideShell(_ app: [String]) throws -> (container: Container, app: String) {
    let container = try Container("sh", "-c", "\(app.joined(separator: " ")) & read x") {
      $0.standardInput = .pipe
    }
    var line = ""
    while !line.hasPrefix("ready ") { line = try container.nextLine() }
    return (container, String(line.split(separator: " ")[1]))
  }

  private func end(_ container: Container) throws {
    container.closeInput()
    try container.waitForExit()
  }

  private func signals(_ container: Container) -> [String] {
    container.lines.filter { $0.contains(" from ") }.map { String($0.prefix { $0 != " " }) }
  }

  // MARK: Targets

  static let named: [(String, [Int32])] = ["pid", "pid-file", "process"].flatMap { name in
    // As a kernel before 5.3, and before 5.1.
    [[], [434], [424, 434]].map { (name, $0) }
  }

  @Test(arguments: named)
  func `the target is found, signalled, and its end noticed although nobody reaps it`(
    by option: String, withheld: [Int32]
  ) throws {
    let (container, app) = try startBesideShell([echo, "exit=15:0"])
    let file = try TemporaryFolder().file("pid", "\(app)\n").path
    let value = option == "pid" ? app : option == "pid-file" ? file : "SignalEcho"
    let hook = try startHook(in: container, ["--\(option)", value, "--wait", "100ms", "--grace-period", "20s"]) {
      $0.withheldCalls = withheld
    }
    try hook.expectExit(.code(0))
    hook.expectWaited(100)
    // The kubelet throws the hook's own output away.
    container.expectWaited(100)
    #expect(signals(container) == ["15"])
    try end(container)
  }

  @Test func `of a server and its workers of the same name the server is meant`() throws {
    let (container, _) = try startBesideShell([echo, "children=2", "exit=15:0"])
    try startHook(in: container, ["--process", "SignalEcho", "--grace-period", "20s"]).expectExit(.code(0))
    #expect(container.lines.filter { $0.contains("15 TERM") }.map { $0.hasPrefix("15") } == [true])
    try end(container)
  }

  @Test func `the schedule goes on to the next signal`() throws {
    let (container, app) = try startBesideShell([echo, "exit=10:0"])
    let hook = try startHook(in: container, ["--pid", app, "--signal", "TERM/200ms/USR1", "--grace-period", "20s"])
    try hook.expectExit(.code(0))
    #expect(signals(container) == ["15", "10"])
    try end(container)
  }

  @Test(arguments: [[], [Int32(434)]])
  func `a target that is alive at the deadline gives 124 and is named, to the container's log too`(
    withheld: [Int32]
  ) throws {
    let container = try Container(echo)
    try container.waitForLine(containing: "ready")
    let hook = try startHook(in: container, ["--grace-period", "600ms", "--reserve", "200ms"]) {
      $0.withheldCalls = withheld
    }
    try hook.expectExit(.code(124))
    #expect(hook.standardError.contains("alive at the deadline: SignalEcho (1)"), "\(hook)")
    #expect(container.standardError.contains("alive at the deadline: SignalEcho (1)"), "\(container)")
    #expect(signals(container) == ["15"])
  }

  @Test func `a signal that PID 1 does not handle is told of: the kernel drops it`() throws {
    let container = try Container("sleep", "1000")
    let hook = try startHook(in: container, ["--signal", "TERM/100ms/KILL", "--grace-period", "600ms"])
    try hook.expectExit(.code(124))
    for signal in ["TERM", "KILL"] {
      #expect(hook.standardError.contains("PID 1 shows no handler for \(signal)"), "\(hook)")
    }
    #expect(hook.standardError.contains("alive at the deadline: sleep (1)"), "\(hook)")
  }

  @Test func `the log of a hook can be JSON`() throws {
    let (container, app) = try startBesideShell([echo, "exit=15:0"])
    let hook = try startHook(in: container, ["--pid", app, "--log-format", "json", "--grace-period", "20s"])
    try hook.expectExit(.code(0))
    for log in [hook.standardError, container.standardError] {
      let fields = try #require(try JSONSerialization.jsonObject(with: Data(log.utf8)) as? [String: Any])
      #expect(fields["event"] as? String == "stopped")
    }
    try end(container)
  }

  @Test(.needsRoot) func `a container's log that is another user's is left alone`() throws {
    let (container, app) = try startBesideShell([echo, "user=65534", "exit=15:0"])
    let hook = try startHook(in: container, ["--pid", app, "--grace-period", "20s"]) { $0.user = 65534 }
    try hook.expectExit(.code(0))
    #expect(hook.standardError.contains("stopped after"))
    #expect(container.standardError.isEmpty, "\(container)")
    try end(container)
  }

  @Test(.needs("bash")) func `a hook that holds on after the app's end uses no processor`() throws {
    let (container, app) = try startBesideShell([echo, "exit=15:0"])
    let hold = "\(lastcall) wait-then-signal --pid \(app) --hold 700ms --grace-period 20s"
    let hook = try container.exec("bash", "-c", "TIMEFORMAT='%U %S'; time \(hold)")
    try hook.expectExit(.code(0))
    let times = try #require(hook.standardError.split(separator: "\n").last).split(separator: " ").map {
      Double($0) ?? 9
    }
    #expect(times.reduce(0, +) < 0.35, "\(hook)")
    try end(container)
  }

  // MARK: nginx itself as PID 1

  @Test(.needs("nginx"), .needs("bash"), arguments: [[], [Int32(434)]])
  func `nginx as PID 1 finishes a response after the hook's QUIT`(withheld: [Int32]) throws {
    let nginx = try Container.nginx(["nginx", "-c", try Download.nginxConfiguration()])
    let download = try Download(from: nginx)
    let hook = try startHook(in: nginx, ["--for", "nginx", "--wait", "100ms", "--grace-period", "20s", "-v"]) {
      $0.withheldCalls = withheld
    }
    try nginx.waitForLine(containing: "gracefully shutting down", of: .standardError)
    #expect(try download.finish())
    // Nothing can let it go in time: PID 1's end takes it along, as every such hook.
    let exit = try hook.waitForExit()
    #expect(exit == .signal(SIGKILL) || exit == .code(0))
    try nginx.expectExit(.code(0))
    #expect(nginx.standardError.contains("lastcall: the app gets QUIT"), "\(nginx)")
  }

  // MARK: Refusals

  @Test func `a pod's pause process is refused, and the app beside it found by name`() throws {
    let pause = "\(try TemporaryFolder().path)/pause"
    try FileManager.default.copyItem(atPath: echo, toPath: pause)
    let container = try Container(pause)
    try container.waitForLine(containing: "ready")
    let refused = try startHook(in: container, ["--grace-period", "20s"])
    try refused.expectExit(.code(125))
    #expect(refused.standardError.contains("pause process (shareProcessNamespace); name the app by --process"))
    let app = try container.exec(echo, "exit=15:0")
    try app.waitForLine(containing: "ready")
    try startHook(in: container, ["--process", "SignalEcho", "--grace-period", "20s"]).expectExit(.code(0))
    try app.expectExit(.code(0))
    #expect(signals(container) == [])
  }

  @Test func `a host's init is refused: the kernel's threads stand beside it`() throws {
    let kernelThread = "\(try TemporaryFolder().path)/kthreadd"
    try FileManager.default.copyItem(atPath: echo, toPath: kernelThread)
    let (container, pid) = try startBesideShell([kernelThread])
    #expect(pid == "2")
    let hook = try startHook(in: container, ["--grace-period", "20s"])
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("PID 1 is the host's init (hostPID)"), "\(hook)")
    try end(container)
  }

  @Test func `the hook itself is refused`() throws {
    let container = try Container(echo)
    let hook = try container.exec("sh", "-c", "exec \(lastcall) wait-then-signal --pid $$")
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("the hook itself"), "\(hook)")
    let first = try Container(lastcall, "wait-then-signal")
    try first.expectExit(.code(125))
    #expect(first.standardError.contains("the hook itself"), "\(first)")
  }

  @Test(.needsControlGroups) func `a process of another container is refused: its control group is not ours`() throws {
    let (container, app) = try startBesideShell([echo, "exit=10:0"])
    let group = try ControlGroup()
    let process = try #require(ProcessEntry.children(of: container.pid).first)
    try group.add(process.pid)
    let hook = try startHook(in: container, ["--pid", app, "--grace-period", "20s"])
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("process \(app) belongs to another container"), "\(hook)")
    kill(process.pid, SIGUSR1)
    try container.waitForLine(containing: "10 USR1")
    try end(container)
    #expect(signals(container) == ["10"])
  }

  /// As the first version of control groups does: what ends leaves its own for the first one.
  @Test(.needsControlGroups) func `a target that has ended is gone, and not another container's`() throws {
    let (container, app) = try startBesideShell([echo])
    let process = try #require(ProcessEntry.children(of: container.pid).first)
    kill(process.pid, SIGKILL)
    try Waiting.until("the app is a zombie") { ProcessEntry(process.pid)?.state == "Z" }
    let group = try ControlGroup()
    let hook = try container.exec("sh", "-c", "echo in; read x; exec \(lastcall) wait-then-signal --pid \(app)") {
      $0.standardInput = .pipe
    }
    try hook.waitForLine(containing: "in")
    for pid in [hook.pid] + ProcessEntry.children(of: hook.pid).map(\.pid) { try group.add(pid) }
    hook.closeInput()
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("process \(app) is not there"), "\(hook)")
    try end(container)
  }

  @Test(arguments: [
    (["--pid", "4000000"], "process 4000000 is not there"),
    (["--pid-file", "/no/such/file"], "--pid-file /no/such/file cannot be read"),
    (["--pid-file", "/etc/passwd"], "--pid-file /etc/passwd holds no process number"),
    (["--pid-file", "/dev/null"], "--pid-file /dev/null holds no process number"),
    (["--process", "nobody-has-it"], "--process nobody-has-it: no process has that name"),
  ])
  func `a target that is not there is told of, with what is accepted`(options: [String], message: String) throws {
    let container = try Container(echo)
    try container.waitForLine(containing: "ready")
    let hook = try startHook(in: container, options + ["--grace-period", "20s"])
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains(message), "\(hook)")
    #expect(signals(container) == [])
  }

  @Test(arguments: ["0\n", "-5\n", "99999999999999999999\n", "12x\n"])
  func `a file that holds no pid is refused`(text: String) throws {
    let container = try Container(echo)
    let file = try TemporaryFolder().file("pid", text).path
    try startHook(in: container, ["--pid-file", file]).expectExit(.code(125))
  }

  @Test func `a name that two unrelated processes have is refused, with both`() throws {
    let (container, app) = try startBesideShell([echo])
    let other = try container.exec(echo)
    try other.waitForLine(containing: "ready")
    let hook = try startHook(in: container, ["--process", "SignalEcho"])
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("more than one has that name: "), "\(hook)")
    #expect(hook.standardError.contains("SignalEcho (\(app))"), "\(hook)")
    try other.send(SIGKILL)
    try other.waitForExit()
    try end(container)
  }

  @Test(.needsRoot) func `a process of another user is refused, with the remedy`() throws {
    let (container, app) = try startBesideShell([echo])
    let hook = try startHook(in: container, ["--pid", app]) { $0.user = 65534 }
    try hook.expectExit(.code(125))
    #expect(hook.standardError.contains("(EPERM); run the hook as the same user as the app"), "\(hook)")
    try end(container)
  }

  @Test func `without /proc --process says what it needs, and --pid works`() throws {
    let container = try Container("sh", "-c", "\(echo) exit=15:0 & read x") {
      $0.standardInput = .pipe
      $0.proc = false
    }
    try container.waitForLine(containing: "ready 2 ")
    let named = try startHook(in: container, ["--process", "SignalEcho"]) { $0.proc = false }
    try named.expectExit(.code(125))
    #expect(named.standardError.contains("--process needs /proc"), "\(named)")
    try startHook(in: container, ["--pid", "2", "--grace-period", "20s"]) { $0.proc = false }.expectExit(.code(0))
    #expect(signals(container) == ["15"])
    try end(container)
  }

  // MARK: Waiting only

  @Test func `a wait alone signals nobody and ends with the app`() throws {
    let (container, app) = try startBesideShell([echo, "exit=10:0"])
    let hook = try startHook(
      in: container, ["-v", "--pid", app, "--wait", "40s", "--signal", "none", "--grace-period", "60s"])
    try hook.waitForLine(containing: "stop asked for", of: .standardError)
    kill(try #require(ProcessEntry.children(of: container.pid).first).pid, SIGUSR1)
    try hook.expectExit(.code(0))
    #expect(hook.waits.map(\.reason) == ["the app ended"], "\(hook)")
    #expect(signals(container) == ["10"])
    try end(container)
  }

  @Test(.needsRoot) func `a wait alone needs no target: with pause, or a PID 1 of another user, it waits its time`()
    throws
  {
    let pause = "\(try TemporaryFolder().path)/pause"
    try FileManager.default.copyItem(atPath: echo, toPath: pause)
    let container = try Container(pause)
    try container.waitForLine(containing: "ready")
    for user in [nil, 65534] as [UInt32?] {
      let hook = try startHook(in: container, ["--wait", "200ms", "--signal", "none"]) { $0.user = user }
      try hook.expectExit(.code(0))
      hook.expectWaited(200)
    }
    #expect(signals(container) == [])
  }
}
