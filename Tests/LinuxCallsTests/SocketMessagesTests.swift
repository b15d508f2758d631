// The kernel's answers as bytes: right ones, old ones, cut ones, and any bytes at all.

import Testing

@testable import Lifecycle
@testable import LinuxCalls

extension [UInt8] {
  /// A view of them, for as long as `body` runs.
  mutating func withKernelBytes<Result>(_ body: (KernelBytes) -> Result) -> Result {
    // One byte more, so that there is an address.
    append(0)
    defer { removeLast() }
    return withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { preconditionFailure("it is not empty") }
      return body(unsafe KernelBytes(start, count: bytes.count - 1))
    }
  }

  func littleEndian(_ offset: Int, size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
  }

  mutating func append(littleEndian number: UInt64, size: Int) {
    for index in 0..<size { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }
}

extension PeerSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral ranges: PeerRange...) {
    self.init()
    for range in ranges { add(range) }
  }
}

/// A message with what it tells of a socket.
struct Told: Equatable {
  var message: SocketMessage
  var connection = Connection()
  var failure = Errno.none

  /// Nil where it is no connection.
  var asConnection: Connection? { message == .connection ? connection : nil }
  var isListener: Bool { message == .listener }

  static func listener(port: UInt16, waiting: UInt32) -> Told {
    var told = Told(message: .listener)
    told.connection.port = port
    told.connection.unread = waiting
    return told
  }

  /// What a listener is, and nothing else of it.
  var listener: Told? { isListener ? .listener(port: connection.port, waiting: connection.unread) : nil }
}

/// Builds messages as the kernel does.
struct Datagram {
  var bytes: [UInt8] = []

  mutating func add(type: UInt64, flags: UInt64 = 2, sequence: UInt64 = 7, length: Int? = nil, _ body: [UInt8]) {
    bytes.append(littleEndian: UInt64(bitPattern: Int64(length ?? 16 + body.count)), size: 4)
    bytes.append(littleEndian: type, size: 2)
    bytes.append(littleEndian: flags, size: 2)
    bytes.append(littleEndian: sequence, size: 4)
    bytes.append(littleEndian: 0, size: 4)
    bytes += body
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  static func socket(
    family: UInt8 = 2, state: UInt8, port: UInt16 = 80, peerPort: UInt16 = 5000, peer: [UInt8] = [10, 1, 2, 3],
    cookie: UInt64 = 9, received: UInt32 = 0, sent: UInt32 = 0, _ attributes: [UInt8] = []
  ) -> [UInt8] {
    var body: [UInt8] = [family, state, 0, 0]
    body += [UInt8(port >> 8), UInt8(port & 255), UInt8(peerPort >> 8), UInt8(peerPort & 255)]
    body += [UInt8](repeating: 1, count: 16)
    body += peer + [UInt8](repeating: 0, count: 16 - peer.count)
    body.append(littleEndian: 0, size: 4)
    body.append(littleEndian: cookie, size: 8)
    body.append(littleEndian: 0, size: 4)
    body.append(littleEndian: UInt64(received), size: 4)
    body.append(littleEndian: UInt64(sent), size: 4)
    body.append(littleEndian: 0, size: 8)
    return body + attributes
  }

  /// `struct tcp_info` as an attribute, as long as a kernel has it.
  static func info(
    sinceSent: UInt32, sinceReceived: UInt32, confirmed: UInt8 = 1, received: UInt8 = 1, length: Int = 280
  ) -> [UInt8] {
    var info = [UInt8](repeating: 0xee, count: max(length, 136))
    info.replaceSubrange(120..<136, with: [confirmed, 0, 0, 0, 0, 0, 0, 0, received, 0, 0, 0, 0, 0, 0, 0])
    for index in 0..<4 {
      info[44 + index] = UInt8(truncatingIfNeeded: sinceSent >> UInt32(8 * index))
      info[52 + index] = UInt8(truncatingIfNeeded: sinceReceived >> UInt32(8 * index))
    }
    return attribute(2, Array(info.prefix(length)))
  }

  static func attribute(_ type: UInt64, _ body: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(4 + body.count), size: 2)
    bytes.append(littleEndian: type, size: 2)
    bytes += body
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  /// Everything that the parser makes of it.
  func read(sequence: UInt32 = 7) -> (told: [Told], hasHoles: Bool) {
    var bytes = bytes
    return bytes.withKernelBytes { bytes in
      var reader = SocketMessages(bytes, sequence: sequence)
      var all: [Told] = []
      while true {
        var told = Told(message: .none)
        told.message = reader.next(&told.connection)
        if told.message == .none { return (all, reader.hasHoles) }
        told.failure = reader.failure
        all.append(told)
      }
    }
  }

  func messages() -> [SocketMessage] { read().told.map(\.message) }
}

@Suite struct SocketMessagesTests {
  private let peer = PeerAddress(version4: 0x0a01_0203)

  private func one(_ body: [UInt8]) -> Told? {
    var datagram = Datagram()
    datagram.add(type: 20, body)
    return datagram.read().told.first
  }

