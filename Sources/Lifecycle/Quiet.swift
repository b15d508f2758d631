// When traffic was last seen (CONTRACT 5.1). A look hands its findings in one by one, so that memory does not grow with
// their number, and time comes in with them.
//
// *When* something moved is told by the kernel's own ages (tcp_info's last_data_recv and last_data_sent), not by the
// looks. A connection just set up has the age 0 in both (tcp_create_openreq_child in net/ipv4/tcp_minisocks.c), so one
// number covers "a connection came" and "data came", and a look that comes late does not judge wrongly. A connection
// that came and went between two looks has its ages in the event that tells of its end.
//
// Which connections are *new* matters for `--max-open` (some may keep talking, none may come), for the summary, and
// where the kernel tells no ages. A filter of fixed size remembers what was seen.

/// The judge of one wait.
public struct Quiet: ~Copyable {
  public let settings: TrafficSettings
  /// `--until-quiet`.
  public let span: Milliseconds

  /// When the last new connection came, if one came since the first look.
  public private(set) var lastArrival: Instant?
  /// How many new connections came since the first look.
  public private(set) var arrivals = 0
  /// Whether some ends were lost, so that there may have been more new connections than `arrivals`.
  public private(set) var hasLostEnds = false
  /// Connections to the ports served, not yet closed by the app, as of the last look.
  public private(set) var open = 0
  /// Connections in the accept queues of the ports served, as of the last look.
  public private(set) var waitingForAccept = 0
  /// A port with a connection in its accept queue.
  public private(set) var portWaitingForAccept: UInt16 = 0
  /// Who was not quiet for `span` at the last look: at most `mostMovers`, in no order.
  public private(set) var movers: [Mover] = []
  /// How many connections were not quiet and found no place in `movers`.
  public private(set) var otherMovers = 0
  /// False: the last look did not see every connection, and the numbers above are the least.
  public var isCountWhole: Bool { lastEnd != .partial }

  private let maxOpen: Int
  private let ports: PortSet
  private var listened = PortSet()
  private var hasListened = false
  private var seen = SeenFilter()
  /// The latest moments, one for each connection of the look under way.
  private var moments: LatestTimes

  /// The latest moment known to have had traffic.
  private var movedAt: Instant
  /// The last whole look found more connections that must be waited for than may talk.
  private var isPending = false
  private var wasWaiting = false
  /// The next look decides.
  private var isPostponed = false
  private var hasBaseline = false
  private var lastEnd = LookEnd.partial
  /// No new connection came after this moment and before the look under way.
  private var arrivedBefore: Instant
  private var lookBeganAt: Instant

  // What the look under way has found.
  private var moving = 0
  private var pending = 0
  private var isArriving = false
  private var opensSeen = 0
  private var opens: Int?
  private var tellsEnds = false
  private var hasLost = false

  public static let mostMovers = 8
  /// The kernel tells of ends by a worker of its own, which on a busy machine takes some milliseconds.
  static let settling = Milliseconds(50)
  /// What is seen late is dated right all the same: this bounds how old the summary's numbers are.
  static let pause = Milliseconds(250)

  /// A judge that knows nothing of the time before `now`.
  public init(_ settings: TrafficSettings, span: Milliseconds, at now: Instant) {
    self.settings = settings
    self.span = span
    maxOpen = max(0, min(settings.maxOpen, TrafficSettings.mostOpen))
    moments = LatestTimes(maxOpen + 1)
    var ports = PortSet()
    for port in settings.ports { ports.insert(port) }
    self.ports = ports
    movedAt = now
    arrivedBefore = now
    lookBeganAt = now
  }

  // MARK: The verdict

  /// Since when there is no traffic. Nil: there is, or the last look cannot tell.
  public var quietSince: Instant? {
    lastEnd == .partial || isPending || isPostponed || waitingForAccept > 0 ? nil : movedAt
  }

