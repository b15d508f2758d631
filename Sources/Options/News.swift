// What the peers tell while they run, in their own words, because people grep for them in logs and tests.

import Lifecycle

/// Something that a peer has words for.
public enum News: Sendable {
  // At the start.
  case detached, detachedAsMember, noTerminal, registered, notReaping
  case noProcess, noProgram
  case inSession, started
  // In the loop.
  case received, handedOver, translated, forwarded, dropped, suspending
  case orphan, exited, killed, childrenLeft, noChildLeft
  // At the end.
  case appExited, appKilled, leaving
}

/// What the words are filled with: `%p`, `%n`, `%m`, `%t`, `%r`.
public struct NewsDetails {
  public var process: Int32 = 0
  public var number = 0
  public var other = 0
  public var text: [UInt8] = []
  public var reason = Line()

  public init() {}
}

extension Dialect {
  /// A verbosity that hides nothing.
  public static let everything = 4

  /// The peer's line; nil if it has no words for that, or is not that talkative.
  ///
  /// - Parameter own: our own pid, which tini and catatonit show.
  public func line(_ news: News, _ details: NewsDetails, verbosity: Int, own: Int32) -> Line? {
    let words = Line(words(for: news)).bytes
    guard let first = words.first, first >= 0x30 else { return nil }
    let level = Int(first - 0x30)
    guard level <= verbosity else { return nil }
    var line = prefix(level: level, process: own)
    var index = 1
    while index < words.count {
      guard words[index] == 0x25, index + 1 < words.count else {
        line.add(byte: words[index])
        index += 1
        continue
      }
      switch Unicode.Scalar(words[index + 1]) {
      case "p": line.add(Int(details.process))
      case "n": line.add(details.number)
      case "m": line.add(details.other)
      case "t": line.add(foreign: details.text)
      default: line.add(details.reason)
      }
      index += 2
    }
    return line
  }

  func prefix(level: Int, process: Int32) -> Line {
    var line = Line()
    switch self {
    case .lastcall: line.add("lastcall: ")
    case .dumbInit: line.add("[dumb-init] ")
    case .tini:
      line.add("[")
      line.add(tiniLevel(level))
      line.add(" tini (")
      line.add(Int(process))
      line.add(")] ")
    case .catatonit:
      line.add(level == 0 ? "ERROR" : "DEBUG")
      line.add(" (catatonit:")
      line.add(Int(process))
      line.add("): ")
    }
    return line
  }

  private func tiniLevel(_ level: Int) -> StaticString {
    switch level {
    case 0: "FATAL"
    case 1: "WARN "
    case 2: "INFO "
    case 3: "DEBUG"
    default: "TRACE"
    }
  }

  /// The words, behind the digit of the least verbosity that shows them. None: empty.
  private func words(for news: News) -> StaticString {
    switch self {
    case .lastcall: ""
    case .tini: Dialect.tiniWords(for: news)
    case .dumbInit: Dialect.dumbInitWords(for: news)
    case .catatonit: Dialect.catatonitWords(for: news)
    }
  }

  private static func tiniWords(for news: News) -> StaticString {
    switch news {
    case .registered: "4Registered as child subreaper"
    case .notReaping:
      """
      1Tini is not running as PID 1 and isn't registered as a child subreaper.
      Zombie processes will not be re-parented to Tini, so zombie reaping won't work.
      To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register Tini as a child \
      subreaper, or run Tini as PID 1.
      """
    case .noProcess: "0fork failed: %r"
    case .noProgram: "0exec %t failed: %r"
    case .started: "2Spawned child process '%t' with pid '%p'"
    case .received: "3Received SIGCHLD"
    case .forwarded: "3Passing signal: '%t'"
    case .orphan: "1Reaped zombie process with pid=%p"
    case .exited, .killed: "3Reaped child with pid: '%p'"
    case .childrenLeft: "4No child to reap"
    case .noChildLeft: "4No child to wait"
    case .appExited: "2Main child exited normally (with status '%n')"
    case .appKilled: "2Main child exited with signal (with signal '%t')"
    case .leaving: "4Exiting: child has exited"
    default: ""
    }
  }

  private static func dumbInitWords(for news: News) -> StaticString {
    switch news {
    case .detached: "4Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive."
    case .detachedAsMember: "4Detached from controlling tty, but was not session leader."
    case .noTerminal: "4Unable to detach from controlling tty (errno=25 Inappropriate ioctl for device)."
    case .noProcess: "0Unable to fork. Exiting."
    case .noProgram: "0%t: %r"
    case .inSession: "4setsid complete."
    case .started: "4Child spawned with PID %p."
    case .received: "4Received signal %n."
    case .handedOver: "4Ignoring tty hand-off signal %n."
    case .translated: "4Translating signal %n to %m."
    case .forwarded: "4Forwarded signal %n to children."
    case .dropped: "4Not forwarding signal %n to children (ignored)."
    case .suspending: "4Suspending self due to TTY signal."
    case .exited: "4A child with PID %p exited with exit status %n."
    case .killed: "4A child with PID %p was terminated by signal %n."
    case .leaving: "4Child exited with status %n. Goodbye."
    default: ""
    }
  }

  private static func catatonitWords(for news: News) -> StaticString {
    switch news {
    case .noProcess: "0failed to fork child: %r"
    case .noProgram: "0failed to exec pid1: %r"
    case .started: "4pid1 (%p) spawned: %t"
    case .exited: "4child process %p exited with code %n"
    case .killed: "4child process %p exited due to signal %n"
    case .noChildLeft: "4got ECHILD: no children left to monitor"
    default: ""
    }
  }
}
