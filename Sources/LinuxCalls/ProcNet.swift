// TCP sockets by /proc/net/tcp and /proc/net/tcp6 (proc_pid_net(5)), for sandboxes without sock_diag. It tells what there
// is, but neither when something moved nor what came and went: that data came shows only while the app has not read it.

import CLinux
import Lifecycle

/// One line of the tables.
enum ProcNetEntry: Equatable {
  case listener(port: UInt16, waiting: Int)
  case connection(Connection)

  /// `  12: 0100007F:1F90 0200007F:C350 01 00000000:00000000 …`: number, local and remote address, state, and the queues.
  /// Nil for anything else, the head line and states of the handshake included.
  init?(parsing text: [UInt8], from start: Int, to end: Int, isVersion6: Bool) {
    var fields = Fields(text, from: start, end: end)
    guard
      fields.skip(), fields.take(byte: 0x20),
      let (address, port) = ProcNetEntry.endpoint(&fields, isVersion6), fields.take(byte: 0x20),
      let (peer, peerPort) = ProcNetEntry.endpoint(&fields, isVersion6), fields.take(byte: 0x20),
      let state = fields.hexadecimal(2), fields.take(byte: 0x20),
      let unsent = fields.hexadecimal(8), fields.take(byte: 0x3a),
      let unread = fields.hexadecimal(8)
    else { return nil }
    let phase: ConnectionPhase
    switch UInt8(truncatingIfNeeded: state) {
    case TCPState.listen:
      self = .listener(port: port, waiting: Int(truncatingIfNeeded: unread))
      return
    case TCPState.established: phase = .open
    case TCPState.closeWait: phase = .peerFinished
    case TCPState.finWait1, TCPState.finWait2, TCPState.closing, TCPState.lastAck: phase = .appFinished
    case TCPState.timeWait: phase = .over
    default: return nil
    }
    // The four parts of the address, mixed so that no two likely ones cancel out.
    var identity = peer.high &* 0x9e37_79b9_7f4a_7c15 ^ peer.low
    identity = identity &* 0xbf58_476d_1ce4_e5b9 ^ address.low ^ address.high
    identity = identity &* 0x94d0_49bb_1331_11eb ^ (UInt64(peerPort) << 16 | UInt64(port))
    let isOver = phase == .over
    self = .connection(
      Connection(
        port: port, peer: peer, phase: phase, identity: identity,
        unread: isOver ? 0 : UInt32(truncatingIfNeeded: unread), unsent: isOver ? 0 : UInt32(truncatingIfNeeded: unsent)
      ))
  }

  /// An address and a port. The address stands as numbers of four bytes in the machine's order.
  private static func endpoint(_ fields: inout Fields, _ isVersion6: Bool) -> (PeerAddress, UInt16)? {
    var address = PeerAddress(high: 0, low: 0)
    for index in 0..<(isVersion6 ? 4 : 1) {
      guard let word = fields.hexadecimal(8) else { return nil }
      let group = UInt64(UInt32(truncatingIfNeeded: word).byteSwapped)
      if index < 2 {
        address.high = address.high << 32 | group
      } else {
        address.low = address.low << 32 | group
      }
    }
    if !isVersion6 { address = PeerAddress(version4: UInt32(truncatingIfNeeded: address.high)) }
    guard fields.take(byte: 0x3a), let port = fields.hexadecimal(4) else { return nil }
    return (address, UInt16(truncatingIfNeeded: port))
  }
}

/// The tables of this network namespace, for looks at them.
struct ProcNet: ~Copyable {
  private var table: Descriptor?
  private var isVersion6 = false
  /// Bytes of a line, at the buffer's start, that go on with what is read next.
  private var carried = 0
  private var hasFailed = false

  /// - Throws: what open(2) says of /proc/net/tcp.
  init() throws(Errno) { table = try Descriptor(opening: "/proc/net/tcp", flags: O_RDONLY) }

  /// A look begins: listeners and connections, in one.
  mutating func begin(_ quiet: inout Quiet) {
    isVersion6 = false
    carried = 0
    hasFailed = false
    quiet.beginConnections()
    open()
  }

  private mutating func open() {
    do throws(Errno) {
      table = try Descriptor(opening: isVersion6 ? "/proc/net/tcp6" : "/proc/net/tcp", flags: O_RDONLY)
    } catch {
      table = nil
      // A kernel may be without IPv6.
      if !isVersion6 || error != .notFound { hasFailed = true }
    }
  }

  /// Takes in as many lines as the buffer holds. Nil: there are more.
  mutating func step(_ quiet: inout Quiet, _ buffer: inout [UInt8]) -> LookEnd? {
    let now = Clock.now
    let start = carried
    guard let number = table?.number else { return nextTable() }
    // Safe: the call writes into the array's own bytes, behind the carried ones.
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe read(number, $0.baseAddress.map { unsafe $0 + start }, $0.count - start)
    }
    guard count > 0 else {
      if count < 0 {
        if Errno.current == .interrupted { return nil }
        hasFailed = true
      }
      return nextTable()
    }
    takeLines(&quiet, &buffer, end: start + count, at: now)
    return nil
  }

  private mutating func nextTable() -> LookEnd? {
    if !isVersion6 {
      isVersion6 = true
      carried = 0
      open()
      return nil
    }
    table = nil
    return hasFailed ? .partial : .whole
  }

  private mutating func takeLines(_ quiet: inout Quiet, _ buffer: inout [UInt8], end: Int, at now: Instant) {
    var start = 0
    for position in carried..<end where buffer[position] == 0x0a {
      switch ProcNetEntry(parsing: buffer, from: start, to: position, isVersion6: isVersion6) {
      case .listener(let port, let waiting)?: quiet.listener(port: port, waiting: waiting)
      case .connection(let connection)?: quiet.connection(connection, at: now)
      case nil: break
      }
      start = position + 1
    }
    carried = end - start
    if carried == buffer.count {
      // No line of the kernel's is that long.
      carried = 0
      hasFailed = true
      return
    }
    if start > 0 { for index in 0..<carried { buffer[index] = buffer[start + index] } }
  }
}
