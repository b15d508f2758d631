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
  public private(set) var source: TrafficSource
  /// Why the source is not the best one.
  public private(set) var refusal: Errno?

  private var sockets: SocketMonitor?
  private var tables: ProcNet?
  private var counterFile: Descriptor?
  private var counters: TcpCounters?
  /// Empty between two looks, which may be minutes apart.
  private var buffer: [UInt8] = []

  private var isLooking = false
  private var isUnchanged = false
  private var spent = Milliseconds.zero

  /// As much as the kernel puts into one datagram of an answer (netlink_dump).
  private static let bufferSize = 32 * 1024
  /// How long the event loop can do without its signals.
  private static let slice = Milliseconds(10)
  /// A look that has taken more CPU time ends as soon as it has seen traffic: a hundredth of the pause between looks.
  private static let enough = Milliseconds(3)

  /// Opens what there is. Connections that end from now on will be told.
  public init() {
    counterFile = try? Descriptor(opening: "/proc/net/snmp", flags: O_RDONLY)
    source = .socketDiagnostics
    do throws(Errno) {
      sockets = try SocketMonitor()
    } catch {
      fallBack(error)
    }
  }

  /// For tests: only what stands in /proc.
  init(withoutSocketDiagnostics: Void) {
    self.init()
    fallBack(.notImplemented)
  }

  private mutating func fallBack(_ error: Errno) {
    refusal = error
    sockets = nil
    tables = try? ProcNet()
    source = tables == nil ? .nothing : .procNet
  }

  /// Begins a look, or goes on with the one under way, for some milliseconds at most.
  public mutating func look(_ quiet: inout Quiet) -> LookProgress {
    if source == .nothing { return .blind }
    let start = Clock.now
    // What the machine does for others in between is no cost of the look.
    let usedBefore = Clock.used
    while true {
      if !isLooking { begin(&quiet, at: start) }
      let end = step(&quiet, spent: spent + (Clock.used - usedBefore))
      if source == .nothing { return .blind }
      let now = Clock.now
      if let end {
        isLooking = false
        buffer = []
        quiet.endLook(end, at: now)
        return .finished(cost: spent + (Clock.used - usedBefore))
      }
      if now - start >= TrafficMonitor.slice {
        spent = spent + (Clock.used - usedBefore)
        return .unfinished
      }
    }
  }

  private mutating func begin(_ quiet: inout Quiet, at now: Instant) {
    isLooking = true
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: TrafficMonitor.bufferSize) }
    spent = .zero
    isUnchanged = false
    var opens: Int?
    let previous = counters
    counters = readCounters()
    if let previous, let counters {
      opens = Int(truncatingIfNeeded: counters.opens &- previous.opens)
      // Every byte and every connection comes in a segment, and counters come before the rest: what they count, the look
      // sees. With --drain what goes out counts too.
      isUnchanged =
        quiet.knowsConnections && counters.segmentsIn == previous.segmentsIn
        && (!quiet.settings.drain || counters.segmentsOut == previous.segmentsOut)
    }
    quiet.beginLook(at: now, opens: opens, tellsEnds: sockets?.tellsEnds ?? false)
    if sockets != nil {
      sockets?.begin(at: now)
    } else if !isUnchanged {
      tables?.begin(&quiet)
    }
  }

  private mutating func readCounters() -> TcpCounters? {
    guard let number = counterFile?.number else { return nil }
    return TcpCounters.read(number, &buffer)
  }

  /// The next part of the look. Its end, if this was the last one.
  private mutating func step(_ quiet: inout Quiet, spent: Milliseconds) -> LookEnd? {
    let isEnough = spent >= TrafficMonitor.enough && quiet.knowsTraffic
    if sockets != nil {
      do throws(Errno) {
        if isEnough { sockets?.skipConnections() }
        switch try sockets?.step(&quiet, &buffer, isUnchanged: isUnchanged) {
        case .done(let end): return end
        case .more, nil: return nil
        }
      } catch {
        // The look begins anew, with the other source.
        fallBack(error)
        isLooking = false
        return nil
      }
    }
    if isUnchanged { return .unchanged }
    return isEnough ? .partial : tables?.step(&quiet, &buffer)
  }
}
