// A stop under way: the state machine that carries out a plan. It knows neither clock nor kernel: what happens comes in
// as an event with its time, what is to be done goes out as actions. Supervisor and hook drive the same machine.

/// Who asked for the stop.
public enum StopRequest: Equatable, Sendable {
  case signal(Signal)
  case hook
  /// Nobody: the app ended by itself and left others behind.
  case appEnd
}

/// Why the wait ended.
public enum WaitEnd: Equatable, Sendable {
  /// There was none, or it is over.
  case over
  /// No traffic for as long as was asked.
  case quiet
  /// Traffic went on to the latest moment that was allowed.
  case notQuiet
  /// A stop signal during the wait: time is up.
  case hurried(by: Signal)
  case appEnded
}

/// A signal that the stop sent, and when, counted from the stop's start.
public struct SentSignal: Equatable, Sendable {
  public var signal: Signal
  public var after: Milliseconds
}

/// What a stop does to the world.
public enum StopAction: Equatable, Sendable {
  case signalApp(Signal)
  /// TERM to every other process of the container.
  case askOthers
  /// KILL to the app and every other process of the container.
  case killEverything
  case report(StopNotice)
  /// The plan is over; nothing of it remains to be done.
  case finish
}

/// What a stop tells while it goes on.
public enum StopNotice: Equatable, Sendable {
  case began(StopRequest, deadline: Milliseconds?)
  case warned(PlanWarning, neededGracePeriod: Milliseconds)
  case waitEnded(WaitEnd, after: Milliseconds)
  case signalled(Signal, isEscalation: Bool)
  /// A stop signal that came again and was not passed on.
  case ignored(Signal)
  case deadlineMoved(left: Milliseconds)
  case appEnded(ExitStatus)
  case askedOthers
  /// The deadline passed with something still alive.
  case deadlinePassed
}

/// One stop, from the request to the end.
public struct Stop: Equatable, Sendable {
  /// Where the stop is.
  public enum Phase: Equatable, Sendable {
    /// The app serves on, for the fixed wait.
    case waiting
    /// The app serves on, until there is no traffic.
    case quieting
    /// Step `step` of the schedule was sent; at `until`, the deadline at the latest, the next one follows.
    case signalling(step: Int, until: Instant)
    /// The app is gone; others are, or the address is held until `holdEnd`.
    case closing(holdEnd: Instant, othersLeft: Bool)
    /// The deadline passed, and everything was killed; `until` bounds the wait for what cannot even be killed.
    case killing(until: Instant)
    case finished
  }

  public private(set) var phase: Phase
  public private(set) var deadline: Instant
  public let request: StopRequest
  public let startedAt: Instant
  public private(set) var waitEnd = WaitEnd.over
  public private(set) var waited = Milliseconds.zero
  public private(set) var sent: [SentSignal] = []
  public private(set) var appStatus: ExitStatus?
  public private(set) var appEndedAfter: Milliseconds?
  public private(set) var hasPassedDeadline = false

  let plan: StopPlan
  private let steps: [Step]
  private let killsAtDeadline: Bool
  private var waitUntil: Instant
  private var maxWaitUntil: Instant
  private var timeForSchedule = Milliseconds.zero
  private var wasInterrupted: Bool

  /// What is left when the kubelet's stop signal comes during its hook: 2 s, less what ends need.
  static let lastSeconds = Milliseconds(1500)
  /// How long a killed process may take to go.
  static let killTime = Milliseconds(1000)

  /// A stop that begins now. Hand `begin`'s actions on before any other event.
  ///
  /// - Parameters:
  ///   - steps: the schedule's, for the signal that asked.
  ///   - killsAtDeadline: whether what is alive at the deadline is killed (the supervisor) or left (a hook alone).
  @inline(never)
  public init(_ plan: StopPlan, steps: [Step], request: StopRequest, killsAtDeadline: Bool, at now: Instant) {
    self.plan = plan
    self.steps = steps
    self.request = request
    self.killsAtDeadline = killsAtDeadline
    startedAt = now
    let budget = Budget(plan, steps: steps)
    deadline = budget.deadline.map { now + $0 } ?? .never
    waitUntil = now + budget.wait
    maxWaitUntil = now + budget.maxWait
    phase = .waiting
    wasInterrupted = request == .signal(.interrupt)
  }

  /// When the next event is due without anything happening; `never` if only events move the stop.
  public var due: Instant {
    switch phase {
    case .waiting: waitUntil
    case .quieting: maxWaitUntil
    case .signalling(_, let until): until
    case .closing(let holdEnd, let othersLeft): othersLeft ? deadline : min(holdEnd, deadline)
    case .killing(let until): until
    case .finished: .never
    }
  }

  /// Whether the stop sends nothing: it is over when its wait is.
  public var isWaitOnly: Bool { steps.isEmpty }

