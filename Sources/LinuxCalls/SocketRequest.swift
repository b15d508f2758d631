// The questions to the kernel about its TCP sockets: sock_diag(7), and the filter that linux/inet_diag.h describes.

import CLinux
import Lifecycle

enum AddressFamily: Equatable {
  case version4
  case version6

  var number: Int32 {
    switch self {
    case .version4: AF_INET
    case .version6: AF_INET6
    }
  }
}

/// A request for all sockets of one family that are in some states and have some local ports.
struct SocketRequest {
  var family: AddressFamily
  /// Bit n stands for state n.
  var states: UInt32
  /// Nil: of any port.
  var ports: [PortRange]?
  /// Whether `struct tcp_info` is wanted, which makes an answer three times as long.
  var wantsTimes: Bool

  static let listening: UInt32 = 1 << UInt32(TCPState.listen)

  /// Connections in any state but those of the handshake: a handshake that completes is a connection then, and those of
  /// a SYN flood never do. TIME_WAIT is not asked for: the connection's end has been told.
  static let connected: UInt32 =
    1 << UInt32(TCPState.established) | 1 << UInt32(TCPState.finWait1) | 1 << UInt32(TCPState.finWait2)
    | 1 << UInt32(TCPState.closeWait) | 1 << UInt32(TCPState.lastAck) | 1 << UInt32(TCPState.closing)

  /// More ranges of ports than the kernel should walk through for each socket.
  static let mostRanges = 64

  /// `struct nlmsghdr`, `struct inet_diag_req_v2`, and the filter as an attribute.
  func bytes(sequence: UInt32) -> [UInt8] {
    let filter = ports.map { SocketRequest.filter($0) } ?? []
    let length = 16 + 56 + (filter.isEmpty ? 0 : 4 + filter.count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(littleEndian: UInt64(length), size: 4)
    bytes.append(littleEndian: 20, size: 2)  // SOCK_DIAG_BY_FAMILY
    bytes.append(littleEndian: 0x301, size: 2)  // NLM_F_REQUEST, NLM_F_DUMP
    bytes.append(littleEndian: UInt64(sequence), size: 4)
    bytes.append(littleEndian: 0, size: 4)
    bytes.add(UInt8(truncatingIfNeeded: family.number))
    bytes.add(6)  // IPPROTO_TCP
    bytes.add(wantsTimes ? 2 : 0)  // 1 << (INET_DIAG_INFO - 1)
    bytes.add(0)
    bytes.append(littleEndian: UInt64(states), size: 4)
    for _ in 0..<40 { bytes.add(0) }
    bytes.append(littleEndian: .max, size: 8)  // INET_DIAG_NOCOOKIE
    if !filter.isEmpty {
      bytes.append(littleEndian: UInt64(4 + filter.count), size: 2)
      bytes.append(littleEndian: 1, size: 2)  // INET_DIAG_REQ_BYTECODE
      bytes += filter
    }
    return bytes
  }

  /// The kernel's filter program: it runs to its very end for a port in one of the ranges, and beyond it for others.
  /// Every instruction is a jump forward to `yes` or `no` bytes from its start. A comparison takes two words, with the
  /// port in the second one; 20 and 12 lead to the next range, and behind the last one to 4 bytes beyond the end, which
  /// is how inet_diag_bc_run takes a no.
  static func filter(_ ranges: [PortRange]) -> [UInt8] {
    var program: [UInt8] = []
    var left = 20 * ranges.count - 4
    for range in ranges {
      program.append(instruction: 2, yes: 8, no: 20)  // INET_DIAG_BC_S_GE
      program.append(instruction: 0, yes: 0, no: Int(range.first))
      program.append(instruction: 3, yes: 8, no: 12)  // INET_DIAG_BC_S_LE
      program.append(instruction: 0, yes: 0, no: Int(range.last))
      left -= 16
      guard left > 0 else { break }
      program.append(instruction: 1, yes: 4, no: left)  // INET_DIAG_BC_JMP, to the end
      left -= 4
    }
    return program
  }
}

extension [UInt8] {
  /// `struct inet_diag_bc_op`.
  fileprivate mutating func append(instruction code: UInt8, yes: UInt8, no: Int) {
    add(code)
    add(yes)
    append(littleEndian: UInt64(no), size: 2)
  }
}
