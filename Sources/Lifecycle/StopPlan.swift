// What was asked of a graceful stop, and the budget that its deadline leaves for it.

/// wait, then signal, then wait for the end, under one deadline. A class, and not changed once it is carried out: copies of
/// it would be much code.
public final class StopPlan {
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

  /// How long the whole plan may take: the grace period less the reserve, which is never more than half of it. `longest`
  /// if no deadline is known.
  var time: Milliseconds {
    guard let gracePeriod else { return .longest }
    return gracePeriod - min(reserve, gracePeriod.share(percent: 50))
  }
}

/// What a plan cannot have as it was asked.
public struct PlanWarning: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    case reserve, wait, maxWait, schedule, hold
  }

  public let kind: Kind
  public let from: Milliseconds
  public let to: Milliseconds

  /// `--reserve` would leave nothing of the grace period.
  static func reserveCut(to: Milliseconds) -> PlanWarning { PlanWarning(kind: .reserve, from: .zero, to: to) }

  /// `--wait` would leave the app too little.
  static func waitCut(from: Milliseconds, to: Milliseconds) -> PlanWarning {
    PlanWarning(kind: .wait, from: from, to: to)
  }

  /// `--max-wait` would leave the app too little.
  static func maxWaitCut(from: Milliseconds, to: Milliseconds) -> PlanWarning {
    PlanWarning(kind: .maxWait, from: from, to: to)
  }

  /// The schedule's own times are longer than the time there is.
  static func scheduleSqueezed(from: Milliseconds, to: Milliseconds) -> PlanWarning {
    PlanWarning(kind: .schedule, from: from, to: to)
  }

  /// `--hold` will be cut by the deadline even if the app ends at once.
  static func holdCut(from: Milliseconds, to: Milliseconds) -> PlanWarning {
    PlanWarning(kind: .hold, from: from, to: to)
  }
}

/// A plan's times, all counted from its start, after everything is cut to what the grace period allows.
public struct Budget {
  /// `longest`: no deadline is known.
  public let deadline: Milliseconds
  public private(set) var wait: Milliseconds
  /// The latest end of the wait for quiet; equals `wait` when quiet is not waited for.
  public private(set) var maxWait: Milliseconds
  /// The terminationGracePeriodSeconds that would do for everything asked, in whole seconds.
  public let neededGracePeriod: Milliseconds
  /// Each of them a `warned`.
  public private(set) var warnings: [Action] = []

  /// The budget of `plan` when its schedule consists of `steps`.
  @inline(never)
  public init(_ plan: StopPlan, steps: [Step]) {
    wait = plan.wait
    maxWait = plan.untilQuiet == nil ? plan.wait : max(plan.wait, plan.maxWait ?? plan.wait)
    let asked = max(maxWait + steps.leastTime(left: .longest) + plan.hold, plan.reserve)
    neededGracePeriod = Milliseconds(seconds: (plan.spent + asked + plan.reserve).secondsRoundedUp)
    let time = plan.time
    deadline = time
    guard let grace = plan.gracePeriod else { return }

    let reserve = grace - time
    if reserve < plan.reserve { warn(.reserveCut(to: reserve)) }
    let needed = steps.leastTime(left: time)
    let most = max(.zero, time - needed)
    if plan.untilQuiet != nil {
      let wanted = max(plan.wait, plan.maxWait ?? time.share(percent: 50))
      maxWait = min(wanted, most)
      if let given = plan.maxWait, given > most { warn(.maxWaitCut(from: given, to: most)) }
    } else {
      maxWait = min(plan.wait, most)
    }
    if plan.wait > most {
      wait = most
      warn(.waitCut(from: plan.wait, to: most))
    }
    if needed > time { warn(.scheduleSqueezed(from: needed, to: time)) }
    if plan.hold > time - wait { warn(.holdCut(from: plan.hold, to: time - wait)) }
  }

  private mutating func warn(_ warning: PlanWarning) {
    warnings.add(.warned(warning, neededGracePeriod: neededGracePeriod))
  }
}
