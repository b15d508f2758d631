// The supervisor's state machine: what to do about a signal, an end, a stop of the app or a hook. Pure: the event loop
// tells it what happened and when, and carries out what it answers.

/// What the terminal, if there is one, asks of the supervisor when it stops the app.
public enum JobControl: Equatable, Sendable {
  /// No terminal: a stopped app is somebody's intention.
  case none
  /// A shell above waits for its job: stop along with the app, so that the shell has its prompt.
  case followApp
  /// Nobody could ever continue the app (PID 1, a session's leader): continue it at once.
  case continueApp
}

/// What happened.
public enum SupervisionEvent: Equatable, Sendable {
  /// A signal came from outside. `hookIsAlive`: a hook waits for this supervisor at this moment.
  case received(Signal, hookIsAlive: Bool)
  /// A signal stopped the app (wait(2) with WUNTRACED).
  case appStopped(by: Signal)
  /// The app was reaped. `othersLeft`: the supervisor still has children.
  case appEnded(ExitStatus, othersLeft: Bool)
  /// The last child was reaped.
  case othersEnded
  /// A hook asked for a stop: its own options, laid over the supervisor's.
  case hookAsked(StopPlan)
  /// The time of `due` came.
  case timeCame
  /// The traffic was looked at; `quietSince` is nil while there is some.
  case looked(quietSince: Instant?)
}

/// What to do.
public enum SupervisionAction: Equatable, Sendable {
  /// Pass the signal that came on, as this one.
  case forward(Signal)
  /// `--map` drops the signal that came.
  case drop(Signal)
  /// A stop signal is about to be passed on: say so if the app is a shell that would keep it to itself.
  case explainShell(Signal)
  /// SIGCONT to the app's group. `withTerminal`: only if the terminal can be handed to it first.
  case continueApp(withTerminal: Bool)
  /// Stop along with the app, and continue it when we are continued.
  case stopOurselves
  /// Stop until somebody continues us.
  case suspendOurselves
  /// This signal to what is left of the app's group.
  case signalRest(Signal)
  /// Carry out a step of the stop; never `finish`.
  case stop(StopAction)
  /// Sum `endedStop` up, if there is one, and let the waiting hooks go with this exit code.
  case endPlan(hookCode: UInt8)
  /// Leave with this code.
  case exit(UInt8)
}

/// One app under supervision, from its start to the exit.
public struct Supervision: Sendable {
  /// What the command line says of it.
  public struct Settings: Equatable, Sendable {
    public var map: [SignalRule] = []
    public var exitCodes: [ExitCodeRule] = []
    /// The signals that start the plan.
    public var stopOn = SignalSet(.terminate, .interrupt, .quit)
    /// Nil: no plan was asked for, and stop signals are forwarded like all others.
    public var plan: StopPlan?
    public var jobControl = JobControl.none
    /// As dumb-init does: a terminal's stop that was passed on stops us too.
    public var suspends = false
    /// As dumb-init does: what the app leaves of its group gets what TERM is mapped to.
    public var bidsFarewell = false
    public init() {}
  }

  /// The app, as far as it is known.
  public enum App: Equatable, Sendable {
    case running
    case stopped
    case ended(ExitStatus)
  }

  public private(set) var app = App.running
  /// The stop under way, or the one that was only a wait and is over.
  public private(set) var stop: Stop?
  /// The stop that the last event ended, for its summary. Another one may have begun with the same event.
  public private(set) var endedStop: Stop?
  private let settings: Settings
  /// A stop signal that came during a stop that only waits.
  private var postponed: Signal?
  private var hasLeft = false

  public init(_ settings: Settings) { self.settings = settings }

  /// When `timeCame` is due; `never` while nothing is planned.
  @inline(never)
  public var due: Instant { stop?.due ?? .never }

  /// Decides. `now` never goes back. Nothing follows `exit`.
  @inline(never)
  public mutating func handle(_ event: SupervisionEvent, at now: Instant) -> [SupervisionAction] {
    endedStop = nil
    if hasLeft { return [] }
    forgetOldWait(at: now)
    return switch event {
    case .received(let signal, let hookIsAlive): received(signal, hookIsAlive: hookIsAlive, at: now)
    case .appStopped(let signal): appStopped(by: signal)
    case .appEnded(let status, let othersLeft): appEnded(status, othersLeft: othersLeft, at: now)
    case .othersEnded: carryOn(stop?.othersEnded(at: now), at: now)
    case .hookAsked(let plan): hookAsked(plan, at: now)
    case .timeCame: carryOn(stop?.timeCame(at: now), at: now)
    case .looked(let quietSince): carryOn(stop?.looked(quietSince: quietSince, at: now), at: now)
    }
  }

