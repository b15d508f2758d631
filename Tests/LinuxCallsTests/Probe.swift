// TrafficProbe as a child process, in a network namespace of its own or in a sandbox.

import CHarness
import Foundation
import Lifecycle
import Testing

@testable import LinuxCalls

enum Machine {
  static let isRoot = getuid() == 0
  fileprivate static let skipsNothing = ProcessInfo.processInfo.environment["LASTCALL_SKIP_NOTHING"] != nil
}

extension Trait where Self == ConditionTrait {
  static var needsRoot: Self {
    .enabled(if: Machine.skipsNothing || Machine.isRoot, "needs root to make network namespaces")
  }
}

/// What one look found.
struct Finding {
  let text: String
  private let fields: [(name: Substring, value: Substring)]

  init(_ text: String) {
    self.text = text
    fields = text.split(separator: " ").map { word in
      let parts = word.split(separator: "=", maxSplits: 1)
      return (parts[0], parts.count > 1 ? parts[1] : "")
    }
  }

  private subscript(name: String) -> String? { fields.first { $0.name == name }.map { String($0.value) } }

  var source: String { self["source"] ?? text }
  var open: Int? { self["open"].flatMap { Int($0) } }
  var arrivals: Int? { self["arrivals"].flatMap { Int($0) } }
  var waiting: Int? { self["waiting"].flatMap { Int($0) } }
  var isWhole: Bool { self["whole"] == "yes" }
  /// For how many milliseconds it has been quiet.
  var quiet: Int? { self["quiet"].flatMap { Int($0) } }
  /// How many milliseconds ago the last new connection came.
  var arrival: Int? { self["arrival"].flatMap { Int($0) } }
  var movers: [String] { fields.filter { $0.name == "mover" }.map { String($0.value) } }
}

final class Probe {
  enum Sandbox: String {
    case unprivileged, noNetlink, noProc
  }

  private let process: pid_t
  private let input: Int32
  private let output: Int32
  private var rest: [UInt8] = []

  private static func built(_ name: String) -> String {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Starts it, and waits until its sources are open.
  init(_ words: [String] = [], ownNetwork: Bool = false, inNetworkOf other: Probe? = nil, _ sandbox: Set<Sandbox> = [])
    throws
  {
    // Each program of the chain prepares something and becomes the next one. The launcher needs /proc to start.
    var command = ["/usr/bin/unshare"]
    func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script + " && exec \"$@\"", "sh"] }
    if let other { command = ["/usr/bin/nsenter", "--net=/proc/\(other.process)/ns/net"] }
    if ownNetwork { command += ["--net"] + shell("ip link set lo up") }
    if sandbox.contains(.noNetlink) { command += [Probe.built("Launcher"), "no-netlink", "--"] }
    if sandbox.contains(.noProc) { command += ["/usr/bin/unshare", "--mount"] + shell("mount -t tmpfs none /proc") }
    if sandbox.contains(.unprivileged) {
      command += ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
    }
    command += [Probe.built("TrafficProbe"), "wait-then-signal", "--until-quiet", "2s", "--max-wait", "60s"]
    let arguments = (command + words).map { strdup($0) }
    defer { for argument in arguments { free(argument) } }

    var down: [Int32] = [0, 0]
    var up: [Int32] = [0, 0]
    precondition(harness_pipe(&down) == 0 && harness_pipe(&up) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down[0], 0)
    posix_spawn_file_actions_adddup2(&actions, up[1], 1)
    // The launcher's report, which is not wanted.
    posix_spawn_file_actions_addopen(&actions, 199, "/dev/null", O_WRONLY, 0)
    var pid: pid_t = 0
    let result = posix_spawn(&pid, command[0], &actions, nil, arguments + [nil], harness_environment())
    close(down[0])
    close(up[1])
    process = pid
    input = down[1]
    output = up[0]
    let first = result == 0 ? readLine() : String(cString: strerror(result))
    guard first == "ready" else { throw Failure(text: first) }
  }

  struct Failure: Error { let text: String }

  /// The end of its input ends it.
  deinit {
    close(input)
    close(output)
    waitpid(process, nil, 0)
  }

  /// One look.
  func look() -> Finding {
    precondition(write(input, "\n", 1) == 1)
    return Finding(readLine())
  }

  private func readLine() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      if let end = rest.firstIndex(of: 0x0a) {
        defer { rest.removeSubrange(...end) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let count = read(output, &buffer, buffer.count)
      if count <= 0 { return String(decoding: rest, as: UTF8.self) }
      rest += buffer[..<count]
    }
  }

  /// Runs `body` in the probe's own network namespace: on a thread that enters it and ends.
  func inNetwork(_ body: @escaping () throws -> Void) throws {
    let descriptor = harness_pidfd_open(process)
    defer { close(descriptor) }
    nonisolated(unsafe) let work = body
    nonisolated(unsafe) var failure: (any Error)?
    let isDone = DispatchSemaphore(value: 0)
    let thread = Thread {
      defer { isDone.signal() }
      guard harness_enter(descriptor, CLONE_NEWNET) == 0 else {
        failure = Failure(text: "cannot enter the network namespace: \(String(cString: strerror(harness_errno())))")
        return
      }
      do { try work() } catch { failure = error }
    }
    thread.start()
    isDone.wait()
    if let failure { throw failure }
  }
}

/// Command lines are kept in one place, which tests that run side by side take turns at.
enum CommandLines {
  private static let turn = NSLock()

  private static func array(_ words: Words) -> [[UInt8]] { (0..<words.count).map { Line(words[$0]).bytes } }

  static func words(in text: [UInt8]) -> [[UInt8]] { turn.withLock { array(ProcessTable.words(in: text)) } }

  static func words(of process: Int32) -> [[UInt8]]? {
    turn.withLock { ProcessTable.commandLine(of: process).map(array) }
  }
}
