// What the network namespace counts of its TCP traffic: /proc/net/snmp, proc_pid_net(5), RFC 4022.

import Lifecycle

/// Counters since the namespace's start, of all ports and peers, IPv4 and IPv6 alike. They only grow, and wrap.
struct TcpCounters: Equatable {
  /// Segments that came in, also those without data.
  private(set) var segmentsIn: UInt64 = 0
  private(set) var segmentsOut: UInt64 = 0
  /// Connections that a listener got (PassiveOpens).
  private(set) var opens: UInt64 = 0
  /// Whether all of the three were found.
  private(set) var isKnown = false

  init() {}

  /// Reads the two lines of /proc/net/snmp that begin with `Tcp:`, one with names and one with numbers in the same
  /// order.
  init(parsing text: KernelBytes) {
    isKnown = true
    segmentsIn = find(Text("InSegs"), in: text)
    segmentsOut = find(Text("OutSegs"), in: text)
    opens = find(Text("PassiveOpens"), in: text)
  }

  /// The number that stands below a name.
  @inline(never)
  private mutating func find(_ name: Text, in text: KernelBytes) -> UInt64 {
    var fields = Fields(text)
    while !fields.take(Text("Tcp:")) && !fields.isBroken { fields.skipLine() }
    var column = 0
    while !fields.take(name) && !fields.isBroken {
      fields.skip()
      column &+= 1
    }
    fields.skipLine()
    if !fields.take(Text("Tcp:")) { isKnown = false }
    while column > 0 {
      fields.skip()
      column &-= 1
    }
    let value = fields.decimal()
    if fields.isBroken { isKnown = false }
    return value
  }

  /// Where to begin to read: IP's and ICMP's lines, which come first, have names of more than 600 bytes (net/ipv4/proc.c).
  private static let start = 512

  /// Reads the file anew.
  init(reading file: Int32, _ buffer: KernelBytes) {
    let count = buffer.read(file, from: TcpCounters.start)
    if count > 0 { self.init(parsing: buffer.part(from: 0, to: count)) } else { self.init() }
  }
}