  // MARK: Signals

  /// What the app gets for a signal that is passed on whatever the time and whoever waits, and that changes nothing
  /// here; most are so. Nil: it is for `handle` to decide.
  @inline(never)
  public func plainForward(of signal: Signal) -> Signal? {
    guard case .running = app, !settings.stopOn.contains(signal) else { return nil }
    if signal == .continue || signal.isTerminalStop { return nil }
    return settings.map.apply(to: signal)
  }

  @inline(never)
  private mutating func received(_ signal: Signal, hookIsAlive: Bool, at now: Instant) -> [SupervisionAction] {
    let isStopSignal = settings.stopOn.contains(signal)
    if isStopSignal, let actions = stopSignalCame(signal, hookIsAlive: hookIsAlive, at: now) { return actions }
    if case .ended = app { return [] }
    // The shell says fg: the terminal is to be handed on, whether or not the app was stopped.
    if signal == .continue && settings.jobControl == .followApp {
      app = .running
      return [.continueApp(withTerminal: false)]
    }
    let suspension: [SupervisionAction] = settings.suspends && signal.isTerminalStop ? [.suspendOurselves] : []
    guard let mapped = settings.map.apply(to: signal) else { return [.drop(signal)] + suspension }
    if mapped == .continue && app == .stopped { app = .running }
    return isStopSignal ? [.explainShell(mapped), .forward(mapped)] : [.forward(mapped)] + suspension
  }

  /// What a stop signal does to the plan; nil if there is none and it is a signal like any other.
  @inline(never)
  private mutating func stopSignalCame(
    _ signal: Signal, hookIsAlive: Bool, at now: Instant
  ) -> [SupervisionAction]? {
    guard let current = stop else { return settings.plan == nil ? nil : begin(for: signal, at: now) }
    if current.phase == .finished { return begin(for: signal, at: now) }
    if current.isWaitOnly { postponed = postponed ?? signal }
    return carryOn(stop?.stopSignalCame(signal, hookIsAlive: hookIsAlive, at: now), at: now)
  }

  // MARK: The app

  @inline(never)
  private mutating func appStopped(by signal: Signal) -> [SupervisionAction] {
    if case .ended = app { return [] }
    switch settings.jobControl {
    case .followApp:
      return [.stopOurselves]
    // SIGSTOP is somebody's intention. A process that the terminal stopped for reading or writing from the background
    // would do it again at once, for ever, unless the terminal becomes its own; whether it does is not known here.
    case .continueApp where signal.isTerminalStop:
      app = signal == .terminalStop ? .running : .stopped
      return [.continueApp(withTerminal: signal != .terminalStop)]
    case .continueApp, .none:
      app = .stopped
      return []
    }
  }

  @inline(never)
  private mutating func appEnded(
    _ status: ExitStatus, othersLeft: Bool, at now: Instant
  ) -> [SupervisionAction] {
    if case .ended = app { return [] }
    app = .ended(status)
    if stop == nil || stop?.phase == .finished {
      let plan = nextPlan(at: now)
      guard othersLeft, plan.gracePeriod != nil else {
        guard othersLeft, settings.bidsFarewell, let signal = settings.map.apply(to: .terminate) else { return leave() }
        return [.signalRest(signal)] + leave()
      }
      stop = Stop(plan, steps: [], request: .appEnd, killsAtDeadline: true, at: now)
    }
    return carryOn(stop?.appEnded(status, othersLeft: othersLeft, at: now), at: now)
  }

  // MARK: The stop

  @inline(never)
  private mutating func hookAsked(_ plan: StopPlan, at now: Instant) -> [SupervisionAction] {
    guard let current = stop else { return begin(plan, for: .hook, at: now) }
    if current.phase != .finished { return carryOn(stop?.joined(by: plan, at: now), at: now) }
    if plan.schedule == .nothing { return [.endPlan(hookCode: ExitCode.success)] }
    return begin(rest(of: plan, after: current, at: now), for: .hook, at: now)
  }

