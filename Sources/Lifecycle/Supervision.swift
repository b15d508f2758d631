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
public enum SupervisionEvent {
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
  /// The traffic was looked at; `quietSince` is `never` while there is some.
  case looked(quietSince: Instant)
}

/// One app under supervision, from its start to the exit. What the command line says of it is set before the first event.
public final class Supervision {
  public var map = Rules()
  public var exitCodes = Rules()
  /// The signals that start the plan.
  public var stopOn = SignalSet(.terminate, .interrupt, .quit)
  /// Nil: no plan was asked for, and stop signals are forwarded like all others.
  public var plan: StopPlan?
  public var jobControl = JobControl.none
  /// As dumb-init does: a terminal's stop that was passed on stops us too.
  public var suspends = false
  /// As dumb-init does: what the app leaves of its group gets what TERM is mapped to.
  public var bidsFarewell = false

  /// The app, as far as it is known.
  public enum App: Sendable {
    case running, stopped, ended
  }

  public private(set) var app = App.running
  /// The stop under way, or the one that was only a wait and is over.
  public private(set) var stop: Stop?
  /// The stop that the last event ended, for its summary. Another one may have begun with the same event.
  public private(set) var endedStop: Stop?
  /// How the app ended. One that even KILL did not end within its time is taken along by the kernel when PID 1 ends.
  private var status = ExitStatus.killed(by: .kill)
  /// A stop signal that came during a stop that only waits.
  private var postponed: Signal?
  private var hasLeft = false
  /// When the last event happened.
  private var now = Instant(.zero)
  /// The answer to it.
  private var actions: [Action] = []

  public init() {}

  /// When `timeCame` is due; `never` while nothing is planned.
  @inline(never)
  public var due: Instant { stop?.due ?? .never }

  /// Decides. `now` never goes back. Nothing follows `exit`, and `finish` is no part of the answer.
  @inline(never)
  public func handle(_ event: SupervisionEvent, at now: Instant) -> [Action] {
    self.now = now
    endedStop = nil
    actions = []
    if hasLeft { return [] }
    // What comes after the deadline of a stop that only waited belongs to another one, with its own wait: the first was a
    // hook tried out by hand, say.
    if let stop, stop.phase == .finished, now >= stop.deadline { self.stop = nil }
    switch event {
    case .received(let signal, let hookIsAlive): received(signal, hookIsAlive: hookIsAlive)
    case .appStopped(let signal): appStopped(by: signal)
    case .appEnded(let status, let othersLeft): appEnded(status, othersLeft: othersLeft)
    case .othersEnded: if let stop { carryOn(stop.othersEnded(at: now)) }
    case .hookAsked(let plan): hookAsked(plan)
    case .timeCame: if let stop { carryOn(stop.timeCame(at: now)) }
    case .looked(let quietSince): if let stop { carryOn(stop.looked(quietSince: quietSince, at: now)) }
    }
    return actions
  }

  // MARK: Signals

  /// What the app gets for a signal that is passed on whatever the time and whoever waits, and that changes nothing
  /// here; most are so. Nil: it is for `handle` to decide.
  @inline(never)
  public func plainForward(of signal: Signal) -> Signal? {
    guard app == .running, !stopOn.contains(signal) else { return nil }
    if signal == .continue || signal.isTerminalStop { return nil }
    return map.apply(to: signal)
  }

  @inline(never)
  private func received(_ signal: Signal, hookIsAlive: Bool) {
    let isStopSignal = stopOn.contains(signal)
    if isStopSignal && stopSignalCame(signal, hookIsAlive: hookIsAlive) { return }
    if app == .ended { return }
    // The shell says fg: the terminal is to be handed on, whether or not the app was stopped.
    if signal == .continue && jobControl == .followApp { return continueApp() }
    if let mapped = map.apply(to: signal) {
      if mapped == .continue { app = .running }
      if isStopSignal { actions.add(.explainShell(mapped)) }
      actions.add(.forward(mapped))
    } else {
      actions.add(.drop(signal))
    }
    if suspends && signal.isTerminalStop { actions.add(.suspendOurselves) }
  }

  private func continueApp() {
    app = .running
    actions.add(.continueApp(withTerminal: false))
  }

  /// What a stop signal does to the plan; says whether there is one and it is no signal like any other.
  @inline(never)
  private func stopSignalCame(_ signal: Signal, hookIsAlive: Bool) -> Bool {
    guard let stop, stop.phase != .finished else { return (stop != nil || plan != nil) && begin(for: signal) }
    if stop.isWaitOnly && postponed == nil { postponed = signal }
    carryOn(stop.stopSignalCame(signal, hookIsAlive: hookIsAlive, at: now))
    return true
  }

