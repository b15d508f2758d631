// The kernel's answers about its TCP sockets, out of a buffer: netlink(7), sock_diag(7), linux/inet_diag.h and
// linux/tcp.h. A pure function of bytes: whatever they are, it ends and reads none outside.

import CLinux
import Lifecycle

/// What a source of connections says next.
enum SocketMessage: Equatable {
  /// No more.
  case none
  /// The connection that was filled in is a listener: its port, and its accept queue as what is unread.
  case listener
  /// The connection was filled in.
  case connection
  /// What is of no interest: a socket that is neither, a kind of message that is not known.
  case other
  /// The end of the answer.
  case done
  /// There is no answer: `failure` says why.
  case failed
}

/// The messages of one datagram, one by one.
struct SocketMessages {
  private let bytes: KernelBytes
  private let sequence: UInt32
  private var position = 0
  /// Something is missing: the rest made no sense and was passed over, or the kernel says that its table changed so much
  /// that the answer may have holes.
  private(set) var hasHoles = false
  private(set) var failure = Errno.none

  private enum Kind {
    static let failed: UInt16 = 2
    static let done: UInt16 = 3
    static let overrun: UInt16 = 4
    static let socket: UInt16 = 20
  }

  private static let interrupted: UInt16 = 0x10
  private static let header = 16
  private static let socket = 72
  private static let info: UInt16 = 2

  /// - Parameters:
  ///   - bytes: those that were received.
  ///   - sequence: that of the request; messages with another one answer an older request.
  init(_ bytes: KernelBytes, sequence: UInt32) {
    self.bytes = bytes
    self.sequence = sequence
  }

  /// The next message. What it tells of a socket is filled in.
  @inline(never) mutating func next(_ connection: inout Connection) -> SocketMessage {
    let left = bytes.count &- position
    guard left > 0 else { return .none }
    let length = left < SocketMessages.header ? 0 : Int(bytes.four(position))
    guard length >= SocketMessages.header, length <= left else {
      hasHoles = true
      position = bytes.count
      return .none
    }
    let message = bytes.part(from: position, to: position &+ length)
    position = min(position &+ (length &+ 3) & ~3, bytes.count)
    if message.two(6) & SocketMessages.interrupted != 0 { hasHoles = true }
    let kind = message.two(4)
    guard message.four(8) == sequence else { return .other }
    if kind == Kind.socket { return SocketMessages.socket(message, &connection) }
    let code = length < SocketMessages.header + 4 ? nil : Int32(bitPattern: message.four(SocketMessages.header))
    switch kind {
    case Kind.overrun: failure = .noBufferSpace
    // 0 would be a confirmation, which is not asked for.
    case Kind.failed: failure = Errno(code: 0 &- (code ?? 0 &- EINVAL))
    // A dump that failed says so in its end.
    case Kind.done: failure = Errno(code: 0 &- min(0, code ?? 0))
    default: return .other
    }
    return failure != .none ? .failed : kind == Kind.done ? .done : .other
  }

  /// `struct inet_diag_msg`, behind the head, and its attributes.
  private static func socket(_ message: KernelBytes, _ connection: inout Connection) -> SocketMessage {
    guard message.count >= header + socket else { return .other }
    connection.port = message.two(header + 4).byteSwapped
    connection.unread = message.four(header + 56)
    connection.unsent = message.four(header + 60)
    connection.identity = message.eight(header + 44)
    switch Int32(message.one(header)) {
    case AF_INET: connection.peer = PeerAddress(version4: message.four(header + 24).byteSwapped)
    case AF_INET6:
      connection.peer = PeerAddress(
        high: message.eight(header + 24).byteSwapped, low: message.eight(header + 32).byteSwapped)
    default: return .other
    }
    let kind = connection.enter(message.one(header + 1), over: TCPState.close)
    let isOver = connection.phase == .over
    // A listener that closes has no peer.
    if kind == .connection && isOver && connection.peer.isUnspecified { return .other }
    // tcp_disconnect, with which the app resets a connection, clears the peer's port and the times.
    connection.forgetTimes()
    if !isOver || message.two(header + 6) != 0 { times(message, &connection) }
    return kind
  }

  /// The times in `struct tcp_info`, which grows with kernels at its end; an attribute behind the socket, if it is there.
  private static func times(_ message: KernelBytes, _ connection: inout Connection) {
    var position = header + socket
    while message.count &- position >= 4 {
      let length = Int(message.two(position))
      guard length >= 4, length <= message.count &- position else { return }
      if message.two(position &+ 2) & 0x3fff == info {
        guard length >= 4 + 56 else { return }
        let info = position &+ 4
        connection.hasTimes = true
        connection.sinceReceived = Milliseconds(Int64(message.four(info &+ 52)))
        connection.sinceSent = Milliseconds(Int64(message.four(info &+ 44)))
        if length >= 4 + 136 {
          // tcpi_bytes_acked and tcpi_bytes_received (Linux 4.1); the latter counts the peer's end as one.
          connection.isFirstUnanswered =
            message.eight(info &+ 128) > (connection.phase == .peerFinished ? 1 : 0) && message.eight(info &+ 120) == 0
        }
        return
      }
      position &+= (length &+ 3) & ~3
    }
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

extension Connection {
  /// Takes on a state of the kernel's; `over` is the one that the source shows of a connection that the app has closed.
  @inline(never)
  mutating func enter(_ state: UInt8, over: UInt8) -> SocketMessage {
    switch state {
    case TCPState.listen: return .listener
    case TCPState.established: phase = .open
    case TCPState.closeWait: phase = .peerFinished
    case TCPState.finWait1, TCPState.finWait2, TCPState.closing, TCPState.lastAck: phase = .appFinished
    case over:
      phase = .over
      unread = 0
      unsent = 0
    default: return .other
    }
    return .connection
  }

  mutating func forgetTimes() {
    hasTimes = false
    isFirstUnanswered = false
    sinceReceived = .zero
    sinceSent = .zero
  }
}
