// TCP sockets by /proc/net/tcp and /proc/net/tcp6 (proc_pid_net(5)), for sandboxes without sock_diag. It tells what there
// is, but neither when something moved nor what came and went: that data came shows only while the app has not read it.

import CLinux
import Lifecycle

/// The tables of this network namespace, for looks at them.
struct ProcNet: ~Copyable {
  /// Bytes of a line, at the buffer's start, that go on with what is read next.
  private var carried = 0
  /// The table that is open; less than 0 where there is none.
  private var table: Int32 = -1
  private var isVersion6 = false
  private var hasFailed = false

  deinit { KernelFile.close(table) }

  var isOpen: Bool { table >= 0 }

  /// A look begins: listeners and connections, in one.
  mutating func begin() {
    carried = 0
    hasFailed = false
    open(isVersion6: false)
  }

  private mutating func open(isVersion6: Bool) {
    self.isVersion6 = isVersion6
    close()
    table = KernelFile.open(isVersion6 ? "/proc/net/tcp6" : "/proc/net/tcp")
    // A kernel may be without IPv6.
    if table < 0 && !(isVersion6 && table == -ENOENT) { hasFailed = true }
  }

  private mutating func close() {
    KernelFile.close(table)
    table = -1
  }

  /// Takes in as many lines as the buffer holds. Nil: there are more.
  mutating func step(_ quiet: Quiet, _ buffer: KernelBytes) -> LookEnd? {
    let now = Clock.now
    let count = table < 0 ? 0 : buffer.read(table, behind: carried)
    if count > 0 {
      takeLines(quiet, buffer, end: carried &+ count, at: now)
      return nil
    }
    if count < 0 {
      if count == -Int(EINTR) { return nil }
      hasFailed = true
    }
    if !isVersion6 {
      carried = 0
      open(isVersion6: true)
      return nil
    }
    close()
    return hasFailed ? .partial : .whole
  }

  @inline(never)
  private mutating func takeLines(_ quiet: Quiet, _ buffer: KernelBytes, end: Int, at now: Instant) {
    var start = 0
    var position = carried
    while position < end {
      position &+= 1
      guard buffer.one(position &- 1) == 0x0a else { continue }
      switch ProcNet.read(buffer.part(from: start, to: position &- 1), isVersion6: isVersion6, &quiet.found) {
      case .listener: quiet.listener(port: quiet.found.port, waiting: Int(quiet.found.unread))
      case .connection: quiet.connection(hasEnded: false, at: now)
      case .none, .other, .done, .failed: break
      }
      start = position
    }
    carried = end &- start
    buffer.move(from: start, to: end)
    if carried == buffer.count {
      // No line of the kernel's is that long.
      carried = 0
      hasFailed = true
    }
  }

  /// One line of the tables: `  12: 0100007F:1F90 0200007F:C350 01 00000000:00000000 …`: number, local and remote address,
  /// state, and the queues. `other` for anything else, the head line and states of the handshake included.
  static func read(_ line: KernelBytes, isVersion6: Bool, _ connection: inout Connection) -> SocketMessage {
    var fields = Fields(line)
    fields.skip()
    fields.take(0x20)
    let local = endpoint(&fields, isVersion6)
    connection.port = UInt16(truncatingIfNeeded: fields.hexadecimal(4, 0x20))
    let peer = endpoint(&fields, isVersion6)
    let peerPort = fields.hexadecimal(4, 0x20)
    let state = fields.hexadecimal(2, 0x20)
    connection.unsent = fields.hexadecimal(8, 0x3a)
    connection.unread = fields.hexadecimal(8)
    if fields.isBroken { return .other }
    connection.peer = peer
    // The four parts of the address, mixed so that no two likely ones cancel out.
    let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
    let addresses = (peer.high &* factor ^ peer.low) &* factor ^ local.low ^ local.high
    connection.identity = addresses &* factor ^ (UInt64(peerPort) << 16 | UInt64(connection.port))
    connection.forgetTimes()
    return connection.enter(UInt8(truncatingIfNeeded: state), over: TCPState.timeWait)
  }

  /// An address stands as numbers of four bytes in the machine's order.
  @inline(never)
  private static func endpoint(_ fields: inout Fields, _ isVersion6: Bool) -> PeerAddress {
    var address = PeerAddress(high: 0, low: 0)
    var left = isVersion6 ? 4 : 1
    while left > 0 {
      address.high = address.high << 32 | address.low >> 32
      address.low = address.low << 32 | UInt64(fields.hexadecimal(8).byteSwapped)
      left &-= 1
    }
    fields.take(0x3a)
    return isVersion6 ? address : PeerAddress(version4: UInt32(truncatingIfNeeded: address.low))
  }
}
