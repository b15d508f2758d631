// §3.6: while the address is held, a closed port refuses at once; when it is gone, nobody answers.

import CHarness
import Foundation
import Testing

@Suite(.needsNamespaces) struct HoldTests {
  @Test(.needs("ip"), .needs("bash"), .needs("nginx"))
  func `connections are refused at once during the hold, and met with silence after it`() throws {
    let pod = try Container.nginx(
      [
        lastcall, "-v", "--for", "nginx", "--hold", "3s", "--grace-period", "20s", "--", "nginx", "-c",
        try Download.nginxConfiguration(),
      ])
    let node = try Container(echo) { $0.network = true }
    let client = try Container(echo) { $0.network = true }
    // As in a cluster: the client's way to the pod leads over a node, which drops what it has no way for.
    try node.connect(to: pod, address: "10.9.1.1", peerAddress: "10.9.1.2", device: "pod")
    try node.connect(to: client, address: "10.9.2.1", peerAddress: "10.9.2.2", device: "client")
    try node.configureNetwork("route add blackhole 10.9.0.0/16")
    try node.forwardPackets()
    try pod.configureNetwork("route add default via 10.9.1.1")
    try client.configureNetwork("route add default via 10.9.2.1")
    func connect() throws -> ChildProcess {
      // One second is the client's own patience.
      let client = try client.exec("timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/10.9.1.2/8080 && echo connected")
      try client.waitForExit()
      return client
    }
    #expect(try connect().standardOutput == "connected\n")
    try pod.send(SIGTERM)
    try pod.waitForLine(containing: "the app exited with 0", of: .standardError)
    let refused = try connect()
    #expect(refused.standardError.contains("Connection refused"), "\(refused)")
    #expect(refused.exit == .code(1))
    #expect(pod.exit == nil)
    try pod.expectExit(.code(0))
    // The kernel takes a network namespace down after its last process has been reaped.
    try Waiting.until("the pod's network is gone") {
      let devices = FileManager.default.contents(atPath: "/proc/\(node.pid)/net/dev") ?? Data()
      return !String(decoding: devices, as: UTF8.self).contains("pod:")
    }
    let silent = try connect()
    #expect(silent.exit == .code(124), "\(silent)")
    #expect(silent.standardError == "", "\(silent)")
  }

  @Test func `the hold lasts its time after the app's end, however it ended`() throws {
    let container = try Container(
      lastcall, "--hold", "300ms", "--grace-period", "20s", "--log-format", "json", "--", echo, "exit=15:7")
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(7))
    let summary = try container.summary()
    let ended = try #require(summary["app_ended_ms"] as? Int)
    #expect(try #require(summary["total_ms"] as? Int) >= ended + 300, "\(summary)")
  }

  @Test func `the deadline ends the hold`() throws {
    let container = try Container(
      lastcall, "--hold", "30s", "--grace-period", "800ms", "--reserve", "400ms", "--", echo, "exit=15:0")
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(0))
    #expect(container.standardError.contains("--hold 30s does not fit"), "\(container)")
  }

  @Test func `the kubelet's stop signal during the hold of a hook's plan ends it`() throws {
    let container = try Container(lastcall, "-v", "--", echo, "exit=15:0")
    try container.waitForLine(containing: "ready")
    let hook = try container.exec(lastcall, "wait-then-signal", "--hold", "30s", "--grace-period", "60s")
    try container.waitForLine(containing: "the app exited with 0", of: .standardError)
    try container.send(SIGTERM)
    try hook.expectExit(.code(0))
    try container.expectExit(.code(0))
  }

  @Test func `an app that ends by itself is not held`() throws {
    let container = try Container(lastcall, "--hold", "30s", "--grace-period", "60s", "--", echo, "exit=10:3")
    try container.waitForLine(containing: "ready")
    try container.send(SIGUSR1)
    try container.expectExit(.code(3))
  }
}
