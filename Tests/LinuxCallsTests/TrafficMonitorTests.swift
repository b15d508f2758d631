// Looks at real connections. The kernel's clock ticks every 10 ms at the most, so what it dates may seem that much earlier.

import CHarness
import Foundation
import Testing

@testable import Lifecycle
@testable import LinuxCalls

/// A monitor and a judge for the connections of one port.
private final class Watch {
  private var monitor = SocketMonitor()
  private let quiet: Quiet
  private let buffer: KernelBytes

  /// - Parameter receiveBuffer: for the ends.
  init(_ listener: Listener, receiveBuffer: Int32 = 1 << 20, _ change: (inout TrafficSettings) -> Void = { _ in })
    throws
  {
    buffer = try #require(KernelBytes.make(32_768))
    monitor.open(receiveBuffer: receiveBuffer)
    try #require(monitor.failure == .none)
    var settings = TrafficSettings()
    settings.ports.insert(listener.port)
    change(&settings)
    // As if the wait had begun long ago, so that moments in it can be told from its beginning.
    quiet = Quiet(settings, span: .init(seconds: 2), at: beginning)
  }

  deinit { buffer.giveBack() }

  let beginning = Clock.now - Milliseconds(seconds: 100)

  /// A whole look. Returns since when it is quiet.
  @discardableResult func look() throws -> Instant? {
    quiet.beginLook(at: Clock.now, opens: nil, tellsEnds: monitor.tellsEnds)
    monitor.begin(at: Clock.now)
    while true {
      let end = monitor.step(quiet, buffer, isUnchanged: false)
      try #require(monitor.failure == .none)
      guard let end else { continue }
      quiet.endLook(end, at: Clock.now)
      return quiet.quietSince == .never ? nil : quiet.quietSince
    }
  }

  /// Looks, waiting for an end before each time, until there are so many arrivals.
  func look(untilArrivals count: Int) throws {
    while quiet.arrivals < count {
      try awaitReadable(monitor.ends)
      try look()
    }
  }

  var open: Int { quiet.open }
  var arrivals: Int { quiet.arrivals }
  var waiting: Int { quiet.waitingForAccept }
  var hasLostEnds: Bool { quiet.hasLostEnds }
  var lastArrival: Instant? { quiet.lastArrival }
  var movers: [Mover] { (0..<Quiet.mostMovers).map { quiet.mover($0) }.filter { $0.count > 0 } }
}

/// Sees every connection end, on its own.
private final class Witness {
  private var monitor = SocketMonitor()
  init() throws {
    monitor.open(receiveBuffer: 1 << 22)
    try #require(monitor.failure == .none)
  }

  /// Waits for the ends of so many sockets of a local port.
  func await(_ count: Int, port: UInt16) throws {
    let number = monitor.ends
    var left = count
    var buffer = [UInt8](repeating: 0, count: 32_768)
    while left > 0 {
      try awaitReadable(number)
      let received = recv(number, &buffer, buffer.count, 0)
      guard received > 0 else { continue }
      let datagram = Datagram(bytes: Array(buffer.prefix(received)))
      for told in datagram.read(sequence: 0).told where told.asConnection?.port == port { left -= 1 }
    }
  }
}

/// Whether `moment`, as the kernel dates it, is not before `first`. It is never in the future.
private func isSince(_ first: Instant, _ moment: Instant?) -> Bool {
  guard let moment else { return false }
  return moment >= first - Milliseconds(12) && moment <= Clock.now
}

