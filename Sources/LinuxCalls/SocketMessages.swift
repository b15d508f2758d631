// The kernel's answers about its TCP sockets, out of a buffer: netlink(7), sock_diag(7), linux/inet_diag.h and
// linux/tcp.h. A pure function of bytes: whatever they are, it ends and reads none outside.

import Lifecycle

/// One message of the kernel.
enum SocketMessage: Equatable {
  case listener(port: UInt16, waiting: Int)
  case connection(Connection)
  /// What is of no interest: a socket that is neither, a kind of message that is not known.
  case other
  /// The end of the answer.
  case done
  case failed(Errno)
}

/// The messages of one datagram, one by one.
struct SocketMessages {
  private let end: Int
  private let sequence: UInt32
  private var position = 0
  /// The rest made no sense and was passed over.
  private(set) var isMalformed = false
  /// The kernel says that its table changed so much that the answer may have holes.
  private(set) var isInterrupted = false

  private enum Kind {
    static let failed: UInt64 = 2
    static let done: UInt64 = 3
    static let overrun: UInt64 = 4
    static let socket: UInt64 = 20
  }

  private static let interrupted: UInt64 = 0x10
  private static let header = 16
  private static let socket = 72
  private static let info: UInt64 = 2

  /// - Parameters:
  ///   - count: how many bytes of the buffer were received.
  ///   - sequence: that of the request; messages with another one answer an older request.
  init(count: Int, sequence: UInt32) {
    end = count
    self.sequence = sequence
  }

  /// The next message; nil when there is no more.
  @inline(never) mutating func next(in bytes: [UInt8]) -> SocketMessage? {
    let left = min(end, bytes.count) - position
    guard left > 0 else { return nil }
    let length = Int(truncatingIfNeeded: bytes.littleEndian(position, size: 4))
    guard left >= SocketMessages.header, length >= SocketMessages.header, length <= left else {
      isMalformed = true
      position = end
      return nil
    }
    let start = position
    position += (length + 3) & ~3
    if bytes.littleEndian(start + 6, size: 2) & SocketMessages.interrupted != 0 { isInterrupted = true }
    guard bytes.littleEndian(start + 8, size: 4) == UInt64(sequence) else { return .other }
    let body = start + SocketMessages.header
    switch bytes.littleEndian(start + 4, size: 2) {
    case Kind.failed:
      guard length >= SocketMessages.header + 4 else { return .failed(.invalid) }
      let code = Int32(truncatingIfNeeded: bytes.littleEndian(body, size: 4))
      // 0 would be a confirmation, which is not asked for.
      return code == 0 ? .other : .failed(Errno(code: 0 &- code))
    case Kind.done:
      // A dump that failed says so here.
      let code = length < SocketMessages.header + 4 ? 0 : Int32(truncatingIfNeeded: bytes.littleEndian(body, size: 4))
      return code < 0 ? .failed(Errno(code: 0 &- code)) : .done
    case Kind.overrun: return .failed(.noBufferSpace)
    case Kind.socket:
      guard length >= SocketMessages.header + SocketMessages.socket else { return .other }
      return SocketMessages.socket(in: bytes, at: body, end: start + length)
    default: return .other
    }
  }

  /// `struct inet_diag_msg` and its attributes.
  private static func socket(in bytes: [UInt8], at body: Int, end: Int) -> SocketMessage {
    let port = UInt16(truncatingIfNeeded: bytes.bigEndian(body + 4, size: 2))
    let peerPort = bytes.bigEndian(body + 6, size: 2)
    let receiveQueue = UInt32(truncatingIfNeeded: bytes.littleEndian(body + 56, size: 4))
    guard let peer = peer(in: bytes, at: body) else { return .other }
    let phase: ConnectionPhase
    switch bytes[body + 1] {
    case TCPState.listen: return .listener(port: port, waiting: Int(receiveQueue))
    case TCPState.established: phase = .open
    case TCPState.closeWait: phase = .peerFinished
    case TCPState.finWait1, TCPState.finWait2, TCPState.closing, TCPState.lastAck: phase = .appFinished
    case TCPState.close: phase = .over
    default: return .other
    }
    // A listener that closes has no peer.
    if phase == .over && peer.isUnspecified { return .other }
    var connection = Connection(
      port: port, peer: peer, phase: phase, identity: bytes.littleEndian(body + 44, size: 8), unread: receiveQueue,
      unsent: phase == .over ? 0 : UInt32(truncatingIfNeeded: bytes.littleEndian(body + 60, size: 4)))
    // tcp_disconnect, with which the app resets a connection, clears the peer's port and the times.
    if phase != .over || peerPort != 0 {
      connection.times = times(in: bytes, from: body + socket, to: end, isPeerFinished: phase == .peerFinished)
    }
    return .connection(connection)
  }

  private static func peer(in bytes: [UInt8], at body: Int) -> PeerAddress? {
    switch Int32(bytes[body]) {
    case AddressFamily.version4.number:
      return PeerAddress(version4: UInt32(truncatingIfNeeded: bytes.bigEndian(body + 24, size: 4)))
    case AddressFamily.version6.number:
      return PeerAddress(high: bytes.bigEndian(body + 24, size: 8), low: bytes.bigEndian(body + 32, size: 8))
    default: return nil
    }
  }

  /// The times in `struct tcp_info`, which grows with kernels at its end. Nil if there is none.
  private static func times(
    in bytes: [UInt8], from start: Int, to end: Int, isPeerFinished: Bool
  ) -> ConnectionTimes? {
    var position = start
    while end - position >= 4 {
      let length = Int(bytes.littleEndian(position, size: 2))
      guard length >= 4, length <= end - position else { return nil }
      if bytes.littleEndian(position + 2, size: 2) & 0x3fff == info {
        let info = position + 4
        guard length >= 4 + 56 else { return nil }
        var times = ConnectionTimes(
          sinceReceived: Milliseconds(Int64(bytes.littleEndian(info + 52, size: 4))),
          sinceSent: Milliseconds(Int64(bytes.littleEndian(info + 44, size: 4))))
        if length >= 4 + 136 {
          // tcpi_bytes_acked and tcpi_bytes_received (Linux 4.1); the latter counts the peer's end as one.
          let received = bytes.littleEndian(info + 128, size: 8)
          times.isFirstUnanswered = received > (isPeerFinished ? 1 : 0) && bytes.littleEndian(info + 120, size: 8) == 0
        }
        return times
      }
      position += (length + 3) & ~3
    }
    return nil
  }
}

/// The states of a TCP socket (net/tcp_states.h), as the kernel numbers them.
enum TCPState {
  static let established: UInt8 = 1
  static let finWait1: UInt8 = 4
  static let finWait2: UInt8 = 5
  static let timeWait: UInt8 = 6
  static let close: UInt8 = 7
  static let closeWait: UInt8 = 8
  static let lastAck: UInt8 = 9
  static let listen: UInt8 = 10
  static let closing: UInt8 = 11
}
