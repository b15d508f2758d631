// The looks of one wait, for the supervisor and for the hook alone: when the next is due, and what they found.

import Lifecycle
import LinuxCalls
import Options

/// What a turn of looking came to.
enum LookResult {
  /// Not done yet; there is more to do at once, or later.
  case nothingYet
  /// The judge knows more.
  case looked
  /// This sandbox shows no traffic; said once.
  case blind
}

/// Watches the traffic of one wait. Where the wait does not end by it (no `--until-quiet`), it looks at the wait's start and
/// end only, to tell when the last new connection came; unless so many came and went that the kernel did not keep them all.
final class TrafficWatch {
  /// What all looks found.
  let quiet: Quiet
  private var monitor = TrafficMonitor()
  private let decides: Bool
  private var isBlind = false
  private var isUrgent = false
  private(set) var due: Instant

  init(_ settings: Settings, at now: Instant) {
    decides = settings.has(.untilQuiet)
    quiet = Quiet(settings.traffic, span: settings.stopPlan.untilQuiet ?? .zero, at: now)
    due = now
    monitor.open()
  }

  /// Why there is nothing to look at.
  var refusal: Errno { monitor.refusal }

  /// Looks if it is time.
  func turn() -> LookResult {
    guard Clock.now >= due else { return .nothingYet }
    switch monitor.look(quiet) {
    case .unfinished:
      return .nothingYet
    case .finished(let cost):
      due = decides ? quiet.nextLook(after: cost, at: Clock.now) : .never
      return .looked
    case .blind:
      due = .never
      guard !isBlind else { return .nothingYet }
      isBlind = true
      return decides ? .blind : .nothingYet
    }
  }

  /// The fixed wait is over: the next look decides, so it should not be waited for.
  func hasten() {
    guard !isUrgent, !isBlind else { return }
    isUrgent = true
    due = Clock.now
  }

  /// How many connections are open to what is served.
  static func openConnections(_ settings: Settings) -> Int {
    let watch = TrafficWatch(settings, at: Clock.now)
    watch.lookToEnd()
    return watch.quiet.open
  }

  private func lookToEnd() {
    while !isBlind {
      switch monitor.look(quiet) {
      case .finished: return
      case .unfinished: break
      case .blind: isBlind = true
      }
    }
  }

  /// What all looks found. Where none of them decided, there is one more at the wait's end.
  func conclude() -> Quiet {
    if !decides { lookToEnd() }
    quiet.isKnown = !isBlind && (decides || !quiet.hasLostEnds)
    return quiet
  }
}
