// What the network namespace counts of its TCP traffic: /proc/net/snmp, proc_pid_net(5), RFC 4022.

import CLinux
import Lifecycle

/// Counters since the namespace's start, of all ports and peers, IPv4 and IPv6 alike. They only grow, and wrap.
struct TcpCounters: Equatable {
  /// Segments that came in, also those without data.
  var segmentsIn: UInt64
  var segmentsOut: UInt64
  /// Connections that a listener got (PassiveOpens).
  var opens: UInt64

  /// Reads the two lines of /proc/net/snmp that begin with `Tcp:`, one with names and one with numbers in the same
  /// order. Nil where one of the three is missing.
  ///
  /// - Parameter count: how many bytes of `text` there are.
  init?(parsing text: [UInt8], count: Int) {
    var fields = Fields(text, end: count)
    while !fields.take("Tcp:") { guard fields.skipLine() else { return nil } }
    var column = 0
    var columns: (segmentsIn: Int?, segmentsOut: Int?, opens: Int?) = (nil, nil, nil)
    while true {
      if fields.take("InSegs") {
        columns.segmentsIn = column
      } else if fields.take("OutSegs") {
        columns.segmentsOut = column
      } else if fields.take("PassiveOpens") {
        columns.opens = column
      } else if !fields.skip() {
        break
      }
      column += 1
    }
    guard fields.skipLine(), fields.take("Tcp:") else { return nil }
    var values: (segmentsIn: UInt64?, segmentsOut: UInt64?, opens: UInt64?) = (nil, nil, nil)
    for index in 0..<column {
      let value = fields.decimal()
      if index == columns.segmentsIn { values.segmentsIn = value }
      if index == columns.segmentsOut { values.segmentsOut = value }
      if index == columns.opens { values.opens = value }
    }
    guard let segmentsIn = values.segmentsIn, let segmentsOut = values.segmentsOut, let opens = values.opens else {
      return nil
    }
    self.segmentsIn = segmentsIn
    self.segmentsOut = segmentsOut
    self.opens = opens
  }

  /// Where to begin to read: IP's and ICMP's lines, which come first, have names of more than 600 bytes (net/ipv4/proc.c).
  private static let start = 512

  /// Reads the file anew through descriptor `number` (pread(2)). Nil where that fails.
  static func read(_ number: Int32, _ buffer: inout [UInt8]) -> TcpCounters? {
    // Safe: the call writes into the array's own bytes, at most as many as there are.
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe pread(number, $0.baseAddress, $0.count, start) }
    return count > 0 ? TcpCounters(parsing: buffer, count: count) : nil
  }
}