  /// What the processes that the app leaves behind are asked with: the signal that ended the app if this stop sent it.
  /// An app that dies of its stop signal did not handle it: as a rule it is a shell in front of the real one, which
  /// finishes at just that signal. TERM otherwise.
  public var signalForOthers: Signal {
    guard case .killed(by: let signal)? = appStatus, signal != .kill else { return .terminate }
    for step in sent where step.signal == signal { return signal }
    return .terminate
  }

  /// Whether the app is gone and others are being waited for.
  public var waitsForOthers: Bool {
    if case .closing(_, othersLeft: true) = phase { return true }
    return false
  }

  /// Whether traffic is worth looking at: only while the app is to serve on.
  public var isServing: Bool {
    switch phase {
    case .waiting, .quieting: true
    case .signalling, .closing, .killing, .finished: false
    }
  }

  /// The first actions.
  @inline(never)
  public mutating func begin(at now: Instant) -> [StopAction] {
    let budget = Budget(plan, steps: steps)
    var actions: [StopAction] = [.report(.began(request, deadline: budget.deadline))]
    for warning in budget.warnings {
      actions.add(.report(.warned(warning, neededGracePeriod: budget.neededGracePeriod)))
    }
    advance(at: now, &actions)
    return actions
  }

  /// Time passed: at least `due`.
  @inline(never)
  public mutating func timeCame(at now: Instant) -> [StopAction] {
    var actions: [StopAction] = []
    advance(at: now, &actions)
    return actions
  }

  /// The traffic was looked at; `quietSince` is nil while there is some. Only a look tells that it is quiet: what came
  /// since the last one is not known.
  @inline(never)
  public mutating func looked(quietSince: Instant?, at now: Instant) -> [StopAction] {
    var actions: [StopAction] = []
    advance(at: now, quietSince: quietSince, &actions)
    return actions
  }

  /// A stop signal during the stop. It starts nothing anew and is not passed on.
  ///
  /// - Parameter hookIsAlive: whether a hook waits for this stop. Then the signal is the kubelet's, whose patience
  ///   ended: 2 s later comes its KILL (`killContainer` in the kubelet's kuberuntime_container.go). When the hook died,
  ///   the signal only follows from that, and the plan goes on.
  @inline(never)
  public mutating func stopSignalCame(_ signal: Signal, hookIsAlive: Bool, at now: Instant) -> [StopAction] {
    // A person at a terminal presses Ctrl-C again when the wait is too long.
    let isImpatient = signal == .interrupt && wasInterrupted
    if signal == .interrupt { wasInterrupted = true }
    guard hookIsAlive || isImpatient else { return [.report(.ignored(signal))] }
    var actions: [StopAction] = []
    if hookIsAlive { tightenDeadline(to: now + Stop.lastSeconds, at: now, &actions) }
    hurry(by: signal, at: now, &actions)
    return actions
  }

  /// A hook joined the running stop: the earlier deadline wins.
  @inline(never)
  public mutating func joined(by other: StopPlan, at now: Instant) -> [StopAction] {
    var actions: [StopAction] = []
    if let deadline = Budget(other, steps: steps).deadline {
      tightenDeadline(to: now + deadline, at: now, &actions)
      advance(at: now, &actions)
    }
    return actions
  }

  /// The app ended. `othersLeft`: other processes of the container are alive.
  @inline(never)
  public mutating func appEnded(_ status: ExitStatus?, othersLeft: Bool, at now: Instant) -> [StopAction] {
    guard appEndedAfter == nil, phase != .finished else { return [] }
    var actions: [StopAction] = []
    appStatus = status
    appEndedAfter = now - startedAt
    if let status { actions.add(.report(.appEnded(status))) }
    if isServing && request != .appEnd { endWait(.appEnded, at: now, &actions) }
    if case .killing = phase {
      if !othersLeft { finish(&actions) }
      return actions
    }
    // Only a known deadline may keep a container whose app is gone.
    let lingers = othersLeft && deadline != .never
    if lingers { actions += [.askOthers, .report(.askedOthers)] }
    let holds = request != .appEnd
    phase = .closing(holdEnd: holds ? now + plan.hold : now, othersLeft: lingers)
    advance(at: now, &actions)
    return actions
  }

  /// No other process of the container is left.
  @inline(never)
  public mutating func othersEnded(at now: Instant) -> [StopAction] {
    var actions: [StopAction] = []
    switch phase {
    case .closing(let holdEnd, true):
      phase = .closing(holdEnd: holdEnd, othersLeft: false)
      advance(at: now, &actions)
    case .killing:
      if appEndedAfter != nil { finish(&actions) }
    case .waiting, .quieting, .signalling, .closing, .finished: break
    }
    return actions
  }

  // MARK: Transitions

  /// Moves on as far as `now` allows.
  private mutating func advance(at now: Instant, quietSince: Instant? = nil, _ actions: inout [StopAction]) {
    while moveOn(at: now, quietSince, &actions) {}
  }

