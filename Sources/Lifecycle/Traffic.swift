// What traffic consists of: the connections of a look, and what was asked about them.

/// What counts as traffic (`--port`, `--ignore-peer`, `--max-open`, `--drain`).
public struct TrafficSettings: Equatable, Sendable {
  /// The ports that are served. Empty: every port listened on.
  public var ports: [UInt16] = []
  /// Peers whose connections don't count: probes, scrapers, sidecars.
  public var ignoredPeers: [PeerRange] = []
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

/// When data last moved on a connection, counted back from the moment the kernel told it. Both are as old as the
/// connection where nothing has moved yet.
public struct ConnectionTimes: Equatable, Sendable {
  public var sinceReceived: Milliseconds
  public var sinceSent: Milliseconds
  /// Data has come, and none was ever sent.
  public var isFirstUnanswered: Bool

  public init(sinceReceived: Milliseconds, sinceSent: Milliseconds, isFirstUnanswered: Bool = false) {
    self.sinceReceived = sinceReceived
    self.sinceSent = sinceSent
    self.isFirstUnanswered = isFirstUnanswered
  }
}

/// A connection as a look finds it.
public struct Connection: Equatable, Sendable {
  /// The local port.
  public var port: UInt16
  public var peer: PeerAddress
  public var phase: ConnectionPhase
  /// Different for every connection, the same at every look.
  public var identity: UInt64
  /// Bytes that came and that the app has not read.
  public var unread: UInt32
  /// Bytes that the app has sent and the peer has not confirmed.
  public var unsent: UInt32
  /// Nil: the source cannot tell.
  public var times: ConnectionTimes?

  public init(
    port: UInt16, peer: PeerAddress, phase: ConnectionPhase, identity: UInt64, unread: UInt32 = 0, unsent: UInt32 = 0,
    times: ConnectionTimes? = nil
  ) {
    self.port = port
    self.peer = peer
    self.phase = phase
    self.identity = identity
    self.unread = unread
    self.unsent = unsent
    self.times = times
  }
}

extension Connection {
  /// Whether data has come that the app has not read. The peer's end counts as one byte (tcp_diag_get_info).
  var hasUnread: Bool {
    switch phase {
    case .open: unread > 0
    case .peerFinished, .appFinished: unread > 1
    case .over: false
    }
  }

  /// Whether something that the app has sent has not arrived. Its own end counts as one byte.
  var isSending: Bool { unsent > (phase == .appFinished ? 1 : 0) }

  /// Whether the last thing that moved came in.
  ///
  /// The kernel's clock ticks (1 to 10 ms). What moved both ways in one tick counts as answered, as it is on every
  /// connection that idles after a quick answer; but a first request often comes in the tick of its connection.
  var owesAnswer: Bool {
    hasUnread || times.map { $0.sinceReceived < $0.sinceSent || $0.isFirstUnanswered } ?? false
  }
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
  public var port: UInt16
  public var peer: PeerAddress
  public var count: Int
}
