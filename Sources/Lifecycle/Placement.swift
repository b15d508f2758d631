// Where the app runs in relation to its supervisor.

/// The app's place among process groups and sessions.
public enum Placement: Equatable, Sendable {
  /// A process group of its own, in our session.
  case ownGroup
  /// A session of its own, whose controlling terminal becomes ours, if we gave it up.
  case ownSession
  /// Our own process group.
  case sharedGroup
}