  @Test func `a listener is a port and the length of its accept queue`() {
    #expect(
      one(Datagram.socket(state: 10, port: 8080, peerPort: 0, received: 3, sent: 128))?.listener
        == .listener(port: 8080, waiting: 3))
  }

  @Test func `a connection has its peer, its queues, and the times of tcp_info`() {
    let body = Datagram.socket(
      state: 1, cookie: 0x1234_5678_9abc_def0, received: 5, sent: 6,
      Datagram.attribute(8, [0]) + Datagram.info(sinceSent: 100, sinceReceived: 20))
    var expected = Connection()
    expected.port = 80
    expected.peer = peer
    expected.identity = 0x1234_5678_9abc_def0
    expected.unread = 5
    expected.unsent = 6
    expected.hasTimes = true
    expected.sinceReceived = Milliseconds(20)
    expected.sinceSent = Milliseconds(100)
    #expect(one(body)?.asConnection == expected)
  }

  @Test func `an IPv4 peer is the same in both families`() {
    let mapped = [UInt8](repeating: 0, count: 10) + [255, 255, 10, 1, 2, 3]
    #expect(one(Datagram.socket(family: 10, state: 1, peer: mapped)) == one(Datagram.socket(state: 1)))
    let six = [0xfd] + [UInt8](repeating: 0, count: 14) + [7]
    guard let connection = one(Datagram.socket(family: 10, state: 1, peer: six))?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.peer == PeerAddress(high: 0xfd << 56, low: 7))
  }

  @Test(arguments: [
    (UInt8(1), ConnectionPhase.open), (4, .appFinished), (5, .appFinished), (7, .over), (8, .peerFinished),
    (9, .appFinished), (11, .appFinished),
  ])
  func `a state is a phase`(state: UInt8, phase: ConnectionPhase) {
    guard let connection = one(Datagram.socket(state: state))?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.phase == phase)
  }

  @Test(arguments: [0, 2, 3, 6, 12, 13, 255] as [UInt8])
  func `the handshake's states, TIME_WAIT and those not known are passed over`(state: UInt8) {
    #expect(one(Datagram.socket(state: state))?.message == .other)
  }

  @Test func `the end of a connection that the app reset tells no times`() {
    let info = Datagram.info(sinceSent: 1, sinceReceived: 1_601_700)
    var expected = Connection()
    expected.port = 80
    expected.peer = peer
    expected.phase = .over
    expected.identity = 9
    #expect(one(Datagram.socket(state: 7, peerPort: 0, sent: 65_538, info))?.asConnection == expected)
  }

  @Test func `the end of a listener is nothing`() {
    #expect(one(Datagram.socket(state: 7, peerPort: 0, peer: [0, 0, 0, 0]))?.message == .other)
  }

  @Test(arguments: [
    (state: UInt8(1), confirmed: UInt8(0), received: UInt8(1), isFirstUnanswered: true), (1, 0, 0, false),
    (1, 1, 1, false), (8, 0, 1, false), (8, 0, 2, true),
  ])
  func `data that came where none ever went is unanswered, and the peer's end is no data`(
    state: UInt8, confirmed: UInt8, received: UInt8, isFirstUnanswered: Bool
  ) {
    let info = Datagram.info(sinceSent: 2, sinceReceived: 2, confirmed: confirmed, received: received)
    guard let connection = one(Datagram.socket(state: state, info))?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(connection.isFirstUnanswered == isFirstUnanswered)
  }

  @Test(arguments: [(56, true), (104, true), (280, true), (400, true), (55, false), (0, false)])
  func `tcp_info may be as long as any kernel has it`(length: Int, hasTimes: Bool) {
    guard
      let connection = one(
        Datagram.socket(state: 1, Datagram.info(sinceSent: 2, sinceReceived: 1, length: length)))?.asConnection
    else {
      Issue.record("no connection")
      return
    }
    #expect(connection.hasTimes == hasTimes)
  }

  @Test(arguments: [[3, 0, 2, 0], [0, 0, 2, 0], [255, 255, 2, 0], [60, 0, 2, 0], [4, 0]] as [[UInt8]])
  func `an attribute that lies about its length has no times`(attribute: [UInt8]) {
    guard let connection = one(Datagram.socket(state: 1, attribute))?.asConnection else {
      Issue.record("no connection")
      return
    }
    #expect(!connection.hasTimes)
  }

  @Test func `an answer ends with done, and what a failed one says is its reason`() {
    var datagram = Datagram()
    datagram.add(type: 3, [0, 0, 0, 0])
    datagram.add(type: 3, [])
    datagram.add(type: 3, [0xfe, 0xff, 0xff, 0xff])
    datagram.add(type: 2, [0xf4, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 16))
    datagram.add(type: 2, [])
    datagram.add(type: 4, [])
    datagram.add(type: 2, [0, 0, 0, 0])
    #expect(datagram.messages() == [.done, .done, .failed, .failed, .failed, .failed, .other])
    #expect(
      datagram.read().told.filter { $0.message == .failed }.map(\.failure) == [
        .notFound, Errno(code: 12), .invalid, .noBufferSpace,
      ])
  }

  @Test func `what answers an older request, and kinds not known, are passed over`() {
    var datagram = Datagram()
    datagram.add(type: 20, sequence: 6, Datagram.socket(state: 1))
    datagram.add(type: 3, sequence: 6, [0, 0, 0, 0])
    datagram.add(type: 99, [1, 2, 3])
    datagram.add(type: 20, [2, 1, 0, 0])
    datagram.add(type: 20, Datagram.socket(family: 1, state: 1))
    #expect(datagram.messages() == Array(repeating: .other, count: 5))
    #expect(!datagram.read().hasHoles)
  }

  @Test func `an answer that may have holes says so`() {
    var datagram = Datagram()
    datagram.add(type: 3, flags: 0x12, [0, 0, 0, 0])
    #expect(datagram.read().hasHoles)
  }

  @Test(arguments: [0, 15, 1000, -1])
  func `a length that cannot be ends the datagram`(length: Int) {
    var datagram = Datagram()
    datagram.add(type: 20, Datagram.socket(state: 10))
    datagram.add(type: 20, length: length, Datagram.socket(state: 10))
    datagram.add(type: 20, Datagram.socket(state: 10))
    let answer = datagram.read()
    #expect(answer.told.map(\.listener) == [.listener(port: 80, waiting: 0)])
    #expect(answer.hasHoles)
  }

  @Test func `a datagram cut anywhere yields what is whole of it`() {
    var datagram = Datagram()
    datagram.add(type: 20, Datagram.socket(state: 10))
    let first = datagram.bytes.count
    datagram.add(type: 20, Datagram.socket(state: 1, Datagram.info(sinceSent: 2, sinceReceived: 1)))
    for count in 0...datagram.bytes.count {
      var cut = Datagram()
      cut.bytes = Array(datagram.bytes.prefix(count))
      let answer = cut.read()
      #expect(answer.told.count == (count < first ? 0 : count < datagram.bytes.count ? 1 : 2))
      #expect(answer.hasHoles == ![0, first, datagram.bytes.count].contains(count))
    }
  }
}