  /// When to look again after a look that ended at `now` and took `cost`: often, but for no more than one hundredth of
  /// the time; and when the quiet could have lasted long enough, but for no more than a twentieth.
  public func nextLook(after cost: Milliseconds, at now: Instant) -> Instant {
    let cost = max(.zero, min(cost, Milliseconds(seconds: 3600))).count
    let regular = now + max(Quiet.pause, Milliseconds(cost * 100))
    if isPostponed { return now + Quiet.settling }
    // A look that did not see everything still knows since when it cannot have been quiet.
    let complete = movedAt + span
    return complete > now ? min(regular, max(complete, now + Milliseconds(cost * 20))) : regular
  }

  // MARK: What a look should ask for

  /// Whether a look needs the connections' times. The first one only learns which connections there are, because quiet
  /// is never older than it.
  public var needsTimes: Bool { hasBaseline || settings.drain }

  /// Whether the connections need not be asked for if nothing has moved in the network namespace since the last look.
  /// What waits for the app itself may change without that.
  public var knowsConnections: Bool { hasBaseline && lastEnd != .partial && !isPending }

  /// Whether the look under way may be ended, because it cannot find quiet any more.
  public var knowsTraffic: Bool { hasBaseline && (moving > maxOpen || pending > maxOpen || isArriving) }

  /// Whether there is a port of interest at all.
  public var servesAny: Bool { !settings.ports.isEmpty || hasListened }

  /// Whether each port of `--port` has been listened on, so that its address family is known.
  public var knowsEveryListener: Bool {
    for port in settings.ports where !listened.contains(port) { return false }
    return true
  }

  /// Whether connections of this local port are of interest.
  public func isServed(_ port: UInt16) -> Bool {
    settings.ports.isEmpty ? listened.contains(port) : ports.contains(port)
  }

  /// The ports of interest, for a filter in the kernel; nil if these are more than `most` ranges.
  public func servedRanges(atMost most: Int) -> [PortRange]? {
    settings.ports.isEmpty ? listened.ranges(atMost: most) : ports.ranges(atMost: most)
  }

  // MARK: A look

  /// A look begins. Its listeners come first, then `beginConnections` and the connections, then those that ended.
  ///
  /// - Parameters:
  ///   - opens: how many connections the namespace accepted since the last look began, whatever their port and peer
  ///     (PassiveOpens in /proc/net/snmp). Nil: not known.
  ///   - tellsEnds: whether every connection that ended since the last look will be told by `closed`.
  public mutating func beginLook(at now: Instant, opens: Int?, tellsEnds: Bool) {
    // What the last look saw beyond its count was on its way and is counted now; what it did not come to see is still
    // to be seen.
    let carried = (self.opens ?? opensSeen) &- opensSeen
    self.opens = opens.map { $0 &+ (lastEnd == .partial ? carried : min(0, carried)) }
    if opens != 0 { arrivedBefore = now }
    lookBeganAt = now
    self.tellsEnds = tellsEnds
    opensSeen = 0
    wasWaiting = waitingForAccept > 0
    waitingForAccept = 0
    hasLost = false
    moments.clear()
    moving = 0
    pending = 0
    isArriving = false
  }

  /// A port is listened on, with `waiting` connections in its accept queue.
  public mutating func listener(port: UInt16, waiting: Int) {
    // A port that closes later stays served: its connections live on.
    listened.insert(port)
    hasListened = true
    guard waiting > 0, isServed(port) else { return }
    waitingForAccept &+= waiting
    portWaitingForAccept = port
  }

  /// The connections follow; what the last look found is forgotten. Not called where it still holds.
  public mutating func beginConnections() {
    open = 0
    movers = []
    otherMovers = 0
  }

  /// A connection that exists.
  ///
  /// - Parameter now: when the kernel told it, or a little later.
  public mutating func connection(_ connection: Connection, at now: Instant) {
    guard let isNew = recognise(connection) else { return }
    let isOpen = connection.phase == .open || connection.phase == .peerFinished
    if isOpen { open &+= 1 }
    let isPending = settings.drain && (connection.isSending || isOpen && connection.owesAnswer)
    if isPending { pending &+= 1 }
    note(connection, isNew: isNew, isPending: isPending, at: now)
  }

