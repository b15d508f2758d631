// What was asked of a graceful stop, and the budget that its deadline leaves for it.

/// wait, then signal, then wait for the end, under one deadline.
public struct StopPlan: Equatable, Sendable {
  /// `--wait`: serve at least this long after the stop began.
  public var wait = Milliseconds.zero
  /// `--until-quiet`: then serve until there was no traffic for this long.
  public var untilQuiet: Milliseconds?
  /// `--max-wait`: serve at most this long after the stop began; half of the time to the deadline if not given.
  public var maxWait: Milliseconds?
  /// `--signal`.
  public var schedule = Schedule.asReceived
  /// `--grace-period`: the pod's terminationGracePeriodSeconds. Nil: no deadline is known.
  public var gracePeriod: Milliseconds?
  /// `--reserve`: how long before the end of the grace period everything must be over.
  public var reserve = StopPlan.defaultReserve
  /// `--hold`: stay this long after the app's end.
  public var hold = Milliseconds.zero
  /// What of the whole grace period is gone when this plan, the rest of a stop, starts: what went before, and the
  /// reserve.
  var spent = Milliseconds.zero

  public static let defaultReserve = Milliseconds(2000)
  static let leastForApp = Milliseconds(2000)

  public init() {}
}

/// What a plan cannot have as it was asked.
public enum PlanWarning: Equatable, Sendable {
  /// `--reserve` would leave nothing of the grace period.
  case reserveCut(to: Milliseconds)
  /// `--wait` would leave the app too little.
  case waitCut(from: Milliseconds, to: Milliseconds)
  /// `--max-wait` would leave the app too little.
  case maxWaitCut(from: Milliseconds, to: Milliseconds)
  /// The schedule's own times are longer than the time there is.
  case scheduleSqueezed(from: Milliseconds, to: Milliseconds)
  /// `--hold` will be cut by the deadline even if the app ends at once.
  case holdCut(from: Milliseconds, to: Milliseconds)
}

/// A plan's times, all counted from its start, after everything is cut to what the grace period allows.
public struct Budget: Equatable, Sendable {
  /// Nil: no deadline is known.
  public private(set) var deadline: Milliseconds?
  public private(set) var wait: Milliseconds
  /// The latest end of the wait for quiet; equals `wait` when quiet is not waited for.
  public private(set) var maxWait: Milliseconds
  /// The terminationGracePeriodSeconds that would do for everything asked, in whole seconds.
  public private(set) var neededGracePeriod: Milliseconds
  public private(set) var warnings: [PlanWarning] = []

  /// The budget of `plan` when its schedule consists of `steps`.
  public init(_ plan: StopPlan, steps: [Step]) {
    wait = plan.wait
    maxWait = plan.untilQuiet == nil ? plan.wait : max(plan.wait, plan.maxWait ?? plan.wait)
    // The reserve is never more than half of the grace period.
    let asked = max(maxWait + steps.leastTime(left: .longest) + plan.hold, plan.reserve)
    neededGracePeriod = Milliseconds(seconds: (plan.spent + asked + plan.reserve).secondsRoundedUp)
    guard let grace = plan.gracePeriod else { return }

    let reserve = min(plan.reserve, grace.share(percent: 50))
    if reserve < plan.reserve { warnings.add(.reserveCut(to: reserve)) }
    let time = grace - reserve
    deadline = time

    let needed = steps.leastTime(left: time)
    let most = max(.zero, time - needed)
    if plan.untilQuiet != nil {
      let wanted = max(plan.wait, plan.maxWait ?? time.share(percent: 50))
      maxWait = min(wanted, most)
      if let given = plan.maxWait, given > most { warnings.add(.maxWaitCut(from: given, to: most)) }
    } else {
      maxWait = min(plan.wait, most)
    }
    if plan.wait > most {
      wait = most
      warnings.add(.waitCut(from: plan.wait, to: most))
    }
    if needed > time { warnings.add(.scheduleSqueezed(from: needed, to: time)) }
    if plan.hold > time - wait { warnings.add(.holdCut(from: plan.hold, to: time - wait)) }
  }
}