  /// Leaves the phase for a later one if `now` allows; says whether it did.
  @inline(never)
  private mutating func moveOn(at now: Instant, _ quietSince: Instant?, _ actions: inout [StopAction]) -> Bool {
    switch phase {
    case .waiting:
      guard now >= waitUntil else { return false }
      if plan.untilQuiet == nil {
        startSchedule(.over, at: now, &actions)
      } else {
        phase = .quieting
      }
    case .quieting:
      if let quietSince, let span = plan.untilQuiet, now - quietSince >= span {
        startSchedule(.quiet, at: now, &actions)
      } else if now >= maxWaitUntil {
        startSchedule(.notQuiet, at: now, &actions)
      } else {
        return false
      }
    case .signalling(let step, let until):
      if now >= deadline || now >= until && step + 1 >= steps.count {
        passDeadline(at: now, &actions)
      } else if now >= until {
        send(step: step + 1, at: now, &actions)
      } else {
        return false
      }
    case .closing(let holdEnd, let othersLeft):
      guard now >= deadline || now >= holdEnd && !othersLeft else { return false }
      if othersLeft { passDeadline(at: now, &actions) } else { finish(&actions) }
    case .killing(let until):
      guard now >= until else { return false }
      finish(&actions)
    case .finished: return false
    }
    return true
  }

  @inline(never)
  private mutating func endWait(_ reason: WaitEnd, at now: Instant, _ actions: inout [StopAction]) {
    waitEnd = reason
    waited = now - startedAt
    actions.add(.report(.waitEnded(reason, after: waited)))
  }

  @inline(never)
  private mutating func startSchedule(_ reason: WaitEnd, at now: Instant, _ actions: inout [StopAction]) {
    endWait(reason, at: now, &actions)
    timeForSchedule = deadline - now
    if isWaitOnly {
      finish(&actions)
    } else {
      send(step: 0, at: now, &actions)
    }
  }

  @inline(never)
  private mutating func send(step: Int, at now: Instant, _ actions: inout [StopAction]) {
    let signal = steps[step].signal
    sent.add(SentSignal(signal: signal, after: now - startedAt))
    actions += [.signalApp(signal), .report(.signalled(signal, isEscalation: step > 0))]
    phase = .signalling(step: step, until: end(of: step, from: now))
  }

  /// When `step` is over if it starts at `now`: its own time, or its share of what is left where the steps that
  /// remain ask for more than that.
  @inline(never)
  private func end(of step: Int, from now: Instant) -> Instant {
    if case .span(let span) = steps[step].time, deadline == .never { return now + span }
    // Hundredths of a time without end have none either.
    if steps[step].time == .toDeadline || deadline == .never { return deadline }
    let own = steps.timeNeeded(by: step, left: timeForSchedule)
    let left = max(.zero, deadline - now)
    let needed = steps.timeNeeded(from: step, left: timeForSchedule)
    guard needed > left else { return now + own }
    // The product overflows only where spans of centuries were asked for; then any share will do that leaves some.
    let (product, overflow) = own.count.multipliedReportingOverflow(by: left.count)
    return now + (overflow ? left.share(percent: 50) : Milliseconds(product / needed.count))
  }

  @inline(never)
  private mutating func tightenDeadline(to earlier: Instant, at now: Instant, _ actions: inout [StopAction]) {
    guard earlier < deadline else { return }
    switch phase {
    case .waiting, .quieting:
      // The wait gives way, as in the budget.
      let latest = earlier - steps.leastTime(left: earlier - now)
      waitUntil = min(waitUntil, latest)
      maxWaitUntil = min(maxWaitUntil, latest)
      deadline = earlier
    case .signalling(let step, let until):
      deadline = earlier
      timeForSchedule = min(timeForSchedule, earlier - now)
      phase = .signalling(step: step, until: min(until, end(of: step, from: now)))
    case .closing:
      deadline = earlier
    case .killing, .finished:
      return
    }
    actions.add(.report(.deadlineMoved(left: earlier - now)))
  }

  /// Ends a wait or a hold at once; where nothing waits, the signal changes nothing.
  @inline(never)
  private mutating func hurry(by signal: Signal, at now: Instant, _ actions: inout [StopAction]) {
    switch phase {
    case .waiting, .quieting: startSchedule(.hurried(by: signal), at: now, &actions)
    case .closing(_, let othersLeft): phase = .closing(holdEnd: now, othersLeft: othersLeft)
    case .signalling, .killing, .finished: actions.add(.report(.ignored(signal)))
    }
    advance(at: now, &actions)
  }

  @inline(never)
  private mutating func passDeadline(at now: Instant, _ actions: inout [StopAction]) {
    hasPassedDeadline = true
    actions.add(.report(.deadlinePassed))
    guard killsAtDeadline else { return finish(&actions) }
    actions.add(.killEverything)
    phase = .killing(until: now + Stop.killTime)
  }

  @inline(never)
  private mutating func finish(_ actions: inout [StopAction]) {
    phase = .finished
    actions.add(.finish)
  }
}
