// What the peers tell while they run, in their own words, because people grep for them in logs and tests.

import Lifecycle

/// Something that a peer has words for, in the order of the tables below.
public enum News: UInt8, CaseIterable, Sendable {
  // At the start.
  case detached, detachedAsMember, noTerminal, registered, notReaping
  /// With the reason.
  case noProcess
  /// With the program's name and the reason.
  case noProgram
  case inSession
  /// With the pid and the program's name.
  case started
  // In the loop. With the signal's number.
  case received, handedOver
  /// With both numbers.
  case translated
  /// With the signal's number and its description.
  case forwarded
  /// With the number.
  case dropped
  case suspending
  /// With the pid.
  case orphan
  /// With the pid, and the code or the signal.
  case exited, killed
  case childrenLeft, noChildLeft
  // At the end. With the code.
  case appExited
  /// With the signal's description.
  case appKilled
  /// With the code.
  case leaving
}

extension Dialect {
  /// A verbosity that hides nothing.
  public static let everything = 4

  /// The peer's line; nil if it has no words for that, or is not that talkative. What the words are filled with is in the
  /// order of `News`.
  ///
  /// - Parameter own: our own pid, which tini and catatonit show.
  @inline(never)
  public func line(
    _ news: News, _ first: Int, _ second: Int, _ text: [UInt8], _ reason: [UInt8], verbosity: Int, own: Int32
  ) -> Line? {
    let words = table.line(Int(news.rawValue))
    let level = Int(words[0]) &- 0x30
    guard level >= 0, level <= verbosity else { return nil }
    var entry = Entry()
    entry.text = prefix(level: level, process: own)
    entry.add(row: words, first, second, text, reason)
    return entry.text
  }

  /// What every line of a peer begins with.
  @inline(never)
  func prefix(level: Int, process: Int32) -> Line {
    let row =
      switch self {
      case .tini: 1 + min(level, 4)
      case .catatonit: 6 + min(level, 1)
      case .dumbInit, .lastcall: 0
      }
    var entry = Entry()
    entry.add(row: Dialect.prefixes.line(row), Int(process), 0, [], [])
    return entry.text
  }

  private static let prefixes = Text(
    """
    +[dumb-init]\u{20}
    +[FATAL tini (%n)]\u{20}
    +[WARN  tini (%n)]\u{20}
    +[INFO  tini (%n)]\u{20}
    +[DEBUG tini (%n)]\u{20}
    +[TRACE tini (%n)]\u{20}
    +ERROR (catatonit:%n):\u{20}
    +DEBUG (catatonit:%n):\u{20}
    """)

  /// The words for each of the news, as formats (`Entry`) behind the digit of the least verbosity that shows them. None: a
  /// dash.
  private var table: Text {
    switch self {
    case .lastcall: Text("-")
    case .tini: Dialect.tiniTable
    case .dumbInit: Dialect.dumbInitTable
    case .catatonit: Dialect.catatonitTable
    }
  }

  private static let tiniTable = Text(
    """
    -
    -
    -
    4Registered as child subreaper
    1Tini is not running as PID 1 and isn't registered as a child subreaper.%l\
    Zombie processes will not be re-parented to Tini, so zombie reaping won't work.%l\
    To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register Tini as a child \
    subreaper, or run Tini as PID 1.
    0fork failed: %r
    0exec %f failed: %r
    -
    2Spawned child process '%f' with pid '%n'
    3Received SIGCHLD
    -
    -
    3Passing signal: '%f'
    -
    -
    1Reaped zombie process with pid=%n
    3Reaped child with pid: '%n'
    3Reaped child with pid: '%n'
    4No child to reap
    4No child to wait
    2Main child exited normally (with status '%n')
    2Main child exited with signal (with signal '%f')
    4Exiting: child has exited
    """)

  private static let dumbInitTable = Text(
    """
    4Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.
    4Detached from controlling tty, but was not session leader.
    4Unable to detach from controlling tty (errno=25 Inappropriate ioctl for device).
    -
    -
    0Unable to fork. Exiting.
    0%f: %r
    4setsid complete.
    4Child spawned with PID %n.
    4Received signal %n.
    4Ignoring tty hand-off signal %n.
    4Translating signal %n to %n.
    4Forwarded signal %n to children.
    4Not forwarding signal %n to children (ignored).
    4Suspending self due to TTY signal.
    -
    4A child with PID %n exited with exit status %n.
    4A child with PID %n was terminated by signal %n.
    -
    -
    -
    -
    4Child exited with status %n. Goodbye.
    """)

  private static let catatonitTable = Text(
    """
    -
    -
    -
    -
    -
    0failed to fork child: %r
    0failed to exec pid1: %r
    -
    4pid1 (%n) spawned: %f
    -
    -
    -
    -
    -
    -
    -
    4child process %n exited with code %n
    4child process %n exited due to signal %n
    -
    4got ECHILD: no children left to monitor
    """)
}
