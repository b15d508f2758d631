// The questions to the kernel about its TCP sockets: sock_diag(7), and the filter that linux/inet_diag.h describes.

import CLinux
import Lifecycle

/// A request for all sockets of one family that are in some states and have some local ports.
enum SocketRequest {
  static let listening: UInt32 = 1 << UInt32(TCPState.listen)

  /// Connections in any state but those of the handshake: a handshake that completes is a connection then, and those of
  /// a SYN flood never do. TIME_WAIT is not asked for: the connection's end has been told.
  static let connected: UInt32 =
    1 << UInt32(TCPState.established) | 1 << UInt32(TCPState.finWait1) | 1 << UInt32(TCPState.finWait2)
    | 1 << UInt32(TCPState.closeWait) | 1 << UInt32(TCPState.lastAck) | 1 << UInt32(TCPState.closing)

  /// More ranges of ports than the kernel should walk through for each socket.
  static let mostRanges = 64

  /// `struct nlmsghdr` and `struct inet_diag_req_v2`.
  private static let size = 16 + 56

  /// Writes the two, and the filter as an attribute. Returns their length: 2 kB at most.
  ///
  /// - Parameters:
  ///   - states: bit n stands for state n.
  ///   - ports: none, or more than `mostRanges`: of any port.
  ///   - wantsTimes: whether `struct tcp_info` is wanted, which makes an answer three times as long.
  static func write(
    family: Int32, states: UInt32, ports: PortSet, wantsTimes: Bool, sequence: UInt32, to bytes: KernelBytes
  ) -> Int {
    for offset in 0..<size / 8 { bytes.store(0 as UInt64, at: 8 * offset) }
    var length = size
    if ports.count > 0 && ports.count <= mostRanges {
      length = size &+ 4 &+ writeFilter(ports, to: bytes.part(from: size + 4, to: bytes.count))
      bytes.store(UInt32(truncatingIfNeeded: length &- size) | 1 << 16, at: size)  // INET_DIAG_REQ_BYTECODE
    }
    bytes.store(UInt32(truncatingIfNeeded: length), at: 0)
    bytes.store(20 | 0x301 << 16 as UInt32, at: 4)  // SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, NLM_F_DUMP
    bytes.store(sequence, at: 8)
    // IPPROTO_TCP; 1 << (INET_DIAG_INFO - 1)
    bytes.store(UInt32(truncatingIfNeeded: family) | 6 << 8 | (wantsTimes ? 2 << 16 : 0), at: 16)
    bytes.store(states, at: 20)
    bytes.store(UInt64.max, at: 64)  // INET_DIAG_NOCOOKIE
    return length
  }

  /// Writes the kernel's filter program: it runs to its very end for a port in one of the ranges, and beyond it for others.
  /// Every instruction is a jump forward to `yes` or `no` bytes from its start. A comparison takes two words, with the
  /// port in the second one; 20 and 12 lead to the next range, and behind the last one to 4 bytes beyond the end, which
  /// is how inet_diag_bc_run takes a no. Returns the program's length.
  static func writeFilter(_ ports: PortSet, to bytes: KernelBytes) -> Int {
    // `struct inet_diag_bc_op`: the code, yes, and no in the upper half.
    let end = 20 &* ports.count &- 4
    var position = 0
    for index in 0..<ports.count {
      let range = ports.range(index)
      bytes.store(2 | 8 << 8 | 20 << 16 as UInt32, at: position)  // INET_DIAG_BC_S_GE
      bytes.store(UInt32(range.first) << 16, at: position &+ 4)
      bytes.store(3 | 8 << 8 | 12 << 16 as UInt32, at: position &+ 8)  // INET_DIAG_BC_S_LE
      bytes.store(UInt32(range.last) << 16, at: position &+ 12)
      position &+= 16
      guard position < end else { break }
      // INET_DIAG_BC_JMP, to the end.
      bytes.store(1 | 4 << 8 | UInt32(truncatingIfNeeded: end &- position) << 16, at: position)
      position &+= 4
    }
    return end
  }
}
