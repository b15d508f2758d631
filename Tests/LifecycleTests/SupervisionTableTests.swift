// The supervisor's state machine as a table: every pair of a state and an event, and what comes of it.

import Testing

@testable import Lifecycle

/// Wait 5 s, then what came, TERM as QUIT; the deadline is at 28 s. A window resize is dropped.
private func supervision(withPlan: Bool) -> Supervision {
  let supervision = Supervision()
  supervision.map = [SignalRule(from: .terminate, to: .quit), SignalRule(from: .windowChange, to: nil)]
  if withPlan { supervision.plan = plan(.asReceived) }
  return supervision
}

private func plan(_ schedule: Schedule) -> StopPlan {
  let plan = StopPlan.ending(after: .seconds(28), schedule: schedule)
  plan.wait = .seconds(5)
  return plan
}

private enum State: CaseIterable {
  /// Without a plan; with one; with one, and the app stopped.
  case plain, idle, stopped
  /// The wait that TERM began; the wait of a hook that only waits; the same, over.
  case waiting, hookWaiting, waitOver
  /// QUIT was sent; the app is gone and others are not; the deadline passed; nothing is left to do.
  case signalling, closing, killing, left

  /// The supervision in this state, and a time at which it is.
  var supervised: (Supervision, now: Instant) {
    let supervision = supervision(withPlan: self != .plain)
    switch self {
    case .plain, .idle:
      return (supervision, start)
    case .stopped:
      _ = supervision.handle(.appStopped(by: .stop), at: start)
      return (supervision, start)
    case .hookWaiting, .waitOver:
      _ = supervision.handle(.hookAsked(plan(.nothing)), at: start)
      if self == .hookWaiting { return (supervision, at(1)) }
      _ = supervision.handle(.timeCame, at: at(5))
      return (supervision, at(6))
    case .waiting, .signalling, .closing, .killing, .left:
      _ = supervision.handle(.received(.terminate, hookIsAlive: false), at: start)
      if self == .waiting { return (supervision, at(1)) }
      _ = supervision.handle(.timeCame, at: at(5))
      if self == .signalling { return (supervision, at(6)) }
      if self == .killing {
        _ = supervision.handle(.timeCame, at: at(28))
        return (supervision, at(milliseconds: 28_500))
      }
      _ = supervision.handle(.appEnded(.exited(0), othersLeft: self == .closing), at: at(7))
      return (supervision, at(8))
    }
  }
}

private enum Event: CaseIterable {
  case user1, windowChange, `continue`, terminate, terminateWithHook, interrupt
  case appStopped, appEnded, appEndedLeavingOthers, othersEnded
  case hookAsked, hookAskedToWait, timeCame, lookedQuiet

  func happen(to supervision: Supervision, at now: Instant) -> [Action] {
    switch self {
    case .user1: supervision.handle(.received(.user1, hookIsAlive: false), at: now)
    case .windowChange: supervision.handle(.received(.windowChange, hookIsAlive: false), at: now)
    case .continue: supervision.handle(.received(.continue, hookIsAlive: false), at: now)
    case .terminate: supervision.handle(.received(.terminate, hookIsAlive: false), at: now)
    case .terminateWithHook: supervision.handle(.received(.terminate, hookIsAlive: true), at: now)
    case .interrupt: supervision.handle(.received(.interrupt, hookIsAlive: false), at: now)
    case .appStopped: supervision.handle(.appStopped(by: .terminalStop), at: now)
    case .appEnded: supervision.handle(.appEnded(.exited(3), othersLeft: false), at: now)
    case .appEndedLeavingOthers: supervision.handle(.appEnded(.exited(3), othersLeft: true), at: now)
    case .othersEnded: supervision.handle(.othersEnded, at: now)
    case .hookAsked: supervision.handle(.hookAsked(plan(.asReceived)), at: now)
    case .hookAskedToWait: supervision.handle(.hookAsked(plan(.nothing)), at: now)
    case .timeCame: supervision.handle(.timeCame, at: supervision.due == .never ? now : supervision.due)
    case .lookedQuiet: supervision.handle(.looked(quietSince: start), at: now)
    }
  }
}

/// What comes of an event. Nil means: as before.
private struct Outcome {
  var actions: [Action]
  var app: Supervision.App?
  var phase: Position?

  static let nothing = Outcome(actions: [])

  static func does(
    _ actions: Action..., app: Supervision.App? = nil, phase: Position? = nil
  ) -> Outcome {
    Outcome(actions: actions, app: app, phase: phase)
  }
}

private let ended = Supervision.App.ended
private let appEnded = Action.appEnded(.exited(3))
private let asksOthers = [Action.askOthers, .askedOthers]

private func began(_ request: StopRequest, left seconds: Int64 = 28) -> Action {
  .began(request, deadline: .seconds(seconds))
}

