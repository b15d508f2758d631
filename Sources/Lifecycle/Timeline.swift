// A plan as a timeline, for `--explain`. It is played through by the machine that carries plans out, so it cannot tell
// anything else than what would happen.

/// What a plan comes to if the app never ends by itself.
public final class Timeline {
  /// With the earliest and the latest time that each can happen, counted from the start:
  /// `began`: the app serves on. `signalled`: the app gets a signal. `waitEnded`: a hook that only waits is done; the
  /// kubelet's stop signal follows. `deadlinePassed`: what is still alive is killed, or for a hook alone given up.
  /// `kubeletSignal`: the kubelet's stop signal, for a hook that still runs. `kubeletKill`.
  public private(set) var rows: [Action] = []
  public let budget: Budget

  /// Whether everything can be had as it was asked.
  public var fits: Bool { budget.warnings.isEmpty }

  /// The timeline of `plan` when `request` starts it.
  @inline(never)
  public init(_ plan: StopPlan, map: Rules, request: StopRequest) {
    let steps = plan.schedule.steps(for: request, map: map)
    budget = Budget(plan, steps: steps)
    let soonest = Timeline.play(plan, steps, request, isQuiet: true)
    let latest = Timeline.play(plan, steps, request, isQuiet: false)
    add(.began, .zero)
    for index in soonest.sent.indices {
      // With less time left a step may find the deadline there before its turn; a wait may never end.
      let late = index < latest.sent.count ? latest.sent[index].span : budget.deadline
      add(.signalled, soonest.sent[index].signal, soonest.sent[index].span, late)
    }
    if steps.isEmpty { add(.waitEnded, .none, soonest.waited, latest.waited) }
    guard let grace = plan.gracePeriod else { return }
    add(.deadlinePassed, budget.deadline)
    // killContainer in the kubelet's kuberuntime_container.go: the hook may run for the whole grace period; whatever is
    // left then, the stop signal and KILL lie 2 s apart at the least.
    let isHook = request == .hook
    if isHook { add(.kubeletSignal, grace) }
    add(.kubeletKill, .none, grace, isHook ? grace + Milliseconds(2000) : grace)
  }

  private func add(_ kind: Action.Kind, _ time: Milliseconds) { add(kind, .none, time, time) }

  private func add(
    _ kind: Action.Kind, _ signal: Signal, _ earliest: Milliseconds, _ latest: Milliseconds
  ) {
    rows.add(Action(kind, signal, earliest: earliest, latest: latest))
  }

  @inline(never)
  private static func play(_ plan: StopPlan, _ steps: [Step], _ request: StopRequest, isQuiet: Bool) -> Stop {
    let start = Instant(.zero)
    let stop = Stop(plan, steps: steps, request: request, killsAtDeadline: false, at: start)
    _ = stop.begin(at: start)
    var now = start
    while stop.phase != .finished {
      var next = stop.due
      // Quiet is never older than the first look.
      if isQuiet, stop.phase == .quieting, let span = plan.untilQuiet { next = min(next, max(now, start + span)) }
      guard next != .never else { return stop }
      now = next
      _ = stop.looked(quietSince: isQuiet ? start : .never, at: now)
    }
    return stop
  }
}
