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

  /// A cable between two containers with a network: `address` here on `device`, `peerAddress` there on eth0, both
  /// without a mask (/24).
  func connect(
    to peer: Container, address: String = "10.9.0.1", peerAddress: String = "10.9.0.2", device: String = "eth0"
  ) throws {
    try Container.run(
      "ip", "link", "add", device, "netns", "\(pid)", "type", "veth", "peer", "name", "eth0", "netns", "\(peer.pid)")
    for (container, device, address) in [(self, device, address), (peer, "eth0", peerAddress)] {
      try container.configureNetwork("address add \(address)/24 dev \(device)")
      try container.configureNetwork("link set \(device) up")
    }
  }

  /// `ip` with these words, in the container's network.
  func configureNetwork(_ words: String) throws {
    try Container.run(["nsenter", "-t", "\(pid)", "-n", "ip"] + words.split(separator: " ").map(String.init))
  }

  /// Makes the container a router.
  func forwardPackets() throws {
    try Container.run("nsenter", "-t", "\(pid)", "-n", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
  }

  private static func run(_ command: String...) throws { try run(command) }

  private static func run(_ command: [String]) throws {
    let process = try ChildProcess(command)
    guard try process.waitForExit() == .code(0) else { throw HarnessError("\(process)") }
  }
}