  // MARK: The app

  @inline(never)
  private func appStopped(by signal: Signal) {
    if app == .ended { return }
    if jobControl == .followApp {
      actions.add(.stopOurselves)
    } else if jobControl == .continueApp && signal.isTerminalStop {
      // SIGSTOP is somebody's intention. A process that the terminal stopped for reading or writing from the background
      // would do it again at once, for ever, unless the terminal becomes its own; whether it does is not known here.
      app = signal == .terminalStop ? .running : .stopped
      actions.add(.continueApp(withTerminal: app == .stopped))
    } else {
      app = .stopped
    }
  }

  @inline(never)
  private func appEnded(_ status: ExitStatus, othersLeft: Bool) {
    if app == .ended { return }
    app = .ended
    self.status = status
    if stop == nil || stop?.phase == .finished {
      let plan = nextPlan()
      if !othersLeft || plan.gracePeriod == nil {
        if othersLeft && bidsFarewell, let signal = map.apply(to: .terminate) { actions.add(.signalRest(signal)) }
        return leave()
      }
      stop = Stop(plan, steps: [], request: .appEnd, killsAtDeadline: true, at: now)
    }
    if let stop { carryOn(stop.appEnded(status, othersLeft: othersLeft, at: now)) }
  }

  // MARK: The stop

  @inline(never)
  private func hookAsked(_ plan: StopPlan) {
    var plan = plan
    if let stop {
      if stop.phase != .finished { return carryOn(stop.joined(by: plan, at: now)) }
      if plan.schedule == .nothing { return actions.add(.endPlan(hookCode: ExitCode.success)) }
      plan = rest(of: plan, plan.schedule, after: stop)
    }
    begin(plan, plan.schedule.steps(for: .hook, map: map), for: .hook)
  }

  /// Starts a stop.
  @inline(never)
  private func begin(_ plan: StopPlan, _ steps: [Step], for request: StopRequest) {
    let stop = Stop(plan, steps: steps, request: request, killsAtDeadline: true, at: now)
    self.stop = stop
    carryOn(stop.begin(at: now))
  }

  /// Starts the stop that a signal asks for, or what follows one that only waited; says whether the app is to hear of
  /// that signal.
  @inline(never)
  private func begin(for signal: Signal) -> Bool {
    let plan = nextPlan()
    let steps = plan.schedule.steps(for: .signal(signal), map: map)
    if steps.isEmpty { return false }
    begin(plan, steps, for: .signal(signal))
    return true
  }

  /// The plan of what a signal, or the app's end, starts: the supervisor's own, or what is left of a stop that only
  /// waited, with the supervisor's signals.
  @inline(never)
  private func nextPlan() -> StopPlan {
    let own = plan ?? StopPlan()
    guard let stop else { return own }
    return rest(of: stop.plan, own.schedule, after: stop)
  }

  /// What is left of `plan` after `wait`, a stop that only waited: no second wait, and the deadline stands. However
  /// little is left, the kubelet grants 2 s from its own signal on.
  @inline(never)
  private func rest(of plan: StopPlan, _ schedule: Schedule, after wait: Stop) -> StopPlan {
    let rest = StopPlan()
    rest.schedule = schedule
    rest.hold = plan.hold
    let deadline = min(wait.deadline, now + plan.time)
    if deadline != .never {
      rest.spent = wait.plan.spent + (now - wait.startedAt) + plan.reserve
      rest.gracePeriod = max(deadline - now, Stop.lastSeconds)
      rest.reserve = .zero
    }
    return rest
  }

  /// Hands a stop's actions on; the end of the stop decides what follows it.
  @inline(never)
  private func carryOn(_ news: [Action]) {
    for action in news {
      if action.kind == .finish {
        planEnded()
        continue
      }
      let isSignal = action.kind == .signalApp
      // Under a deadline the others are asked too, once the shell is gone.
      if isSignal, let stop, stop.deadline == .never, stop.sent.count == 1 { actions.add(.explainShell(action.signal)) }
      actions.add(action)
      // A stopped process does not act on a signal other than KILL until it is continued.
      if isSignal && app == .stopped { continueApp() }
    }
  }

  @inline(never)
  private func planEnded() {
    endedStop = stop
    let isFailure = stop?.hasPassedDeadline == true
    actions.add(.endPlan(hookCode: isFailure ? ExitCode.stillAlive : ExitCode.success))
    if app == .ended || stop?.isWaitOnly != true { return leave() }
    guard let signal = postponed else { return }
    postponed = nil
    _ = begin(for: signal)
  }

  @inline(never)
  private func leave() {
    hasLeft = true
    actions.add(.exit(exitCodes.apply(to: status.code)))
  }
}
