// TCP sockets by the kernel's socket monitoring, sock_diag(7): unprivileged, filtered in the kernel, and never waiting.
// One socket asks, a second one is told of every connection that ends.

import CLinux
import Lifecycle

/// The sockets of this network namespace, for looks at them.
struct SocketMonitor: ~Copyable {
  /// Can be read when a connection has ended; less than 0 where the kernel does not tell of that.
  private(set) var ends: Int32 = -1
  private var questions: Int32 = -1
  /// Why there is no such monitoring: what socket(2) says, or the answer to the first question of all. `none`: there is.
  private(set) var failure = Errno.none
  private var sequence: UInt32 = 0
  private var stage = Stage.listeners
  private var endsLeft = 0
  /// The families in which a port served was ever listened on: bit 0 for IPv4, bit 1 for IPv6.
  private var families = 0
  /// When the kernel made the next part of its answer, or a little later: it makes each while it hands out the last.
  private var answeredAt = Instant(.zero)
  /// Whether the kernel has been asked for what this stage wants.
  private var isAsked = false
  private var hasFailed = false
  /// The kernel has answered once.
  private var isProven = false

  /// What a look does one after the other. Odd ones are of IPv6.
  private enum Stage {
    static let listeners = 0
    static let connections = 2
    static let ends = 4
  }

  /// sknetlink_groups of linux/sock_diag.h.
  private enum Group {
    static let tcpEnds: Int32 = 1
    static let tcp6Ends: Int32 = 3
  }

  /// How many ends a look takes in. Beyond it they come as fast as they can be read.
  private static let mostEnds = 20_000

  /// Opens what there is; connections that end from now on will be told.
  ///
  /// - Parameter receiveBuffer: how many bytes the kernel's queue of ends should have.
  mutating func open(receiveBuffer: Int32 = 1 << 20) {
    questions = KernelFile.openSocketDiagnostics()
    guard questions >= 0 else {
      // EPROTONOSUPPORT, EAFNOSUPPORT, EPERM or whatever a sandbox says to socket(2).
      failure = Errno(of: Int(questions))
      return
    }
    // Subscribed before the first look, so that no connection ends untold.
    ends = KernelFile.openSocketDiagnostics()
    // As much as net.core.rmem_max allows: an end takes some 2 kB of it.
    _ = linux_set_receive_buffer(ends, receiveBuffer)
    if linux_join_group(ends, Group.tcpEnds) != 0 {
      KernelFile.close(ends)
      ends = -1
    }
    // Without IPv6 in the kernel nothing of it can end.
    _ = linux_join_group(ends, Group.tcp6Ends)
  }

  deinit {
    KernelFile.close(questions)
    KernelFile.close(ends)
  }

  /// Whether connections that come and go between two looks are seen.
  var tellsEnds: Bool { ends >= 0 }

  // MARK: A look

  /// A look begins: the listeners, the connections unless these are known, what has ended.
  mutating func begin(at now: Instant) {
    stage = Stage.listeners
    isAsked = false
    hasFailed = false
    answeredAt = now
    endsLeft = SocketMonitor.mostEnds
  }

  /// Takes in one datagram, or moves on to the next stage. Nil: there is more to do, unless `failure` says why there is no
  /// such monitoring. A look that fails later is a partial one.
  mutating func step(_ quiet: Quiet, _ buffer: KernelBytes, isUnchanged: Bool) -> LookEnd? {
    if stage < Stage.ends && !isAsked {
      ask(quiet, buffer)
    } else if stage == Stage.ends {
      if !takeEnd(quiet, buffer) { return hasFailed ? .partial : isUnchanged ? .unchanged : .whole }
    } else if !takeAnswer(quiet, buffer) {
      isAsked = false
      stage &+= 1
      if stage == Stage.connections {
        if isUnchanged { stage = Stage.ends } else { quiet.beginConnections() }
      }
      while stage < Stage.ends && !isWanted(quiet) { stage &+= 1 }
    }
    return nil
  }

  /// Gives up what is left of the connections: the look will be a partial one.
  mutating func skipConnections() {
    guard stage & Stage.connections != 0 else { return }
    stage = Stage.ends
    giveUp()
  }

