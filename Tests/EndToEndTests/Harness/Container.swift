// A program as PID 1 of a new PID namespace, as a container runtime starts it: its parent is outside (pid 0 inside), its
// /proc is its own. It is a child of the test, so its exit is exact.

import CHarness

final class Container: ChildProcess {
  private let hasNetwork: Bool

  convenience init(_ command: String..., configure: (inout Setup) -> Void = { _ in }) throws {
    try self.init(command, configure: configure)
  }

  init(_ command: [String], configure: (inout Setup) -> Void = { _ in }) throws {
    var setup = Setup()
    configure(&setup)
    hasNetwork = setup.network
    try super.init(command, setup, placement: ["new-namespaces"])
  }

  /// Runs a command beside PID 1, as `runc exec` and a kubelet's hooks do: its parent pid is 0, its standard input
  /// /dev/null, its output its own. PID 1's end kills it, and is complete only when it has been waited for.
  func exec(_ command: String..., configure: (inout Setup) -> Void = { _ in }) throws -> ChildProcess {
    try exec(command, configure: configure)
  }

  func exec(_ command: [String], configure: (inout Setup) -> Void = { _ in }) throws -> ChildProcess {
    var setup = Setup()
    configure(&setup)
    setup.network = hasNetwork
    return try ChildProcess(command, setup, placement: ["enter=\(pid)"])
  }

  /// A cable between two containers with a network: `address` here, `peerAddress` there, both without a mask (/24).
  func connect(to peer: Container, address: String = "10.9.0.1", peerAddress: String = "10.9.0.2") throws {
    try Container.run(
      "ip", "link", "add", "eth0", "netns", "\(pid)", "type", "veth", "peer", "name", "eth0", "netns", "\(peer.pid)")
    for (pid, address) in [(pid, address), (peer.pid, peerAddress)] {
      for step in ["address add \(address)/24 dev eth0", "link set eth0 up"] {
        try Container.run(["nsenter", "-t", "\(pid)", "-n", "ip"] + step.split(separator: " ").map(String.init))
      }
    }
  }

  private static func run(_ command: String...) throws { try run(command) }

  private static func run(_ command: [String]) throws {
    let process = try ChildProcess(command)
    guard try process.waitForExit() == .code(0) else { throw HarnessError("\(process)") }
  }
}
