// A network namespace on paper: connections with the times of what moved on them, as the kernel would tell.

@testable import Lifecycle

let client = PeerAddress(version4: 0x0a01_0203)

/// A connection whose last movements are known as moments. What the kernel tells is how long ago they were.
struct Wire {
  var port: UInt16 = 80
  var peer = client
  var phase = ConnectionPhase.open
  var identity: UInt64
  var received: Instant
  var sent: Instant
  var unread: UInt32 = 0
  var unsent: UInt32 = 0
  var isFirstUnanswered = false

  /// Set up at `moment`, with nothing on it yet.
  init(_ identity: UInt64, at moment: Instant, port: UInt16 = 80, peer: PeerAddress = client) {
    self.identity = identity
    self.port = port
    self.peer = peer
    received = moment
    sent = moment
  }

  func connection(at now: Instant, hasTimes: Bool = true) -> Connection {
    var connection = Connection()
    connection.port = port
    connection.peer = peer
    connection.phase = phase
    connection.identity = identity
    connection.unread = unread
    connection.unsent = unsent
    if hasTimes {
      connection.hasTimes = true
      connection.sinceReceived = now - received
      connection.sinceSent = now - sent
      connection.isFirstUnanswered = isFirstUnanswered
    }
    return connection
  }
}

extension Quiet {
  func connection(_ connection: Connection, hasEnded: Bool = false, at now: Instant) {
    found = connection
    self.connection(hasEnded: hasEnded, at: now)
  }

  var movers: [Mover] { (0..<Quiet.mostMovers).map { mover($0) }.filter { $0.count > 0 } }
}

extension PeerSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral ranges: PeerRange...) {
    self.init()
    for range in ranges { add(range) }
  }
}

extension PortSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral ports: UInt16...) {
    self.init()
    for port in ports { insert(port) }
  }

  var ranges: [PortRange] { (0..<count).map { range($0) } }
}

/// A judge and the source that feeds it.
final class TrafficScene {
  var quiet: Quiet
  var wires: [Wire] = []
  /// Port and accept queue of each listener.
  var listeners: [(port: UInt16, waiting: Int)] = [(80, 0)]
  /// Where the source is /proc: neither times nor ends.
  let isProcNet: Bool

  init(
    span: Milliseconds = .seconds(2), isProcNet: Bool = false, wires: [Wire] = [],
    _ change: (inout TrafficSettings) -> Void = { _ in }
  ) {
    var settings = TrafficSettings()
    change(&settings)
    quiet = Quiet(settings, span: span, at: start)
    self.isProcNet = isProcNet
    self.wires = wires
  }

  /// A look at everything. Returns since when it is quiet, in seconds after the start.
  @discardableResult func look(
    at now: Instant, ended: [Wire] = [], end: LookEnd = .whole, opens: Int? = nil, hasLost: Bool = false
  ) -> Double? {
    quiet.beginLook(at: now, opens: opens, tellsEnds: !isProcNet)
    for listener in listeners { quiet.listener(port: listener.port, waiting: listener.waiting) }
    if end != .unchanged {
      quiet.beginConnections()
      let hasTimes = !isProcNet && quiet.needsTimes
      for wire in wires { quiet.connection(wire.connection(at: now, hasTimes: hasTimes), at: now) }
    }
    for wire in ended { quiet.connection(wire.connection(at: now), hasEnded: true, at: now) }
    if hasLost { quiet.endsLost() }
    quiet.endLook(end, at: now)
    return quietSince.map { Double(($0 - start).count) / 1000 }
  }

  // What the judge says.
  var movers: [Mover] { quiet.movers }
  var otherMovers: Int { quiet.otherMovers }
  var open: Int { quiet.open }
  var arrivals: Int { quiet.arrivals }
  var waitingForAccept: Int { quiet.waitingForAccept }
  var quietSince: Instant? { quiet.quietSince == .never ? nil : quiet.quietSince }
  var servesAny: Bool { quiet.servesAny }
  var isCountWhole: Bool { quiet.isCountWhole }
  var knowsConnections: Bool { quiet.knowsConnections }
  var knowsEveryListener: Bool { quiet.knowsEveryListener() }
  var knowsTraffic: Bool { quiet.knowsTraffic }
  var needsTimes: Bool { quiet.needsTimes }
  func nextLook(after cost: Milliseconds, at now: Instant) -> Instant { quiet.nextLook(after: cost, at: now) }

  var lastArrival: Double? { quiet.lastArrival.map { Double(($0 - start).count) / 1000 } }
}
