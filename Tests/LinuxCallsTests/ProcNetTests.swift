// The kernel's text tables: lines as kernels write them, and anything else.

import Testing

@testable import Lifecycle
@testable import LinuxCalls

@Suite struct ProcNetTests {
  private func entry(_ line: String, isVersion6: Bool = false) -> Told? {
    var told = Told(message: .none)
    var bytes = Array(line.utf8)
    told.message = bytes.withKernelBytes { ProcNet.read($0, isVersion6: isVersion6, &told.connection) }
    return told.message == .other ? nil : told
  }

  private static let listener =
    "   0: 00000000:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 31874 1 0000000000000000"
  private static let connection =
    "  12: 0100007F:1F90 0302010A:E770 01 0000000A:0000000B 02:00000A2F 00000000 65534        0 31877 2 0000000000000000"
  private static let mapped =
    "   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000302010A:8D2C 08 00000000:00000001 00:00000000 0"

  @Test func `a listener's queue is what waits to be accepted`() {
    #expect(entry(ProcNetTests.listener)?.listener == .listener(port: 8080, waiting: 3))
  }

  @Test func `a connection has its peer and its queues, and no times`() {
    guard let connection = entry(ProcNetTests.connection)?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.port == 8080)
    #expect(connection.peer == PeerAddress(version4: 0x0a01_0203))
    #expect(connection.phase == .open)
    #expect(connection.unsent == 10)
    #expect(connection.unread == 11)
    #expect(!connection.hasTimes)
  }

  @Test func `an IPv4 peer of a dual-stack socket is an IPv4 peer`() {
    guard let connection = entry(ProcNetTests.mapped, isVersion6: true)?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.peer == PeerAddress(version4: 0x0a01_0203))
    #expect(connection.phase == .peerFinished)
    #expect(connection.unread == 1)
  }

  @Test(arguments: [
    ("01", ConnectionPhase.open), ("04", .appFinished), ("05", .appFinished), ("06", .over), ("08", .peerFinished),
    ("09", .appFinished), ("0B", .appFinished),
  ])
  func `a state is a phase`(state: String, phase: ConnectionPhase) {
    let line = ProcNetTests.connection.replacing(" 01 ", with: " \(state) ")
    guard let connection = entry(line)?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.phase == phase)
  }

  @Test func `every part of its addresses makes it another connection`() {
    var identities: Set<UInt64> = []
    let lines = [
      ProcNetTests.connection, ProcNetTests.connection.replacing("1F90", with: "1F91"),
      ProcNetTests.connection.replacing("E770", with: "E771"),
      ProcNetTests.connection.replacing("0302010A", with: "0402010A"),
      ProcNetTests.connection.replacing("0100007F", with: "0200007F"),
      ProcNetTests.connection.replacing("0100007F:1F90 0302010A:E770", with: "0302010A:E770 0100007F:1F90"),
    ]
    for case let connection? in lines.map({ entry($0)?.asConnection }) { identities.insert(connection.identity) }
    #expect(identities.count == lines.count)
  }

  @Test(arguments: [
    "", " ", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "0:", "0: 0100007F", "0: 0100007F:1F9 0", "0: 0100007G:1F90 0302010A:E770 01 00000000:00000000",
    "0: 0100007F:1F90 0302010A:E770 01 00000000", "0: 0100007F:1F90 0302010A:E770 03 00000000:00000000 ",
    "0: 0100007F:1F90 0302010A:E770 0C 00000000:00000000 ", "0: 0100007F:1F90 0302010A:E770 FF 00000000:00000000 ",
    "0:  0100007F:1F90 0302010A:E770 01 00000000:00000000",
  ])
  func `other lines are passed over`(line: String) { #expect(entry(line) == nil) }

  @Test func `a line cut anywhere is a whole one or none`() {
    for line in [ProcNetTests.listener, ProcNetTests.connection] {
      for count in 0...line.utf8.count {
        let result = entry(String(line.prefix(count)))
        #expect(result == nil || result == entry(line))
      }
    }
  }
}

extension TcpCounters {
  /// Nil where one of the three is missing.
  static func read(_ text: inout [UInt8]) -> TcpCounters? {
    let counters = text.withKernelBytes { TcpCounters(parsing: $0) }
    return counters.isKnown ? counters : nil
  }
}

@Suite struct TcpCountersTests {
  private func counters(_ text: String) -> TcpCounters? {
    var bytes = Array(text.utf8)
    return TcpCounters.read(&bytes)
  }

  private static let file = """
    Ip: Forwarding DefaultTTL InReceives
    Ip: 1 64 1000
    Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs
    Tcp: 1 200 120000 -1 5 7 0 0 2 18446744073709551615 90
    Udp: InDatagrams NoPorts
    Udp: 0 0

    """

  @Test func `the counters are found by their names`() throws {
    let found = try #require(counters(TcpCountersTests.file))
    #expect(found.segmentsIn == .max)
    #expect(found.segmentsOut == 90)
    #expect(found.opens == 7)
  }

  @Test func `more columns, in another order, are found too`() {
    let text = "Tcp: New OutSegs InSegs Other PassiveOpens InSegsNot\nTcp: 1 2 3 4 5 6\n"
    #expect(counters(text)?.segmentsIn == 3)
    #expect(counters(text)?.segmentsOut == 2)
    #expect(counters(text)?.opens == 5)
  }

  @Test(arguments: [
    "", "Tcp:", "Tcp: InSegs OutSegs PassiveOpens\n", "Tcp: InSegs OutSegs\nTcp: 1 2\n",
    "Tcp: InSegs OutSegs PassiveOpens\nUdp: 1 2 3\n", "Tcp: InSegs OutSegs PassiveOpens\nTcp: 1 2\n",
    "Tcp: InSegs OutSegs PassiveOpens\nTcp: 1 x 3\n", "Udp: InSegs OutSegs PassiveOpens\nUdp: 1 2 3\n",
  ])
  func `a file without them has none`(text: String) { #expect(counters(text) == nil) }

  @Test func `a file cut anywhere has the counters or none`() {
    let whole = counters(TcpCountersTests.file)
    for count in 0..<TcpCountersTests.file.utf8.count {
      let found = counters(String(TcpCountersTests.file.prefix(count)))
      if let found { #expect(found.segmentsIn == whole?.segmentsIn && found.opens == whole?.opens) }
    }
  }
}
