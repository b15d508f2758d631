// What the state machines answer: one flat type for whatever is to be done or told, so that lists of it are but one kind of
// list, and a list is carried on as it is.

/// Something to do, something to tell, or a row of a timeline.
public struct Action: Equatable, Sendable {
  public enum Kind: Sendable {
    // What a stop does.
    case signalApp, askOthers, killEverything, finish
    // What a stop tells.
    case began, warned, waitEnded, signalled, ignored, deadlineMoved, appEnded, askedOthers, deadlinePassed
    // What only the supervisor does.
    case forward, drop, explainShell, continueApp, stopOurselves, suspendOurselves, signalRest, endPlan, exit
    // What only a timeline has.
    case kubeletSignal, kubeletKill
  }

  public let kind: Kind
  /// The signal that it is about; number 0 where it is about none.
  public let signal: Signal
  /// An exit code.
  public let code: UInt8
  /// What the kind has to say yes or no to.
  public let flag: Bool
  let end: WaitEnd.Kind
  let cut: PlanWarning.Kind
  /// What the time of a step is counted in.
  var unit = StepTime.Kind.toDeadline
  /// A time counted from the stop's start, or what is left; on a timeline the earliest.
  public internal(set) var span: Milliseconds
  /// What was asked for, of a warning; on a timeline the latest time.
  public let other: Milliseconds
  /// The terminationGracePeriodSeconds that would do.
  public let neededGracePeriod: Milliseconds

  private init(
    _ kind: Kind, signal: Signal = .none, code: UInt8 = 0, flag: Bool = false, end: WaitEnd.Kind = .over,
    cut: PlanWarning.Kind = .reserve, span: Milliseconds = .zero, other: Milliseconds = .zero,
    needed: Milliseconds = .zero
  ) {
    self.kind = kind
    self.signal = signal
    self.code = code
    self.flag = flag
    self.end = end
    self.cut = cut
    self.span = span
    self.other = other
    neededGracePeriod = needed
  }

  /// The row of a timeline.
  init(_ kind: Kind, _ signal: Signal = .none, earliest: Milliseconds, latest: Milliseconds) {
    self.init(kind, signal: signal, span: earliest, other: latest)
  }

  public var waitEnd: WaitEnd { WaitEnd(kind: end, signal: signal) }
  public var warning: PlanWarning { PlanWarning(kind: cut, from: other, to: span) }
  public var status: ExitStatus { flag ? .killed(by: signal) : .exited(code) }
}

// MARK: What a stop does

extension Action {
  static func signalApp(_ signal: Signal) -> Action { Action(.signalApp, signal: signal) }
  /// TERM to every other process of the container.
  static var askOthers: Action { Action(.askOthers) }
  /// KILL to the app and every other process of the container.
  static var killEverything: Action { Action(.killEverything) }
  /// The plan is over; nothing of it remains to be done.
  static var finish: Action { Action(.finish) }
}

// MARK: What a stop tells

extension Action {
  /// `signal`: what asked for the stop; `none` for a hook. `deadline`: `longest` if none is known.
  static func began(_ request: StopRequest, deadline: Milliseconds) -> Action {
    if case .signal(let signal) = request { return Action(.began, signal: signal, span: deadline) }
    return Action(.began, span: deadline)
  }

  static func warned(_ warning: PlanWarning, neededGracePeriod: Milliseconds) -> Action {
    Action(.warned, cut: warning.kind, span: warning.to, other: warning.from, needed: neededGracePeriod)
  }

  static func waitEnded(_ reason: WaitEnd, after span: Milliseconds) -> Action {
    Action(.waitEnded, signal: reason.signal, end: reason.kind, span: span)
  }

  /// The app got a signal. `flag`: it is not the first.
  static func signalled(_ signal: Signal, isEscalation: Bool, after span: Milliseconds) -> Action {
    Action(.signalled, signal: signal, flag: isEscalation, span: span)
  }

  /// A stop signal that came again and was not passed on.
  static func ignored(_ signal: Signal) -> Action { Action(.ignored, signal: signal) }
  static func deadlineMoved(left: Milliseconds) -> Action { Action(.deadlineMoved, span: left) }

  static func appEnded(_ status: ExitStatus) -> Action {
    switch status {
    case .exited(let code): Action(.appEnded, code: code)
    case .killed(let signal): Action(.appEnded, signal: signal, flag: true)
    }
  }

  static var askedOthers: Action { Action(.askedOthers) }
  /// The deadline passed with something still alive.
  static var deadlinePassed: Action { Action(.deadlinePassed) }
}

// MARK: What only the supervisor does

extension Action {
  /// Pass the signal that came on, as this one.
  static func forward(_ signal: Signal) -> Action { Action(.forward, signal: signal) }
  /// `--map` drops the signal that came.
  static func drop(_ signal: Signal) -> Action { Action(.drop, signal: signal) }
  /// A stop signal is about to be passed on: say so if the app is a shell that would keep it to itself.
  static func explainShell(_ signal: Signal) -> Action { Action(.explainShell, signal: signal) }
  /// SIGCONT to the app's group. `withTerminal`: only if the terminal can be handed to it first.
  static func continueApp(withTerminal: Bool) -> Action { Action(.continueApp, flag: withTerminal) }
  /// Stop along with the app, and continue it when we are continued.
  static var stopOurselves: Action { Action(.stopOurselves) }
  /// Stop until somebody continues us.
  static var suspendOurselves: Action { Action(.suspendOurselves) }
  /// This signal to what is left of the app's group.
  static func signalRest(_ signal: Signal) -> Action { Action(.signalRest, signal: signal) }
  /// Sum `endedStop` up, if there is one, and let the waiting hooks go with this exit code.
  static func endPlan(hookCode: UInt8) -> Action { Action(.endPlan, code: hookCode) }
  /// Leave with this code.
  static func exit(_ code: UInt8) -> Action { Action(.exit, code: code) }
}