/// The end of a wait, and the first signal.
private func signals(_ signal: Signal, _ reason: WaitEnd = .over, after seconds: Int64) -> [Action] {
  [
    .waitEnded(reason, after: .seconds(seconds)), .signalApp(signal),
    .signalled(signal, isEscalation: false, after: .seconds(seconds)),
  ]
}

private let timeIsShort = Action.deadlineMoved(left: Milliseconds(1500))
private let deadlinePassed = Outcome.does(
  .deadlinePassed, .killEverything, phase: .killing(until: at(29)))

// No `default` anywhere: a new state or event does not compile before its row is written.
private func outcome(of event: Event, in state: State) -> Outcome {
  switch state {
  case .plain: plainRow(event)
  case .idle: idleRow(event)
  case .stopped: stoppedRow(event)
  case .waiting: waitingRow(event)
  case .hookWaiting: hookWaitingRow(event)
  case .waitOver: waitOverRow(event)
  case .signalling: signallingRow(event)
  case .closing: closingRow(event)
  case .killing: killingRow(event)
  case .left: .nothing
  }
}

private func plainRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate, .terminateWithHook: .does(.explainShell(.quit), .forward(.quit))
  case .interrupt: .does(.explainShell(.interrupt), .forward(.interrupt))
  case .appStopped: .does(app: .stopped)
  case .appEnded, .appEndedLeavingOthers: .does(.exit(3), app: ended)
  case .othersEnded, .timeCame, .lookedQuiet: .nothing
  case .hookAsked, .hookAskedToWait: .does(began(.hook), phase: .waiting)
  }
}

private func idleRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate, .terminateWithHook: .does(began(.signal(.terminate)), phase: .waiting)
  case .interrupt: .does(began(.signal(.interrupt)), phase: .waiting)
  case .appStopped: .does(app: .stopped)
  case .appEnded: .does(.exit(3), app: ended)
  case .appEndedLeavingOthers:
    Outcome(actions: [appEnded] + asksOthers, app: ended, phase: .closing(holdEnd: start, othersLeft: true))
  case .othersEnded, .timeCame, .lookedQuiet: .nothing
  case .hookAsked, .hookAskedToWait: .does(began(.hook), phase: .waiting)
  }
}

/// As when idle, but for what continues the app.
private func stoppedRow(_ event: Event) -> Outcome {
  switch event {
  case .continue: .does(.forward(.continue), app: .running)
  case .appStopped: .nothing
  case .user1, .windowChange, .terminate, .terminateWithHook, .interrupt, .appEnded, .appEndedLeavingOthers,
    .othersEnded, .hookAsked, .hookAskedToWait, .timeCame, .lookedQuiet:
    idleRow(event)
  }
}

/// 1 s after TERM.
private func waitingRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate: .does(.ignored(.terminate))
  case .terminateWithHook:
    Outcome(
      actions: [timeIsShort] + signals(.quit, .hurried(by: .terminate), after: 1),
      phase: .signalling(step: 0, until: at(milliseconds: 2500)))
  case .interrupt: .does(.ignored(.interrupt))
  case .appStopped: .does(app: .stopped)
  case .appEnded:
    .does(
      appEnded, .waitEnded(.appEnded, after: .seconds(1)), .endPlan(hookCode: 0), .exit(3),
      app: ended, phase: .finished)
  case .appEndedLeavingOthers:
    Outcome(
      actions: [appEnded, .waitEnded(.appEnded, after: .seconds(1))] + asksOthers,
      app: ended, phase: .closing(holdEnd: at(1), othersLeft: true))
  case .othersEnded, .hookAsked, .hookAskedToWait, .lookedQuiet: .nothing
  case .timeCame: Outcome(actions: signals(.quit, after: 5), phase: .signalling(step: 0, until: at(28)))
  }
}

/// 1 s after a hook came that only waits. What differs from a wait that a signal follows is its end.
private func hookWaitingRow(_ event: Event) -> Outcome {
  switch event {
  case .terminateWithHook:
    // The hook is let go, and its successor, the signal, is served in what is left.
    Outcome(
      actions: [
        timeIsShort, .waitEnded(.hurried(by: .terminate), after: .seconds(1)), .endPlan(hookCode: 0),
        .began(.signal(.terminate), deadline: Milliseconds(1500)),
      ] + signals(.quit, after: 0),
      phase: .signalling(step: 0, until: at(milliseconds: 2500)))
  case .timeCame:
    .does(.waitEnded(.over, after: .seconds(5)), .endPlan(hookCode: 0), phase: .finished)
  case .user1, .windowChange, .continue, .terminate, .interrupt, .appStopped, .appEnded, .appEndedLeavingOthers,
    .othersEnded, .hookAsked, .hookAskedToWait, .lookedQuiet:
    waitingRow(event)
  }
}

