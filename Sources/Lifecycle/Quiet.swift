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
public final class Quiet {
  /// What the source tells next (`connection`).
  public var found = Connection()

  /// How many new connections came since the first look.
  public private(set) var arrivals = 0
  /// Connections to the ports served, not yet closed by the app, as of the last look.
  public private(set) var open = 0
  /// Connections in the accept queues of the ports served, as of the last look.
  public private(set) var waitingForAccept = 0
  /// How many connections were not quiet and found no place among the movers.
  public private(set) var otherMovers = 0
  /// Whether some ends were lost, so that there may have been more new connections than `arrivals`.
  public private(set) var hasLostEnds = false
  /// Whether the looks saw all there was to be told: said by who looked.
  public var isKnown = false

  private var hasListened = false
  private var tellsEnds = false
  private var hasLost = false
  private var isArriving = false
  /// The last whole look found more connections that must be waited for than may talk.
  private var isPending = false
  private var wasWaiting = false
  /// The next look decides.
  private var isPostponed = false
  private var hasBaseline = false
  private var lastEnd = LookEnd.partial

  // What the look under way has found.
  private var moving = 0
  private var pending = 0
  /// How many connections the namespace has counted that no look saw; less than 0 where a look saw more, on their way.
  private var unseen = 0
  private var countsOpens = false

  /// The latest moment known to have had traffic.
  private var movedAt: Instant
  private var latestArrival = Instant(Milliseconds(.min))
  /// No new connection came after this moment and before the look under way.
  private var arrivedBefore: Instant
  private var lookBeganAt: Instant

  /// `--until-quiet`.
  private let span: Milliseconds
  private let settings: TrafficSettings
  private var listened = PortSet()
  private var seen = SeenFilter()
  /// The latest moments, one for each connection of the look under way.
  private var moments: LatestTimes
  private var movers = [8 of Mover](repeating: Mover())

  public static let mostMovers = 8
  /// The kernel tells of ends by a worker of its own, which on a busy machine takes some milliseconds.
  static let settling = Milliseconds(50)
  /// What is seen late is dated right all the same: this bounds how old the summary's numbers are.
  static let pause = Milliseconds(250)

  /// A judge that knows nothing of the time before `now`.
  public init(_ settings: TrafficSettings, span: Milliseconds, at now: Instant) {
    self.settings = settings
    self.span = span
    moments = LatestTimes(1)
    movedAt = now
    arrivedBefore = now
    lookBeganAt = now
  }

  // MARK: The summary

  /// When the last new connection came, if one came since the first look.
  public var lastArrival: Instant? { arrivals > 0 ? latestArrival : nil }

  /// Who was not quiet for `span` at the last look, in no order; `index` is 0 to `mostMovers` - 1. With a count of 0:
  /// nobody else.
  public func mover(_ index: Int) -> Mover { movers[index] }

  /// False: the last look did not see every connection, and the numbers are the least.
  public var isCountWhole: Bool { lastEnd != .partial }

  // MARK: The verdict

