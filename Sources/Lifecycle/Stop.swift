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
public struct WaitEnd: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    case over, quiet, notQuiet, hurried, appEnded
  }

  public let kind: Kind
  /// What hurried it.
  public let signal: Signal

  init(kind: Kind, signal: Signal = .none) {
    self.kind = kind
    self.signal = signal
  }

  /// There was none, or it is over.
  public static var over: WaitEnd { WaitEnd(kind: .over) }
  /// No traffic for as long as was asked.
  public static var quiet: WaitEnd { WaitEnd(kind: .quiet) }
  /// Traffic went on to the latest moment that was allowed.
  public static var notQuiet: WaitEnd { WaitEnd(kind: .notQuiet) }
  /// A stop signal during the wait: time is up.
  public static func hurried(by signal: Signal) -> WaitEnd { WaitEnd(kind: .hurried, signal: signal) }
  public static var appEnded: WaitEnd { WaitEnd(kind: .appEnded) }
}

/// One stop, from the request to the end. What happens is told by one of the functions that answer with actions.
public final class Stop {
  /// Where the stop is.
  public enum Phase: Sendable {
    /// The app serves on, for the fixed wait.
    case waiting
    /// The app serves on, until there is no traffic.
    case quieting
    /// A step of the schedule was sent; at `until`, the deadline at the latest, the next one follows.
    case signalling
    /// The app is gone; others are, or the address is held.
    case closing
    /// The deadline passed, and everything was killed; `until` bounds the wait for what cannot even be killed.
    case killing
    case finished
  }

  public private(set) var phase = Phase.waiting
  /// When the phase ends if nothing happens; of `closing` the end of the hold.
  private(set) var until: Instant
  /// The last step that was sent.
  private(set) var step = -1
  /// Whether `closing` waits for others.
  private(set) var othersLeft = false
  public private(set) var deadline: Instant
  public let request: StopRequest
  public let startedAt: Instant
  public private(set) var waitEnd = WaitEnd.over
  public private(set) var waited = Milliseconds.zero
  /// What was told of each signal that the stop sent.
  public private(set) var sent: [Action] = []
  public private(set) var appStatus: ExitStatus?
  public private(set) var appEndedAfter: Milliseconds?
  public private(set) var hasPassedDeadline = false

