// The looks at traffic: which source, how much of it at a time, and when not to ask at all.

import CLinux
import Lifecycle

/// Where a look gets its findings from.
public enum TrafficSource: Equatable, Sendable {
  /// sock_diag(7).
  case socketDiagnostics
  /// /proc/net/tcp and tcp6.
  case procNet
  /// The sandbox has neither: only time can be waited for.
  case nothing
}

/// What became of a look.
public enum LookProgress: Equatable, Sendable {
  /// There is more to do, at once if nothing else is.
  case unfinished
  /// The look is over; it took so much CPU time.
  case finished(cost: Milliseconds)
  /// There is nothing to look at; there never will be.
  case blind
}

/// Looks at the traffic of this network namespace. It lives as long as a wait does: 3 descriptors, 32 kB in
/// a look, and neither memory nor time between them.
public struct TrafficMonitor: ~Copyable {
  /// Certain after the first look.
  public private(set) var source = TrafficSource.socketDiagnostics
  /// Why the source is not the best one.
  public var refusal: Errno { sockets.failure }

  private var sockets = SocketMonitor()
  private var tables = ProcNet()
  private var counterFile: Int32 = -1
  private var counters = TcpCounters()
  /// Nil between two looks, which may be minutes apart.
  private var buffer: KernelBytes?

  private var isUnchanged = false
  private var spent = Milliseconds.zero

  /// As much as the kernel puts into one datagram of an answer (netlink_dump).
  private static let bufferSize = 32 * 1024
  /// How long the event loop can do without its signals.
  private static let slice = Milliseconds(10)
  /// A look that has taken more CPU time ends as soon as it has seen traffic: a hundredth of the pause between looks.
  private static let enough = Milliseconds(3)

  public init() {}

  /// Opens what there is. Connections that end from now on will be told.
  public mutating func open() {
    sockets.open()
    counterFile = KernelFile.open("/proc/net/snmp")
    if sockets.failure != .none { fallBack() }
  }

  deinit {
    KernelFile.close(counterFile)
    buffer?.giveBack()
  }

  private mutating func fallBack() {
    tables.begin()
    source = tables.isOpen ? .procNet : .nothing
    endBuffer()
  }

  private mutating func endBuffer() {
    buffer?.giveBack()
    buffer = nil
  }

  /// Begins a look, or goes on with the one under way, for some milliseconds at most.
  public mutating func look(_ quiet: Quiet) -> LookProgress {
    let start = Clock.now
    // What the machine does for others in between is no cost of the look.
    let usedBefore = Clock.used - spent
    while source != .nothing {
      let end = step(quiet, at: start)
      spent = Clock.used - usedBefore
      let now = Clock.now
      if let end {
        endBuffer()
        quiet.endLook(end, at: now)
        let cost = spent
        spent = .zero
        return .finished(cost: cost)
      }
      if now - start >= TrafficMonitor.slice { return .unfinished }
    }
    return .blind
  }

  @inline(never)
  private mutating func begin(_ quiet: Quiet, _ buffer: KernelBytes, at now: Instant) {
    let previous = counters
    counters = TcpCounters(reading: counterFile, buffer)
    let areKnown = previous.isKnown && counters.isKnown
    // Every byte and every connection comes in a segment, and counters come before the rest: what they count, the look
    // sees. With --drain what goes out counts too.
    isUnchanged =
      areKnown && quiet.knowsConnections && counters.segmentsIn == previous.segmentsIn
      && (!quiet.drains || counters.segmentsOut == previous.segmentsOut)
    quiet.beginLook(
      at: now, opens: areKnown ? Int(truncatingIfNeeded: counters.opens &- previous.opens) : nil,
      tellsEnds: source == .socketDiagnostics && sockets.tellsEnds)
    if source == .socketDiagnostics {
      sockets.begin(at: now)
    } else if !isUnchanged {
      quiet.beginConnections()
      tables.begin()
    }
  }

  /// The next part of the look. Its end, if this was the last one.
  private mutating func step(_ quiet: Quiet, at start: Instant) -> LookEnd? {
    if buffer == nil {
      buffer = .make(TrafficMonitor.bufferSize)
      if let buffer { begin(quiet, buffer, at: start) }
    }
    guard let buffer else { return .partial }
    let isEnough = spent >= TrafficMonitor.enough && quiet.knowsTraffic
    if source == .socketDiagnostics {
      if isEnough { sockets.skipConnections() }
      let end = sockets.step(quiet, buffer, isUnchanged: isUnchanged)
      // The look begins anew, with the other source.
      if sockets.failure != .none { fallBack() }
      return end
    }
    if isUnchanged { return .unchanged }
    return isEnough ? .partial : tables.step(quiet, buffer)
  }
}
