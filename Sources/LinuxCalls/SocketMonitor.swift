// TCP sockets by the kernel's socket monitoring, sock_diag(7): unprivileged, filtered in the kernel, and never waiting.
// One socket asks, a second one is told of every connection that ends.

import CLinux
import Lifecycle

/// The sockets of this network namespace, for looks at them.
struct SocketMonitor: ~Copyable {
  private var questions: Descriptor
  private let ends: Descriptor?
  /// The number of `ends`, which can be read when a connection has ended.
  let endsNumber: Int32?
  private var sequence: UInt32 = 0
  private var stage = Stage.idle
  /// Whether the kernel has been asked for what this stage wants.
  private var isAsked = false
  private var request = SocketRequest(family: .version4, states: 0, ports: nil, wantsTimes: false)
  /// When the kernel made the next part of its answer, or a little later: it makes each while it hands out the last.
  private var answeredAt = Instant(.zero)
  private var hasFailed = false
  private var family = AddressFamily.version4
  /// The kernel has answered once.
  private var isProven = false
  /// The families in which a port served was ever listened on.
  private var listens4 = false
  private var listens6 = false

  /// What a look does one after the other.
  enum Stage: Equatable {
    case idle
    case listeners
    case connections
    case ends
  }

  /// The part of a look that one step does.
  enum Step: Equatable {
    case more
    case done(LookEnd)
  }

  /// sknetlink_groups of linux/sock_diag.h.
  private enum Group {
    static let tcpEnds: Int32 = 1
    static let tcp6Ends: Int32 = 3
  }

  /// How many ends a look takes in. Beyond it they come as fast as they can be read.
  private static let mostEnds = 20_000
  private var endsLeft = 0

  /// - Parameter receiveBuffer: how many bytes the kernel's queue of ends should have.
  /// - Throws: EPROTONOSUPPORT, EAFNOSUPPORT, EPERM or whatever a sandbox says to socket(2).
  init(receiveBuffer: Int32 = 1 << 20) throws(Errno) {
    questions = try SocketMonitor.open()
    let ends = try? SocketMonitor.subscribe(receiveBuffer: receiveBuffer)
    endsNumber = SocketMonitor.number(of: ends)
    self.ends = ends
  }

  private static func open() throws(Errno) -> Descriptor {
    let socket = try Descriptor(owning: linux_socket_diagnostics())
    guard linux_connect_to_kernel(socket.number) == 0 else { throw Errno.current }
    return socket
  }

  private static func number(of descriptor: borrowing Descriptor?) -> Int32? {
    switch descriptor {
    case .some(let descriptor): descriptor.number
    case .none: nil
    }
  }

  /// Subscribed before the first look, so that no connection ends untold.
  private static func subscribe(receiveBuffer: Int32) throws(Errno) -> Descriptor {
    let socket = try open()
    // As much as net.core.rmem_max allows: an end takes some 2 kB of it.
    _ = linux_set_receive_buffer(socket.number, receiveBuffer)
    guard linux_join_group(socket.number, Group.tcpEnds) == 0 else { throw Errno.current }
    // Without IPv6 in the kernel nothing of it can end.
    _ = linux_join_group(socket.number, Group.tcp6Ends)
    return socket
  }

  /// Whether connections that come and go between two looks are seen.
  var tellsEnds: Bool { endsNumber != nil }

  // MARK: A look

  /// A look begins: the listeners, the connections unless these are known, what has ended.
  mutating func begin(at now: Instant) {
    stage = .listeners
    family = .version4
    isAsked = false
    hasFailed = false
    answeredAt = now
    endsLeft = SocketMonitor.mostEnds
  }

  /// Takes in one datagram, or moves on to the next stage.
  ///
  /// - Throws: why there is no such monitoring. A look that fails later is a partial one.
  mutating func step(
    _ quiet: inout Quiet, _ buffer: inout [UInt8], isUnchanged: Bool
  ) throws(Errno) -> Step {
    switch stage {
    case .idle: return .done(.partial)
    case .listeners, .connections:
      guard isAsked else {
        try ask(&quiet)
        return .more
      }
      if try !takeAnswer(&quiet, &buffer) { moveOn(&quiet, isUnchanged: isUnchanged) }
      return .more
    case .ends:
      if takeEnd(&quiet, &buffer) { return .more }
      stage = .idle
      return .done(hasFailed ? .partial : isUnchanged ? .unchanged : .whole)
    }
  }

  /// Gives up what is left of the connections: the look will be a partial one.
  mutating func skipConnections() {
    guard stage == .connections else { return }
    hasFailed = true
    stage = .ends
    abandonAnswer()
  }

  var isAtConnections: Bool { stage == .connections }