  let plan: StopPlan
  private let steps: [Step]
  private let killsAtDeadline: Bool
  private let warnings: [Action]
  private var maxWaitUntil: Instant
  private var timeForSchedule = Milliseconds.zero
  private var wasInterrupted: Bool
  /// When what is being answered happens.
  private var now: Instant
  /// The answer.
  private var actions: [Action] = []

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
    self.now = now
    let budget = Budget(plan, steps: steps)
    warnings = budget.warnings
    deadline = now + budget.deadline
    until = now + budget.wait
    maxWaitUntil = now + budget.maxWait
    wasInterrupted = request == .signal(.interrupt)
  }

  /// When the next event is due without anything happening; `never` if only events move the stop.
  public var due: Instant {
    switch phase {
    case .waiting, .quieting, .signalling: min(until, deadline)
    case .closing: othersLeft ? deadline : min(until, deadline)
    case .killing, .finished: until
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
  public var waitsForOthers: Bool { phase == .closing && othersLeft }

  /// Whether traffic is worth looking at: only while the app is to serve on.
  public var isServing: Bool { phase == .waiting || phase == .quieting }

  /// The first actions.
  @inline(never)
  public func begin(at now: Instant) -> [Action] {
    happens(at: now)
    actions.add(.began(request, deadline: plan.time))
    for warning in warnings { actions.add(warning) }
    return advance()
  }

  /// Time passed: at least `due`.
  public func timeCame(at now: Instant) -> [Action] { looked(quietSince: .never, at: now) }

  /// The traffic was looked at; `quietSince` is `never` while there is some. Only a look tells that it is quiet: what came
  /// since the last one is not known.
  @inline(never)
  public func looked(quietSince: Instant, at now: Instant) -> [Action] {
    happens(at: now)
    return advance(quietSince: quietSince)
  }

  /// A stop signal during the stop. It starts nothing anew and is not passed on.
  ///
  /// - Parameter hookIsAlive: whether a hook waits for this stop. Then the signal is the kubelet's, whose patience
  ///   ended: 2 s later comes its KILL (`killContainer` in the kubelet's kuberuntime_container.go). When the hook died,
  ///   the signal only follows from that, and the plan goes on.
  @inline(never)
  public func stopSignalCame(_ signal: Signal, hookIsAlive: Bool, at now: Instant) -> [Action] {
    happens(at: now)
    // A person at a terminal presses Ctrl-C again when the wait is too long.
    let isImpatient = signal == .interrupt && wasInterrupted
    if signal == .interrupt { wasInterrupted = true }
    if hookIsAlive { tightenDeadline(to: now + Stop.lastSeconds) }
    if !hookIsAlive && !isImpatient {
      actions.add(.ignored(signal))
      return actions
    }
    hurry(by: signal)
    return advance()
  }

  /// A hook joined the running stop: the earlier deadline wins.
  @inline(never)
  public func joined(by other: StopPlan, at now: Instant) -> [Action] {
    happens(at: now)
    tightenDeadline(to: now + other.time)
    return advance()
  }

  /// The app ended. `othersLeft`: other processes of the container are alive.
  @inline(never)
  public func appEnded(_ status: ExitStatus?, othersLeft: Bool, at now: Instant) -> [Action] {
    happens(at: now)
    guard appEndedAfter == nil, phase != .finished else { return [] }
    appStatus = status
    appEndedAfter = now - startedAt
    if let status { actions.add(.appEnded(status)) }
    let isAsked = request != .appEnd
    if isServing && isAsked { endWait(.appEnded) }
    if phase == .killing {
      if !othersLeft { finish() }
      return actions
    }
    // Only a known deadline may keep a container whose app is gone.
    self.othersLeft = othersLeft && deadline != .never
    if self.othersLeft {
      actions.add(.askOthers)
      actions.add(.askedOthers)
    }
    phase = .closing
    until = isAsked ? now + plan.hold : now
    return advance()
  }

  /// No other process of the container is left.
  @inline(never)
  public func othersEnded(at now: Instant) -> [Action] {
    happens(at: now)
    if phase == .killing && appEndedAfter != nil { finish() }
    guard waitsForOthers else { return actions }
    othersLeft = false
    return advance()
  }

  // MARK: Transitions

  private func happens(at now: Instant) {
    self.now = now
    actions = []
  }

  /// Moves on as far as the time allows.
  @inline(never)
  private func advance(quietSince: Instant = .never) -> [Action] {
    while now >= due || phase == .quieting {
      switch phase {
      case .waiting:
        if plan.untilQuiet == nil {
          startSchedule(.over)
        } else {
          phase = .quieting
          until = maxWaitUntil
        }
      case .quieting:
        if let span = plan.untilQuiet, now - quietSince >= span {
          startSchedule(.quiet)
        } else if now >= until {
          startSchedule(.notQuiet)
        } else {
          return actions
        }
      case .signalling:
        if now >= deadline || step + 1 >= steps.count { passDeadline() } else { send(step: step + 1) }
      case .closing:
        if othersLeft { passDeadline() } else { finish() }
      case .killing:
        finish()
      case .finished:
        return actions
      }
    }
    return actions
  }

  @inline(never)
  private func endWait(_ reason: WaitEnd) {
    waitEnd = reason
    waited = now - startedAt
    actions.add(.waitEnded(reason, after: waited))
  }

  @inline(never)
  private func startSchedule(_ reason: WaitEnd) {
    endWait(reason)
    timeForSchedule = deadline - now
    if isWaitOnly { finish() } else { send(step: 0) }
  }

  @inline(never)
  private func send(step: Int) {
    let signal = steps[step].signal
    let told = Action.signalled(signal, isEscalation: step > 0, after: now - startedAt)
    sent.add(told)
    actions.add(.signalApp(signal))
    actions.add(told)
    phase = .signalling
    self.step = step
    until = end(of: step)
  }

  /// When `step` is over if it starts now: its own time, or its share of what is left where the steps that
  /// remain ask for more than that.
  @inline(never)
  private func end(of step: Int) -> Instant {
    let time = steps[step].time
    if time.kind == .span && deadline == .never { return now + Milliseconds(time.amount) }
    // Hundredths of a time without end have none either.
    if time.kind == .toDeadline || deadline == .never { return deadline }
    let own = steps.timeNeeded(by: step, left: timeForSchedule)
    let left = max(.zero, deadline - now)
    let needed = steps.timeNeeded(from: step, left: timeForSchedule)
    guard needed > left else { return now + own }
    // The product overflows only where spans of centuries were asked for; then any share will do that leaves some.
    let (product, overflow) = own.count.multipliedReportingOverflow(by: left.count)
    return now + (overflow ? left.share(percent: 50) : Milliseconds(product / needed.count))
  }

  @inline(never)
  private func tightenDeadline(to earlier: Instant) {
    guard earlier < deadline, phase != .killing, phase != .finished else { return }
    deadline = earlier
    if isServing {
      // The wait gives way, as in the budget.
      let latest = earlier - steps.leastTime(left: earlier - now)
      until = min(until, latest)
      maxWaitUntil = min(maxWaitUntil, latest)
    } else if phase == .signalling {
      timeForSchedule = min(timeForSchedule, earlier - now)
      until = min(until, end(of: step))
    }
    actions.add(.deadlineMoved(left: earlier - now))
  }

  /// Ends a wait or a hold at once; where nothing waits, the signal changes nothing.
  private func hurry(by signal: Signal) {
    if isServing {
      startSchedule(.hurried(by: signal))
    } else if phase == .closing {
      until = now
    } else {
      actions.add(.ignored(signal))
    }
  }

  @inline(never)
  private func passDeadline() {
    hasPassedDeadline = true
    actions.add(.deadlinePassed)
    guard killsAtDeadline else { return finish() }
    actions.add(.killEverything)
    phase = .killing
    until = now + Stop.killTime
  }

  @inline(never)
  private func finish() {
    phase = .finished
    until = .never
    actions.add(.finish)
  }
}