  /// Since when there is no traffic; `never`, where there is, or the last look cannot tell.
  public var quietSince: Instant {
    lastEnd == .partial || isPending || isPostponed || waitingForAccept > 0 ? .never : movedAt
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
  public var knowsTraffic: Bool {
    hasBaseline && (moving > settings.maxOpen || pending > settings.maxOpen || isArriving)
  }

  /// Whether there is a port of interest at all.
  public var servesAny: Bool { !settings.ports.isEmpty || hasListened }

  /// Whether `--drain` was given.
  public var drains: Bool { settings.drain }

  /// Whether each port of `--port` has been listened on, so that its address family is known.
  @inline(never)
  public func knowsEveryListener() -> Bool {
    for index in 0..<settings.ports.count where !listened.contains(settings.ports.range(index)) { return false }
    return true
  }

  /// The ports of interest.
  public var served: PortSet { settings.ports.isEmpty ? listened : settings.ports }

  /// Whether connections of this local port are of interest.
  public func isServed(_ port: UInt16) -> Bool { served.contains(port) }

  // MARK: A look

  /// A look begins. Its listeners come first, then `beginConnections` and the connections, then those that ended.
  ///
  /// - Parameters:
  ///   - opens: how many connections the namespace accepted since the last look began, whatever their port and peer
  ///     (PassiveOpens in /proc/net/snmp). Nil: not known.
  ///   - tellsEnds: whether every connection that ended since the last look will be told.
  public func beginLook(at now: Instant, opens: Int?, tellsEnds: Bool) {
    // What the last look saw beyond its count was on its way and is counted now; what it did not come to see is still
    // to be seen.
    if lastEnd != .partial { unseen = min(0, unseen) }
    unseen = opens.map { $0 &+ (countsOpens ? unseen : 0) } ?? 0
    countsOpens = opens != nil
    if opens != 0 { arrivedBefore = now }
    lookBeganAt = now
    self.tellsEnds = tellsEnds
    wasWaiting = waitingForAccept > 0
    waitingForAccept = 0
    hasLost = false
    moments = LatestTimes(settings.maxOpen + 1)
    moving = 0
    pending = 0
    isArriving = false
  }

  /// A port is listened on, with `waiting` connections in its accept queue. Whether it is of interest.
  @discardableResult
  public func listener(port: UInt16, waiting: Int) -> Bool {
    // A port that closes later stays served: its connections live on.
    listened.insert(port)
    hasListened = true
    guard isServed(port) else { return false }
    waitingForAccept &+= waiting
    return true
  }

  /// The connections follow; what the last look found is forgotten. Not called where it still holds.
  public func beginConnections() {
    open = 0
    otherMovers = 0
    movers = [8 of Mover](repeating: Mover())
  }

  /// `found` is a connection that exists, or one that ended since the last look; its times are as of its end then.
  ///
  /// - Parameter now: when the kernel told it, or a little later.
  public func connection(hasEnded: Bool, at now: Instant) {
    let counts = isServed(found.port) && !settings.ignoredPeers.contains(found.peer)
    guard counts || !tellsEnds && listened.contains(found.port) else { return }
    let isNew = !seen.insert(found.identity) && hasBaseline
    if isNew { unseen &-= 1 }
    guard counts else { return }
    let isOpen = !hasEnded && (found.phase == .open || found.phase == .peerFinished)
    if isOpen { open &+= 1 }
    let isPending = settings.drain && !hasEnded && (found.isSending || isOpen && found.owesAnswer)
    if isPending { pending &+= 1 }
    var isRecent = false
    if isPending || found.hasTimes || found.hasUnread {
      let since = settings.drain ? min(found.sinceReceived, found.sinceSent) : found.sinceReceived
      let age = isPending ? .zero : since
      moments.add(now - age)
      isRecent = age < span
      if isRecent { moving &+= 1 }
    }
    if isNew {
      // With data on it since, a connection may be older than its last movement, but not younger. What came before this
      // look came before the last one that counted any.
      var arrival = now - found.sinceReceived
      if arrival < lookBeganAt { arrival = min(arrival, arrivedBefore) }
      arrived(1, at: arrival)
      if now - arrival < span {
        isRecent = true
        isArriving = true
      }
    }
    if isRecent { addMover() }
  }

  /// More connections ended than could be told.
  public func endsLost() {
    hasLost = true
    hasLostEnds = true
  }

  /// The look is over.
  @inline(never)
  public func endLook(_ end: LookEnd, at now: Instant) {
    if end == .whole {
      // Some came and went unseen, to a port and from a peer not known. Where peers are ignored it may have been these.
      if hasBaseline, !tellsEnds || hasLost, settings.ignoredPeers.isEmpty, unseen > 0 {
        arrived(unseen, at: now)
        unseen = 0
      }
      isPending = pending > settings.maxOpen
      seen.endWholeLook()
      hasBaseline = true
    }
    movedAt = max(movedAt, moments.last)
    // When the last one of an accept queue was taken, only that it was is known.
    if hasLost || wasWaiting || waitingForAccept > 0 || isPending { movedAt = max(movedAt, now) }
    // Connections that the namespace counts and this look did not see may be others' business, or have come and gone with
    // their end still to be told. By the next look it is.
    let isComplete = span > .zero && now - movedAt >= span
    isPostponed = end == .whole && isComplete && !isPostponed && tellsEnds && unseen > 0
    lastEnd = end
  }

  // MARK: Findings
  private func arrived(_ count: Int, at moment: Instant) {
    arrivals &+= count
    latestArrival = max(latestArrival, moment)
    movedAt = max(movedAt, moment)
  }

  private func addMover() {
    for index in 0..<Quiet.mostMovers {
      if movers[index].count == 0 {
        movers[index] = Mover(port: Int(found.port), peer: found.peer, count: 1)
        return
      }
      if movers[index].port == Int(found.port) && movers[index].peer == found.peer {
        movers[index].count &+= 1
        return
      }
    }
    otherMovers &+= 1
  }
}