  private mutating func moveOn(_ quiet: inout Quiet, isUnchanged: Bool) {
    isAsked = false
    if family == .version4 {
      family = .version6
      if stage == .listeners || isWanted(.version6, quiet) { return }
    }
    if stage == .listeners && !isUnchanged {
      quiet.beginConnections()
      if quiet.servesAny {
        stage = .connections
        family = isWanted(.version4, quiet) ? .version4 : .version6
        return
      }
    }
    stage = .ends
  }

  /// Connections have the family of their listener. Where one is not known, it may be either.
  private func isWanted(_ family: AddressFamily, _ quiet: borrowing Quiet) -> Bool {
    guard quiet.knowsEveryListener, listens4 || listens6 else { return true }
    return family == .version4 ? listens4 : listens6
  }

  // MARK: Questions

  private mutating func ask(_ quiet: inout Quiet) throws(Errno) {
    let isForListeners = stage == .listeners
    request = SocketRequest(
      family: family, states: isForListeners ? SocketRequest.listening : SocketRequest.connected,
      ports: isForListeners ? nil : quiet.servedRanges(atMost: SocketRequest.mostRanges),
      wantsTimes: !isForListeners && quiet.needsTimes)
    sequence &+= 1
    // Events have the sequence number 0.
    if sequence == 0 { sequence = 1 }
    isAsked = true
    let bytes = request.bytes(sequence: sequence)
    // Safe: the call reads the array's own bytes.
    let sent = unsafe bytes.withUnsafeBytes {
      unsafe linux_send_now(questions.number, $0.baseAddress, $0.count)
    }
    answeredAt = Clock.now
    if sent != bytes.count { try fail(sent < 0 ? Errno.current : .invalid) }
  }

  /// One datagram of the answer. Returns whether there is more of it.
  private mutating func takeAnswer(_ quiet: inout Quiet, _ buffer: inout [UInt8]) throws(Errno) -> Bool {
    let moment = answeredAt
    let count = SocketMonitor.receive(questions.number, &buffer)
    answeredAt = Clock.now
    guard count > 0, count <= buffer.count else {
      // The kernel answers a dump while it is asked, so there is nothing to wait for.
      try fail(count < 0 ? Errno.current : .invalid)
      return false
    }
    var messages = SocketMessages(count: count, sequence: sequence)
    while let message = messages.next(in: buffer) {
      switch message {
      case .listener(let port, let waiting):
        quiet.listener(port: port, waiting: waiting)
        guard quiet.isServed(port) else { continue }
        if family == .version4 { listens4 = true } else { listens6 = true }
      case .connection(let connection):
        // What TIME_WAIT keeps of a connection in FIN_WAIT2 has neither times nor the identity it had.
        if request.wantsTimes && connection.times == nil && connection.phase == .appFinished { continue }
        quiet.connection(connection, at: moment)
      case .other: break
      case .done:
        isProven = true
        if messages.isInterrupted { hasFailed = true }
        return false
      case .failed(let error):
        // A kernel may be without IPv6, and then has no sockets of it.
        if family == .version6 && error == .notFound { return false }
        try fail(error)
        return false
      }
    }
    if messages.isMalformed || messages.isInterrupted { hasFailed = true }
    return true
  }

  /// The first question of all tells whether there is such monitoring.
  private mutating func fail(_ error: Errno) throws(Errno) {
    guard isProven else { throw error }
    hasFailed = true
    abandonAnswer()
  }

  /// What is left of an answer goes with its socket.
  private mutating func abandonAnswer() {
    do throws(Errno) {
      questions = try SocketMonitor.open()
    } catch {
      // The old one stays: what comes of the old answer has an old number, and a question too early fails with EBUSY.
    }
  }

  // MARK: Ends

  /// One connection that ended. Returns whether there may be more.
  private mutating func takeEnd(_ quiet: inout Quiet, _ buffer: inout [UInt8]) -> Bool {
    guard let number = endsNumber else { return false }
    endsLeft -= 1
    guard endsLeft > 0 else {
      quiet.endsLost()
      return false
    }
    let count = SocketMonitor.receive(number, &buffer)
    guard count > 0 else {
      let error = Errno.current
      guard count < 0, error != .tryAgain else { return false }
      // ENOBUFS: the queue was full. It is empty for what follows, which is read all the same.
      quiet.endsLost()
      return error == .noBufferSpace
    }
    guard count <= buffer.count else {
      quiet.endsLost()
      return true
    }
    let now = Clock.now
    var messages = SocketMessages(count: count, sequence: 0)
    while let message = messages.next(in: buffer) {
      if case .connection(let connection) = message { quiet.closed(connection, at: now) }
    }
    if messages.isMalformed { quiet.endsLost() }
    return true
  }

  private static func receive(_ number: Int32, _ buffer: inout [UInt8]) -> Int {
    // Safe: the call writes into the array's own bytes, at most as many as there are.
    unsafe buffer.withUnsafeMutableBytes { unsafe linux_receive_now(number, $0.baseAddress, $0.count) }
  }
}