  /// Connections have the family of their listener. Where one is not known, it may be either.
  private func isWanted(_ quiet: Quiet) -> Bool {
    if stage & Stage.connections == 0 { return true }
    return quiet.servesAny && (!quiet.knowsEveryListener() || families == 0 || families & (1 &+ stage & 1) != 0)
  }

  // MARK: Questions

  @inline(never)
  private mutating func ask(_ quiet: Quiet, _ buffer: KernelBytes) {
    let isForListeners = stage < Stage.connections
    // Events have the sequence number 0.
    sequence = max(1, sequence &+ 1)
    isAsked = true
    let length = SocketRequest.write(
      family: stage & 1 == 0 ? AF_INET : AF_INET6,
      states: isForListeners ? SocketRequest.listening : SocketRequest.connected,
      ports: isForListeners ? PortSet() : quiet.served, wantsTimes: !isForListeners && quiet.needsTimes,
      sequence: sequence, to: buffer)
    let sent = buffer.send(length, to: questions)
    answeredAt = Clock.now
    if sent != length { fail(sent < 0 ? Errno(of: sent) : .invalid) }
  }

  /// The first question of all tells whether there is such monitoring.
  private mutating func fail(_ error: Errno) {
    guard isProven else {
      failure = error
      return
    }
    giveUp()
  }

  /// What is left of an answer goes with its socket.
  @inline(never)
  private mutating func giveUp() {
    hasFailed = true
    let new = KernelFile.openSocketDiagnostics()
    // The old one stays: what comes of the old answer has an old number, and a question too early fails with EBUSY.
    guard new >= 0 else { return }
    KernelFile.close(questions)
    questions = new
  }

  // MARK: Answers

  /// One datagram of the answer. Returns whether there is more of it.
  @inline(never)
  private mutating func takeAnswer(_ quiet: Quiet, _ buffer: KernelBytes) -> Bool {
    let moment = answeredAt
    let count = buffer.receive(questions)
    answeredAt = Clock.now
    guard count > 0, count <= buffer.count else {
      // The kernel answers a dump while it is asked, so there is nothing to wait for.
      fail(count < 0 ? Errno(of: count) : .invalid)
      return false
    }
    var messages = SocketMessages(buffer.part(from: 0, to: count), sequence: sequence)
    while true {
      let message = messages.next(&quiet.found)
      if messages.hasHoles { hasFailed = true }
      switch message {
      case .none: return true
      case .listener:
        if quiet.listener(port: quiet.found.port, waiting: Int(quiet.found.unread)) { families |= 1 &+ stage & 1 }
      case .connection:
        // What TIME_WAIT keeps of a connection in FIN_WAIT2 has neither times nor the identity it had.
        if quiet.needsTimes && !quiet.found.hasTimes && quiet.found.phase == .appFinished { continue }
        quiet.connection(hasEnded: false, at: moment)
      case .other: break
      case .done:
        isProven = true
        return false
      case .failed:
        // A kernel may be without IPv6, and then has no sockets of it.
        if stage & 1 == 0 || messages.failure != .notFound { fail(messages.failure) }
        return false
      }
    }
  }

  /// One connection that ended. Returns whether there may be more.
  @inline(never)
  private mutating func takeEnd(_ quiet: Quiet, _ buffer: KernelBytes) -> Bool {
    guard ends >= 0 else { return false }
    endsLeft &-= 1
    let count = endsLeft > 0 ? buffer.receive(ends) : 0
    if count <= 0 {
      let error = count < 0 ? Errno(of: count) : .invalid
      if error == .tryAgain { return false }
      // ENOBUFS: the queue was full. It is empty for what follows, which is read all the same.
      quiet.endsLost()
      return error == .noBufferSpace
    }
    if count > buffer.count { quiet.endsLost() }
    let now = Clock.now
    var messages = SocketMessages(buffer.part(from: 0, to: min(count, buffer.count)), sequence: 0)
    while true {
      switch messages.next(&quiet.found) {
      case .connection: quiet.connection(hasEnded: true, at: now)
      case .none:
        if messages.hasHoles { quiet.endsLost() }
        return true
      case .listener, .other, .done, .failed: break
      }
    }
  }
}