@Suite(.timeLimit(.minutes(1))) struct SocketMonitorTests {
  static let families = [(app: "127.0.0.1", client: "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1"), ("::", "::1")]

  @Test(arguments: families)
  func `a connection and a request are dated when they came`(app address: String, client: String) throws {
    let listener = Listener(address)
    let watch = try Watch(listener)
    #expect(try watch.look() == watch.beginning)
    let beforeConnection = Clock.now
    let pair = listener.pair(from: client)
    #expect(isSince(beforeConnection, try watch.look()))
    #expect(watch.arrivals == 1)
    #expect(watch.open == 1)
    #expect(isSince(beforeConnection, watch.lastArrival))
    let beforeRequest = Clock.now
    pair.client.send()
    pair.app.receive()
    #expect(isSince(beforeRequest, try watch.look()))
    #expect(isSince(beforeConnection, watch.lastArrival))
  }

  @Test func `an IPv4 peer of a dual-stack listener is told as what it is, and can be ignored`() throws {
    let listener = Listener("::")
    let watch = try Watch(listener)
    let ignoring = try Watch(listener) {
      $0.ignoredPeers = [PeerRange(address: PeerAddress(version4: 0x7f00_0000), prefix: 104)]
    }
    try watch.look()
    try ignoring.look()
    let pair = listener.pair()
    pair.client.send()
    try watch.look()
    #expect(watch.movers == [Mover(port: Int(listener.port), peer: PeerAddress(version4: 0x7f00_0001), count: 1)])
    #expect(try ignoring.look() == ignoring.beginning)
    #expect(ignoring.open == 0)
  }

  @Test func `what waits in the accept queue is seen until it is taken`() throws {
    let listener = Listener()
    let watch = try Watch(listener)
    let clients = [Stream(to: "127.0.0.1", listener.port), Stream(to: "127.0.0.1", listener.port)]
    #expect(try watch.look() == nil)
    #expect(watch.waiting == 2)
    let taken = listener.accept()
    #expect(try watch.look() == nil)
    #expect(watch.waiting == 1)
    let last = listener.accept()
    #expect(try watch.look() != nil)
    #expect(watch.waiting == 0)
    withExtendedLifetime((clients, taken, last)) {}
  }

  @Test(arguments: families)
  func `connections that come and go between two looks are all seen`(app address: String, client: String) throws {
    let listener = Listener(address)
    let watch = try Watch(listener)
    try watch.look()
    let before = Clock.now
    for index in 0..<10 {
      let pair = listener.pair(from: client)
      // Either side may be the first to close.
      if index % 2 == 0 { pair.app.close() } else { pair.client.close() }
    }
    try watch.look(untilArrivals: 10)
    #expect(watch.arrivals == 10)
    #expect(watch.open == 0)
    #expect(isSince(before, watch.lastArrival))
  }

  @Test func `a connection that the app reset between two looks is seen`() throws {
    let listener = Listener()
    let watch = try Watch(listener)
    try watch.look()
    let pair = listener.pair()
    pair.app.reset()
    try watch.look(untilArrivals: 1)
    #expect(watch.arrivals == 1)
  }

  @Test func `idle connections that end do not count, unless more end than the kernel's queue holds`() throws {
    let listener = Listener()
    let pairs = (0..<60).map { _ in listener.pair() }
    let watch = try Watch(listener)
    let tiny = try Watch(listener, receiveBuffer: 1)
    let witness = try Witness()
    try watch.look()
    try tiny.look()
    for pair in pairs {
      pair.client.close()
      pair.app.close()
    }
    try witness.await(60, port: listener.port)
    let ended = Clock.now
    try watch.look()
    #expect(watch.arrivals == 0)
    #expect(!watch.hasLostEnds)
    let since = try #require(try tiny.look())
    #expect(tiny.hasLostEnds)
    #expect(since >= ended)
  }

  @Test func `connections live on when their listener closes`() throws {
    let listener = Listener()
    let watch = try Watch(listener)
    let pair = listener.pair()
    try watch.look()
    listener.close()
    let before = Clock.now
    pair.client.send()
    pair.app.receive()
    #expect(isSince(before, try watch.look()))
    #expect(watch.open == 1)
  }

  @Test func `answers going out do not count; with drain they do until they have arrived`() throws {
    let listener = Listener()
    let pair = listener.pair()
    let watch = try Watch(listener)
    let draining = try Watch(listener) { $0.drain = true }
    try watch.look()
    #expect(try draining.look() != nil)
    let before = Clock.now
    pair.app.fill()
    #expect(try watch.look() != nil)
    #expect(try draining.look() == nil)
    pair.app.finish()
    while pair.client.receive() > 0 {}
    // Its end confirms all that came before it.
    pair.client.finish()
    #expect(pair.app.receive() == 0)
    #expect(isSince(before, try draining.look()))
  }

  @Test func `a request is unanswered until something is sent, also when the client has finished sending`() throws {
    let listener = Listener()
    let watch = try Watch(listener) { $0.drain = true }
    let pair = listener.pair()
    pair.client.send()
    pair.app.awaitData()
    #expect(try watch.look() == nil)
    pair.app.receive()
    #expect(try watch.look() == nil)
    pair.client.finish()
    #expect(pair.app.receive() == 0)
    #expect(try watch.look() == nil)
    pair.app.send()
    pair.client.receive()
    #expect(try watch.look() != nil)
  }

  @Test func `a client that has only finished sending is owed nothing`() throws {
    let listener = Listener()
    let watch = try Watch(listener) { $0.drain = true }
    let pair = listener.pair()
    pair.client.finish()
    #expect(pair.app.receive() == 0)
    #expect(try watch.look() != nil)
  }

  @Test func `more ports than the kernel should be asked to tell apart are told apart here`() throws {
    let listener = Listener()
    let other = Listener()
    let watch = try Watch(listener) { settings in
      for port in (UInt16(0)..<100).map({ $0 * 2 + 1 }) where port != other.port { settings.ports.insert(port) }
    }
    let pairs = [listener.pair(), other.pair()]
    try watch.look()
    #expect(watch.open == 1)
    withExtendedLifetime(pairs) {}
  }
}