  /// Starts a stop.
  @inline(never)
  private mutating func begin(_ plan: StopPlan, for request: StopRequest, at now: Instant) -> [SupervisionAction] {
    let steps = plan.schedule.steps(for: request, map: settings.map)
    var begun = Stop(plan, steps: steps, request: request, killsAtDeadline: true, at: now)
    let actions = begun.begin(at: now)
    stop = begun
    return carryOn(actions, at: now)
  }

  /// Starts the stop that a signal asks for, or what follows one that only waited; nil if the app is not to hear of
  /// that signal.
  @inline(never)
  private mutating func begin(for signal: Signal, at now: Instant) -> [SupervisionAction]? {
    let request = StopRequest.signal(signal)
    let plan = nextPlan(at: now)
    if plan.schedule.steps(for: request, map: settings.map).isEmpty { return nil }
    return begin(plan, for: request, at: now)
  }

  /// The plan of what a signal, or the app's end, starts: the supervisor's own, or what is left of a stop that only
  /// waited, with the supervisor's signals.
  @inline(never)
  private func nextPlan(at now: Instant) -> StopPlan {
    let own = settings.plan ?? StopPlan()
    guard let stop else { return own }
    var plan = stop.plan
    plan.schedule = own.schedule
    return rest(of: plan, after: stop, at: now)
  }

  /// What is left of `plan` after `wait`, a stop that only waited: no second wait, and the deadline stands. However
  /// little is left, the kubelet grants 2 s from its own signal on.
  @inline(never)
  private func rest(of plan: StopPlan, after wait: Stop, at now: Instant) -> StopPlan {
    var rest = plan
    rest.wait = .zero
    rest.untilQuiet = nil
    let own = Budget(plan, steps: []).deadline.map { now + $0 } ?? .never
    let deadline = min(wait.deadline, own)
    if deadline != .never {
      rest.spent = wait.plan.spent + (now - wait.startedAt) + plan.reserve
      rest.gracePeriod = max(deadline - now, Stop.lastSeconds)
      rest.reserve = .zero
    }
    return rest
  }

  /// What comes after the deadline of a stop that only waited belongs to another one, with its own wait: the first
  /// was a hook tried out by hand, say.
  @inline(never)
  private mutating func forgetOldWait(at now: Instant) {
    if let old = stop, old.phase == .finished, now >= old.deadline { stop = nil }
  }

  /// Hands a stop's actions on; the end of the stop decides what follows it.
  @inline(never)
  private mutating func carryOn(_ actions: [StopAction]?, at now: Instant) -> [SupervisionAction] {
    var result: [SupervisionAction] = []
    for action in actions ?? [] {
      switch action {
      case .signalApp(let signal):
        // Under a deadline the others are asked too, once the shell is gone.
        if let stop, stop.deadline == .never, stop.sent.count == 1 { result.add(.explainShell(signal)) }
        result.add(.stop(action))
        // A stopped process does not act on a signal other than KILL until it is continued.
        if app == .stopped {
          app = .running
          result.add(.continueApp(withTerminal: false))
        }
      case .finish:
        result += planEnded(at: now)
      case .askOthers, .killEverything, .report:
        result.add(.stop(action))
      }
    }
    return result
  }

  @inline(never)
  private mutating func planEnded(at now: Instant) -> [SupervisionAction] {
    endedStop = stop
    let code = stop?.hasPassedDeadline == true ? ExitCode.stillAlive : ExitCode.success
    let result: [SupervisionAction] = [.endPlan(hookCode: code)]
    if case .ended = app { return result + leave() }
    guard stop?.isWaitOnly == true else { return result + leave() }
    guard let signal = postponed else { return result }
    postponed = nil
    return result + (begin(for: signal, at: now) ?? [])
  }

  @inline(never)
  private mutating func leave() -> [SupervisionAction] {
    hasLeft = true
    // An app that even KILL did not end within its time is taken along by the kernel when PID 1 ends.
    var status = ExitStatus.killed(by: .kill)
    if case .ended(let known) = app { status = known }
    return [.exit(settings.exitCodes.apply(to: status.code))]
  }
}