@Suite struct SocketRequestTests {
  /// What the kernel does with the filter (inet_diag_bc_run in net/ipv4/inet_diag.c). Nil: it would refuse it.
  private func run(_ program: [UInt8], port: UInt16) -> Bool? {
    var position = 0
    while position < program.count {
      guard position + 4 <= program.count else { return nil }
      let yes = Int(program[position + 1])
      let no = Int(program.littleEndian(position + 2, size: 2))
      let isLongEnough = position + 8 <= program.count
      let operand = isLongEnough ? UInt16(program.littleEndian(position + 6, size: 2)) : 0
      let matches: Bool
      switch program[position] {
      case 1: matches = false
      case 2 where isLongEnough: matches = port >= operand
      case 3 where isLongEnough: matches = port <= operand
      default: return nil
      }
      guard yes >= 4, no >= 4, yes % 4 == 0, no % 4 == 0, no <= program.count - position + 4 else { return nil }
      position += matches ? yes : no
    }
    return position == program.count
  }

  private static let ranges: [[PortRange]] = [
    [PortRange(first: 80, last: 80)], [PortRange(first: 0, last: 65_535)],
    [PortRange(first: 80, last: 80), PortRange(first: 443, last: 443), PortRange(first: 8000, last: 8100)],
    (0..<64).map { (index: UInt16) in PortRange(first: index * 1000, last: index * 1000 + index) },
  ]

  @Test(arguments: ranges)
  func `the filter lets the ports through and no others`(ranges: [PortRange]) {
    var ports = PortSet()
    for range in ranges { for port in range.first...range.last { ports.insert(port) } }
    var program = [UInt8](repeating: 0xee, count: 20 * ranges.count - 4)
    let length = program.withKernelBytes { SocketRequest.writeFilter(ports, to: $0) }
    #expect(length == program.count)
    for port in UInt16.min ... .max {
      let isIn = ranges.contains { $0.first <= port && port <= $0.last }
      if run(program, port: port) != isIn {
        Issue.record("port \(port)")
        return
      }
    }
  }

  @Test func `a handshake is not asked for, and neither is TIME_WAIT`() {
    for state in [2, 3, 6, 7, 12] as [UInt32] { #expect(SocketRequest.connected >> state & 1 == 0) }
  }

  @Test func `a request is as long as it says`() {
    for count in [0, 1, 64, 65] {
      var ports = PortSet()
      for index in 0..<count { ports.insert(UInt16(2 * index + 1)) }
      var bytes = [UInt8](repeating: 0xee, count: 4096)
      let length = bytes.withKernelBytes {
        SocketRequest.write(family: 10, states: 2, ports: ports, wantsTimes: true, sequence: 3, to: $0)
      }
      #expect(bytes.littleEndian(0, size: 4) == UInt64(length))
      #expect(bytes[16] == 10)
      // More ranges than the kernel should walk through are told apart by us.
      #expect(length == (count > 0 && count <= 64 ? 72 + 20 * count : 72))
      #expect(bytes[length...].allSatisfy { $0 == 0xee })
    }
  }
}