/// 6 s after a hook came that only waited, 5 s.
private func waitOverRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate, .terminateWithHook:
    Outcome(
      actions: [began(.signal(.terminate), left: 22)] + signals(.quit, after: 0),
      phase: .signalling(step: 0, until: at(28)))
  case .interrupt:
    Outcome(
      actions: [began(.signal(.interrupt), left: 22)] + signals(.interrupt, after: 0),
      phase: .signalling(step: 0, until: at(28)))
  case .appStopped: .does(app: .stopped)
  case .appEnded: .does(.exit(3), app: ended)
  case .appEndedLeavingOthers:
    Outcome(actions: [appEnded] + asksOthers, app: ended, phase: .closing(holdEnd: at(6), othersLeft: true))
  case .othersEnded, .timeCame, .lookedQuiet: .nothing
  case .hookAsked:
    Outcome(
      actions: [began(.hook, left: 22)] + signals(.quit, after: 0), phase: .signalling(step: 0, until: at(28)))
  case .hookAskedToWait: .does(.endPlan(hookCode: 0))
  }
}

/// 1 s after QUIT.
private func signallingRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate: .does(.ignored(.terminate))
  case .terminateWithHook:
    .does(
      timeIsShort, .ignored(.terminate), phase: .signalling(step: 0, until: at(milliseconds: 7500)))
  case .interrupt: .does(.ignored(.interrupt))
  case .appStopped: .does(app: .stopped)
  case .appEnded: .does(appEnded, .endPlan(hookCode: 0), .exit(3), app: ended, phase: .finished)
  case .appEndedLeavingOthers:
    Outcome(actions: [appEnded] + asksOthers, app: ended, phase: .closing(holdEnd: at(6), othersLeft: true))
  case .othersEnded, .hookAsked, .hookAskedToWait, .lookedQuiet: .nothing
  case .timeCame: deadlinePassed
  }
}

/// 1 s after the app's end with code 0.
private func closingRow(_ event: Event) -> Outcome {
  switch event {
  // There is nobody to tell: the app's number may be another process's by now.
  case .user1, .windowChange, .continue: .nothing
  case .terminate: .does(.ignored(.terminate))
  case .terminateWithHook: .does(timeIsShort, phase: .closing(holdEnd: at(8), othersLeft: true))
  case .interrupt: .does(.ignored(.interrupt))
  case .appStopped, .appEnded, .appEndedLeavingOthers: .nothing
  case .othersEnded: .does(.endPlan(hookCode: 0), .exit(0), phase: .finished)
  case .hookAsked, .hookAskedToWait, .lookedQuiet: .nothing
  case .timeCame: deadlinePassed
  }
}

/// Half a second after the deadline, at which the app was alive.
private func killingRow(_ event: Event) -> Outcome {
  switch event {
  case .user1: .does(.forward(.user1))
  case .windowChange: .does(.drop(.windowChange))
  case .continue: .does(.forward(.continue))
  case .terminate, .terminateWithHook: .does(.ignored(.terminate))
  case .interrupt: .does(.ignored(.interrupt))
  case .appStopped: .does(app: .stopped)
  case .appEnded: .does(appEnded, .endPlan(hookCode: 124), .exit(3), app: ended, phase: .finished)
  case .appEndedLeavingOthers: .does(appEnded, app: ended)
  case .othersEnded, .hookAsked, .hookAskedToWait, .lookedQuiet: .nothing
  // What KILL does not end, the kernel takes along when PID 1 ends.
  case .timeCame: .does(.endPlan(hookCode: 124), .exit(137), phase: .finished)
  }
}

@Suite struct SupervisionTableTests {
  @Test(arguments: State.allCases, Event.allCases)
  private func `every event in every state has its outcome`(state: State, event: Event) {
    let (supervision, now) = state.supervised
    let (app, position) = (supervision.app, supervision.stop?.position)
    let expected = outcome(of: event, in: state)
    #expect(event.happen(to: supervision, at: now) == expected.actions)
    #expect(supervision.app == expected.app ?? app)
    #expect(supervision.stop?.position == expected.phase ?? position)
  }

  @Test(arguments: State.allCases, 1...64)
  private func `a signal that needs no decision is passed on as one that is decided on`(
    state: State, number: Int
  ) throws {
    let signal = try #require(Signal(number))
    let plain = state.supervised.0.plainForward(of: signal)
    if signal == .user1 {
      #expect(plain == ([.stopped, .closing, .left].contains(state) ? nil : .user1))
    }
    guard let plain else { return }
    for hookIsAlive in [false, true] {
      let (supervision, now) = state.supervised
      let (app, due, position) = (supervision.app, supervision.due, supervision.stop?.position)
      #expect(supervision.handle(.received(signal, hookIsAlive: hookIsAlive), at: now) == [.forward(plain)])
      #expect(supervision.app == app && supervision.due == due)
      #expect(supervision.stop?.position == position)
    }
  }

  @Test(arguments: [JobControl.none, .followApp, .continueApp], [Signal.continue, .terminalStop, .terminalInput])
  func `continuing and the terminal's stops are always decided on`(jobControl: JobControl, signal: Signal) {
    let supervision = Supervision()
    supervision.jobControl = jobControl
    #expect(supervision.plainForward(of: signal) == nil)
  }
}
