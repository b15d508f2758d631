// A plan as a timeline, for `--explain`. It is played through by the machine that carries plans out, so it cannot tell
// anything else than what would happen.

/// Something on the timeline.
public enum TimelineEvent: Equatable, Sendable {
  /// The stop begins; the app serves on.
  case began
  /// The app gets a signal.
  case signalled(Signal)
  /// A hook that only waits is done; the kubelet's stop signal follows.
  case waitEnded
  /// What is still alive is killed, or for a hook alone given up.
  case deadline
  /// The kubelet's stop signal, for a hook that still runs.
  case kubeletSignal
  case kubeletKill
}

/// An event and when it can happen, counted from the start.
public struct TimelineRow: Equatable, Sendable {
  public let event: TimelineEvent
  public let earliest: Milliseconds
  public let latest: Milliseconds
}

/// What a plan comes to if the app never ends by itself.
public struct Timeline: Equatable, Sendable {
  public private(set) var rows: [TimelineRow] = []
  public let budget: Budget

  /// Whether everything can be had as it was asked.
  public var fits: Bool { budget.warnings.isEmpty }

  /// The timeline of `plan` when `request` starts it.
  @inline(never)
  public init(_ plan: StopPlan, map: [SignalRule], request: StopRequest) {
    let steps = plan.schedule.steps(for: request, map: map)
    budget = Budget(plan, steps: steps)
    let soonest = Timeline.play(plan, steps, request, isQuiet: true)
    let latest = Timeline.play(plan, steps, request, isQuiet: false)
    rows.add(TimelineRow(event: .began, earliest: .zero, latest: .zero))
    for index in soonest.sent.indices {
      // With less time left a step may find the deadline there before its turn; a wait may never end.
      let late = index < latest.sent.count ? latest.sent[index].after : budget.deadline ?? .longest
      rows.add(
        TimelineRow(
          event: .signalled(soonest.sent[index].signal), earliest: soonest.sent[index].after, latest: late))
    }
    if steps.isEmpty {
      rows.add(TimelineRow(event: .waitEnded, earliest: soonest.waited, latest: latest.waited))
    }
    if let deadline = budget.deadline {
      rows.add(TimelineRow(event: .deadline, earliest: deadline, latest: deadline))
    }
    guard let grace = plan.gracePeriod else { return }
    // killContainer in the kubelet's kuberuntime_container.go: the hook may run for the whole grace period; whatever is
    // left then, the stop signal and KILL lie 2 s apart at the least.
    if request == .hook {
      rows.add(TimelineRow(event: .kubeletSignal, earliest: grace, latest: grace))
      rows.add(TimelineRow(event: .kubeletKill, earliest: grace, latest: grace + Milliseconds(2000)))
    } else {
      rows.add(TimelineRow(event: .kubeletKill, earliest: grace, latest: grace))
    }
  }

  @inline(never)
  private static func play(_ plan: StopPlan, _ steps: [Step], _ request: StopRequest, isQuiet: Bool) -> Stop {
    let start = Instant(.zero)
    var stop = Stop(plan, steps: steps, request: request, killsAtDeadline: false, at: start)
    _ = stop.begin(at: start)
    var now = start
    while stop.phase != .finished {
      var next = stop.due
      // Quiet is never older than the first look.
      if isQuiet, stop.phase == .quieting, let span = plan.untilQuiet { next = min(next, max(now, start + span)) }
      guard next != .never else { return stop }
      now = next
      _ = stop.looked(quietSince: isQuiet ? start : nil, at: now)
    }
    return stop
  }
}
