// What traffic consists of: the connections of a look, and what was asked about them.

/// What counts as traffic (`--port`, `--ignore-peer`, `--max-open`, `--drain`).
public struct TrafficSettings: Equatable, Sendable {
  /// The ports that are served. Empty: every port listened on.
  public var ports = PortSet()
  /// Peers whose connections don't count: probes, scrapers, sidecars.
  public var ignoredPeers = PeerSet()
  /// How many connections may keep talking; 0 to `mostOpen`.
  public var maxOpen = 0
  /// Whether the answers are waited for too.
  public var drain = false

  /// Beyond it, keeping the times of so many connections would cost more memory than looking may.
  public static let mostOpen = 10_000

  public init() {}
}

/// How far a connection has come to its end.
public enum ConnectionPhase: Equatable, Sendable {
  /// Both sides may send.
  case open
  /// The peer has finished sending; the app may still answer.
  case peerFinished
  /// The app has finished sending.
  case appFinished
  /// The app has closed it and the kernel only remembers it (TIME_WAIT).
  case over
}

/// A connection as a look finds it: the sources fill in one after the other, in the same place.
public struct Connection: Equatable, Sendable {
  public var peer = PeerAddress(high: 0, low: 0)
  /// Different for every connection, the same at every look.
  public var identity: UInt64 = 0
  /// How long ago, when the kernel told it, data last came, and went. As old as the connection where none has yet; zero
  /// without times.
  public var sinceReceived = Milliseconds.zero
  public var sinceSent = Milliseconds.zero
  /// Bytes that came and that the app has not read; none when it is over.
  public var unread: UInt32 = 0
  /// Bytes that the app has sent and the peer has not confirmed; none when it is over.
  public var unsent: UInt32 = 0
  /// The local port.
  public var port: UInt16 = 0
  public var phase = ConnectionPhase.open
  /// Whether the source tells when data last moved.
  public var hasTimes = false
  /// Data has come, and none was ever sent; false where there are no times.
  public var isFirstUnanswered = false

  public init() {}
}

extension Connection {
  /// Whether data has come that the app has not read. The peer's end counts as one byte (tcp_diag_get_info).
  var hasUnread: Bool { unread > (phase == .open ? 0 : 1) }

  /// Whether something that the app has sent has not arrived. Its own end counts as one byte.
  var isSending: Bool { unsent > (phase == .appFinished ? 1 : 0) }

  /// Whether the last thing that moved came in.
  ///
  /// The kernel's clock ticks (1 to 10 ms). What moved both ways in one tick counts as answered, as it is on every
  /// connection that idles after a quick answer; but a first request often comes in the tick of its connection.
  var owesAnswer: Bool { hasUnread || sinceReceived < sinceSent || isFirstUnanswered }
}

/// How a look ended.
public enum LookEnd: Equatable, Sendable {
  /// Every connection was seen.
  case whole
  /// Nothing has moved in the network namespace since a whole look, so the connections were not asked for again.
  case unchanged
  /// Some were not seen: the look failed, or was ended early because there is traffic anyway.
  case partial
}

/// Connections of one peer to one port that are not quiet.
public struct Mover: Equatable, Sendable {
  public var port = 0
  public var peer = PeerAddress(high: 0, low: 0)
  public var count = 0
}