  /// A connection that ended since the last look; its times are as of its end.
  ///
  /// - Parameter now: when it was learnt.
  public mutating func closed(_ connection: Connection, at now: Instant) {
    guard let isNew = recognise(connection) else { return }
    note(connection, isNew: isNew, isPending: false, at: now)
  }

  /// More connections ended than could be told.
  public mutating func endsLost() {
    hasLost = true
    hasLostEnds = true
  }

  /// The look is over.
  public mutating func endLook(_ end: LookEnd, at now: Instant) {
    if end == .whole {
      // Some came and went unseen, to a port and from a peer not known. Where peers are ignored it may have been these.
      if hasBaseline, !tellsEnds || hasLost, settings.ignoredPeers.isEmpty, let opens, opens > opensSeen {
        arrivals &+= opens - opensSeen
        arrived(at: now)
        opensSeen = opens
      }
      isPending = pending > maxOpen
      seen.endWholeLook()
      hasBaseline = true
    }
    if let last = moments.last { movedAt = max(movedAt, last) }
    // When the last one of an accept queue was taken, only that it was is known.
    if hasLost || wasWaiting || waitingForAccept > 0 || isPending { movedAt = max(movedAt, now) }
    // Connections that the namespace counts and this look did not see may be others' business, or have come and gone with
    // their end still to be told. By the next look it is.
    let isComplete = span > .zero && now - movedAt >= span
    isPostponed = end == .whole && isComplete && !isPostponed && tellsEnds && (opens ?? 0) > opensSeen
    lastEnd = end
  }

  // MARK: Findings

  /// Whether the connection is new; nil if it is of no interest.
  private mutating func recognise(_ connection: Connection) -> Bool? {
    let counts = isServed(connection.port) && !isIgnored(connection.peer)
    guard counts || !tellsEnds && listened.contains(connection.port) else { return nil }
    let isNew = !seen.insert(connection.identity) && hasBaseline
    if isNew { opensSeen &+= 1 }
    return counts ? isNew : nil
  }

  private func isIgnored(_ peer: PeerAddress) -> Bool {
    for range in settings.ignoredPeers where range.contains(peer) { return true }
    return false
  }

  private mutating func note(_ connection: Connection, isNew: Bool, isPending: Bool, at now: Instant) {
    var moment: Instant?
    if isPending {
      moment = now
    } else if let times = connection.times {
      moment = now - (settings.drain ? min(times.sinceReceived, times.sinceSent) : times.sinceReceived)
    } else if connection.hasUnread {
      moment = now
    }
    var isRecent = false
    if let moment {
      moments.add(moment)
      isRecent = now - moment < span
      if isRecent { moving &+= 1 }
    }
    if isNew {
      // With data on it since, a connection may be older than its last movement, but not younger. What came before this
      // look came before the last one that counted any.
      var arrival = connection.times.map { now - $0.sinceReceived } ?? now
      if arrival < lookBeganAt { arrival = min(arrival, arrivedBefore) }
      arrivals &+= 1
      arrived(at: arrival)
      if now - arrival < span {
        isRecent = true
        isArriving = true
      }
    }
    if isRecent { addMover(connection) }
  }

  private mutating func arrived(at moment: Instant) {
    lastArrival = max(lastArrival ?? moment, moment)
    movedAt = max(movedAt, moment)
  }

  private mutating func addMover(_ connection: Connection) {
    for index in movers.indices
    where movers[index].port == connection.port && movers[index].peer == connection.peer {
      movers[index].count &+= 1
      return
    }
    if movers.count < Quiet.mostMovers {
      movers.add(Mover(port: connection.port, peer: connection.peer, count: 1))
    } else {
      otherMovers &+= 1
    }
  }
}