/// Looks from another process, in a network namespace of its own.
@Suite(.timeLimit(.minutes(1))) struct TrafficProbeTests {
  @Test(.needsRoot) func `without a listener nothing is served`() throws {
    let probe = try Probe(ownNetwork: true)
    let finding = probe.look()
    #expect(finding.source == "sock_diag")
    #expect(finding.open == 0)
    #expect(finding.quiet != nil)
  }

  @Test(.needsRoot, arguments: [[], [.unprivileged]] as [Set<Probe.Sandbox>])
  func `every port listened on is served, and the clients' ends are not`(sandbox: Set<Probe.Sandbox>) throws {
    // A slow look ends as soon as it has seen more than may talk.
    let probe = try Probe(["--max-open", "100"], ownNetwork: true, sandbox)
    try probe.inNetwork {
      let listeners = [Listener(), Listener("::"), Listener("::1")]
      let pairs = [
        listeners[0].pair(), listeners[1].pair(), listeners[1].pair(from: "::1"), listeners[2].pair(from: "::1"),
      ]
      #expect(probe.look().open == 4)
      #expect(probe.look().open == 4)
      pairs[2].client.send()
      pairs[2].app.receive()
      let finding = probe.look()
      #expect(finding.source == "sock_diag")
      #expect(finding.movers.contains("::1>\(listeners[1].port)*1"), "\(finding.text)")
      #expect(finding.arrivals == 0)
    }
  }

  @Test(.needsRoot) func `a look that finds nothing moved tells the same, and the next one what moved`() throws {
    let probe = try Probe(["--max-open", "100"], ownNetwork: true)
    try probe.inNetwork {
      let listener = Listener()
      let pairs = (0..<50).map { _ in listener.pair() }
      let first = probe.look()
      let second = probe.look()
      let third = probe.look()
      #expect([first.open, second.open, third.open] == [50, 50, 50])
      #expect(third.movers == [], "the first look asked for no times, and nothing has moved since")
      pairs[7].client.send()
      pairs[7].app.receive()
      #expect(probe.look().movers.first?.hasPrefix("127.0.0.1>\(listener.port)*") == true)
      let late = listener.pair()
      let finding = probe.look()
      #expect(finding.arrivals == 1, "\(finding.text)")
      withExtendedLifetime(late) {}
    }
  }

  @Test(.needsRoot) func `a listener of MPTCP, as Go has them, is one like others`() throws {
    let probe = try Probe(ownNetwork: true)
    try probe.inNetwork {
      let number = Socket.new(for: "127.0.0.1", protocol: 262)
      guard number >= 0 else { return }
      close(number)
      let listener = Listener(protocol: 262)
      #expect(probe.look().waiting == 0)
      let client = Stream(to: "127.0.0.1", listener.port)
      let queued = probe.look()
      #expect(queued.waiting == 1, "\(queued.text)")
      let app = listener.accept()
      let taken = probe.look()
      #expect(taken.waiting == 0)
      #expect(taken.open == 1, "\(taken.text)")
      #expect(taken.arrivals == 1)
      withExtendedLifetime((client, app)) {}
    }
  }

  @Test(.needsRoot) func `a flood of handshakes that are never completed is no traffic`() throws {
    let probe = try Probe(ownNetwork: true)
    try probe.inNetwork {
      let setUp = Process()
      setUp.executableURL = URL(fileURLWithPath: "/bin/sh")
      // Answers to the flood's addresses go nowhere.
      setUp.arguments = ["-c", "ip addr add 10.99.0.1/32 dev lo && ip route add 10.99.0.0/16 dev lo"]
      try setUp.run()
      setUp.waitUntilExit()
      let listener = Listener("10.99.0.1")
      let before = probe.look()
      #expect(before.quiet != nil)
      for index in 0..<50 { SynFlood.send(to: listener.port, from: UInt8(index + 2)) }
      #expect(try SynFlood.pending() > 0, "the detector works")
      let finding = probe.look()
      #expect(finding.open == 0)
      #expect(finding.arrivals == 0)
      #expect((finding.quiet ?? 0) >= before.quiet ?? 0, "\(finding.text)")
    }
  }

  @Test(.needsRoot) func `without sock_diag, /proc tells connections that came, also those that went`() throws {
    let probe = try Probe(ownNetwork: true, [.noNetlink, .unprivileged])
    try probe.inNetwork {
      let listener = Listener("::")
      let pair = listener.pair()
      let first = probe.look()
      #expect(first.source == "proc")
      #expect(first.open == 1)
      let second = listener.pair(from: "::1")
      #expect(probe.look().arrivals == 1)
      for _ in 0..<5 {
        let short = listener.pair()
        // The client is the first to close, so nothing of it is left at the app's port.
        short.client.close()
        short.app.receive()
        short.app.close()
      }
      let finding = probe.look()
      #expect(finding.arrivals == 6, "\(finding.text)")
      pair.client.send()
      pair.app.awaitData()
      #expect(probe.look().movers.contains("127.0.0.1>\(listener.port)*1"))
      let waiting = Stream(to: "127.0.0.1", listener.port)
      #expect(probe.look().quiet == nil)
      withExtendedLifetime((second, waiting)) {}
    }
  }

  @Test(.needsRoot) func `the tables in /proc have the same listeners and connections`() throws {
    let probe = try Probe(ownNetwork: true)
    let other = try Probe(inNetworkOf: probe, [.noNetlink])
    try probe.inNetwork {
      let listener = Listener("::")
      let pairs = (0..<20).map { listener.pair(from: $0 % 2 == 0 ? "127.0.0.1" : "::1") }
      let clients = (0..<3).map { _ in Stream(to: "127.0.0.1", listener.port) }
      // Half-closed either way.
      pairs[0].client.finish()
      pairs[1].app.finish()
      let findings = [probe.look(), other.look()]
      #expect(findings.map(\.source) == ["sock_diag", "proc"])
      #expect(findings.map(\.open) == [22, 22])
      #expect(findings.map(\.waiting) == [3, 3])
      withExtendedLifetime(clients) {}
    }
  }

  @Test(.needsRoot) func `without sock_diag and /proc there is nothing to look at`() throws {
    let probe = try Probe(ownNetwork: true, [.noNetlink, .noProc])
    #expect(probe.look().text == "blind")
    #expect(probe.look().text == "blind")
  }

  @Test(.needsRoot) func `without /proc, sock_diag is enough`() throws {
    let probe = try Probe(ownNetwork: true, [.noProc, .unprivileged])
    try probe.inNetwork {
      let listener = Listener()
      #expect(probe.look().source == "sock_diag")
      let pair = listener.pair()
      #expect(probe.look().arrivals == 1)
      withExtendedLifetime(pair) {}
    }
  }
}

/// First segments of handshakes, from addresses that never answer.
private enum SynFlood {
  static func send(to port: UInt16, from host: UInt8) {
    let number = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
    precondition(number >= 0)
    defer { close(number) }
    let source: [UInt8] = [10, 99, 0, host]
    let target: [UInt8] = [10, 99, 0, 1]
    var segment: [UInt8] = [0x12, host, UInt8(port >> 8), UInt8(port & 255)]
    segment += [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]
    let sum = checksum(source + target + [0, 6, 0, 20] + segment)
    segment[16] = UInt8(sum >> 8)
    segment[17] = UInt8(sum & 255)
    // The kernel fills in the length and the head's own checksum.
    let packet: [UInt8] = [0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0] + source + target + segment
    Socket.withAddress("10.99.0.1", 0) { address, size in
      sendto(number, packet, packet.count, 0, address, size) == packet.count ? 0 : -1
    }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }

  /// How many handshakes the namespace of this thread has under way.
  static func pending() throws -> Int {
    let table = try String(contentsOfFile: "/proc/thread-self/net/tcp", encoding: .utf8)
    return table.split(separator: "\n").filter { $0.split(separator: " ").dropFirst(3).first == "03" }.count
  }
}
