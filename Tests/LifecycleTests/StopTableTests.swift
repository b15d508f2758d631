// The stop's state machine as a table: every pair of a state and an event, and what comes of it.

import Testing

@testable import Lifecycle

/// Wait 10 s; then until quiet for 5 s, at most to 20 s; QUIT, 10 s later TERM, 5 s later KILL; the deadline is at 60 s; hold
/// 3 s.
private func begunStop() -> Stop {
  let steps = [
    Step(signal: .quit, time: .span(.seconds(10))), Step(signal: .terminate, time: .span(.seconds(5))),
    Step(signal: .kill),
  ]
  let plan = StopPlan.ending(after: .seconds(60), schedule: .steps(steps))
  plan.wait = .seconds(10)
  plan.untilQuiet = .seconds(5)
  plan.maxWait = .seconds(20)
  plan.hold = .seconds(3)
  let stop = Stop(plan, steps: steps, request: .signal(.terminate), killsAtDeadline: true, at: start)
  _ = stop.begin(at: start)
  return stop
}

private enum State: CaseIterable {
  case waiting, quieting, signalling, lastStep, holding, lingering, killing, killingOthers, finished

  /// The stop in this state, and a time at which it is.
  var stop: (Stop, now: Instant) {
    let stop = begunStop()
    if self == .waiting { return (stop, at(1)) }
    _ = stop.timeCame(at: at(10))
    if self == .quieting { return (stop, at(11)) }
    _ = stop.looked(quietSince: at(7), at: at(12))
    switch self {
    case .waiting, .quieting, .signalling:
      return (stop, at(13))
    case .lastStep, .killing:
      _ = stop.timeCame(at: at(22))
      _ = stop.timeCame(at: at(27))
      if self == .lastStep { return (stop, at(28)) }
      _ = stop.timeCame(at: at(60))
      return (stop, at(milliseconds: 60_500))
    case .holding, .finished:
      _ = stop.appEnded(.exited(0), othersLeft: false, at: at(14))
      if self == .holding { return (stop, at(15)) }
      _ = stop.timeCame(at: at(17))
      return (stop, at(18))
    case .lingering, .killingOthers:
      _ = stop.appEnded(.exited(0), othersLeft: true, at: at(14))
      if self == .lingering { return (stop, at(15)) }
      _ = stop.timeCame(at: at(60))
      return (stop, at(milliseconds: 60_500))
    }
  }
}

private enum Event: CaseIterable {
  case timeCameEarly, timeCameWhenDue, lookedBusy, lookedQuiet
  case stopSignal, stopSignalWithHook, firstInterrupt, secondInterrupt
  case joinedEarlier, joinedLater, joinedWithoutDeadline
  case appEnded, appEndedLeavingOthers, othersEnded

  func happen(to stop: Stop, at now: Instant) -> [Action] {
    switch self {
    case .timeCameEarly: return stop.timeCame(at: now)
    case .timeCameWhenDue: return stop.timeCame(at: min(stop.due, at(1_000_000)))
    case .lookedBusy: return stop.looked(quietSince: .never, at: now)
    case .lookedQuiet: return stop.looked(quietSince: now - .seconds(5), at: now)
    case .stopSignal: return stop.stopSignalCame(.terminate, hookIsAlive: false, at: now)
    case .stopSignalWithHook: return stop.stopSignalCame(.terminate, hookIsAlive: true, at: now)
    case .firstInterrupt: return stop.stopSignalCame(.interrupt, hookIsAlive: false, at: now)
    case .secondInterrupt:
      _ = stop.stopSignalCame(.interrupt, hookIsAlive: false, at: now)
      return stop.stopSignalCame(.interrupt, hookIsAlive: false, at: now)
    case .joinedEarlier: return stop.joined(by: .ending(after: .seconds(20)), at: now)
    case .joinedLater: return stop.joined(by: .ending(after: .seconds(600)), at: now)
    case .joinedWithoutDeadline: return stop.joined(by: StopPlan(), at: now)
    case .appEnded: return stop.appEnded(.exited(0), othersLeft: false, at: now)
    case .appEndedLeavingOthers: return stop.appEnded(.exited(0), othersLeft: true, at: now)
    case .othersEnded: return stop.othersEnded(at: now)
    }
  }
}

/// What comes of an event. Nil means: as before.
private struct Outcome {
  var position: Position?
  /// When time moves the stop next.
  var due: Instant?
  var actions: [Action]

  /// Nothing comes of it.
  static let nothing = Outcome(actions: [])

  static func ignored(_ signal: Signal) -> Outcome { Outcome(actions: [.ignored(signal)]) }

  static func becomes(_ position: Position, due: Instant, _ actions: Action...) -> Outcome {
    Outcome(position: position, due: due, actions: actions)
  }

  static func finishes(_ actions: Action...) -> Outcome {
    Outcome(position: .finished, due: .never, actions: actions + [.finish])
  }
}

private let appEnded = Action.appEnded(.exited(0))
private let asked = Action.askedOthers

private func sends(_ signal: Signal) -> Action { .signalApp(signal) }

private func sent(_ signal: Signal, isEscalation: Bool = false, after seconds: Int64) -> Action {
  .signalled(signal, isEscalation: isEscalation, after: .seconds(seconds))
}

private func waitEnded(_ reason: WaitEnd, after seconds: Int64) -> Action {
  .waitEnded(reason, after: .seconds(seconds))
}

private func moved(left milliseconds: Int64) -> Action {
  .deadlineMoved(left: Milliseconds(milliseconds))
}

// No `default` anywhere: a new state or event does not compile before its row is written.
private func outcome(of event: Event, in state: State) -> Outcome {
  switch state {
  case .waiting: waitingRow(event)
  case .quieting: quietingRow(event)
  case .signalling: signallingRow(event)
  case .lastStep: lastStepRow(event)
  case .holding: holdingRow(event)
  case .lingering: lingeringRow(event)
  case .killing: killingRow(event)
  case .killingOthers: killingOthersRow(event)
  case .finished: finishedRow(event)
  }
}

/// 1 s after the start.
private func waitingRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameWhenDue: .becomes(.quieting, due: at(20))
  // However quiet it is, the fixed wait is for those who have not forgotten the pod yet.
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook:
    // 15 s of steps in 1.5 s: each has a tenth.
    .becomes(
      .signalling(step: 0, until: at(2)), due: at(2),
      moved(left: 1500), waitEnded(.hurried(by: .terminate), after: 1), sends(.quit), sent(.quit, after: 1))
  case .secondInterrupt:
    .becomes(
      .signalling(step: 0, until: at(11)), due: at(11),
      waitEnded(.hurried(by: .interrupt), after: 1), sends(.quit), sent(.quit, after: 1))
  // 20 s from now, less the steps' 15.
  case .joinedEarlier: .becomes(.waiting, due: at(6), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline, .othersEnded: .nothing
  case .appEnded:
    .becomes(.closing(holdEnd: at(4), othersLeft: false), due: at(4), appEnded, waitEnded(.appEnded, after: 1))
  case .appEndedLeavingOthers:
    .becomes(
      .closing(holdEnd: at(4), othersLeft: true), due: at(60),
      appEnded, waitEnded(.appEnded, after: 1), .askOthers, asked)
  }
}

/// 11 s after the start.
private func quietingRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy: .nothing
  case .timeCameWhenDue:
    .becomes(
      .signalling(step: 0, until: at(30)), due: at(30), waitEnded(.notQuiet, after: 20), sends(.quit),
      sent(.quit, after: 20))
  case .lookedQuiet:
    .becomes(
      .signalling(step: 0, until: at(21)), due: at(21), waitEnded(.quiet, after: 11), sends(.quit),
      sent(.quit, after: 11))
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook:
    .becomes(
      .signalling(step: 0, until: at(12)), due: at(12),
      moved(left: 1500), waitEnded(.hurried(by: .terminate), after: 11), sends(.quit), sent(.quit, after: 11))
  case .secondInterrupt:
    .becomes(
      .signalling(step: 0, until: at(21)), due: at(21),
      waitEnded(.hurried(by: .interrupt), after: 11), sends(.quit), sent(.quit, after: 11))
  case .joinedEarlier: .becomes(.quieting, due: at(16), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline, .othersEnded: .nothing
  case .appEnded:
    .becomes(.closing(holdEnd: at(14), othersLeft: false), due: at(14), appEnded, waitEnded(.appEnded, after: 11))
  case .appEndedLeavingOthers:
    .becomes(
      .closing(holdEnd: at(14), othersLeft: true), due: at(60),
      appEnded, waitEnded(.appEnded, after: 11), .askOthers, asked)
  }
}

/// QUIT was sent at 12 s, and it is 13 s after the start.
private func signallingRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue:
    .becomes(
      .signalling(step: 1, until: at(27)), due: at(27), sends(.terminate),
      sent(.terminate, isEscalation: true, after: 22))
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt, .secondInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook:
    .becomes(.signalling(step: 0, until: at(14)), due: at(14), moved(left: 1500), .ignored(.terminate))
  // What remains of the step and the next one fit.
  case .joinedEarlier: .becomes(.signalling(step: 0, until: at(22)), due: at(22), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline, .othersEnded: .nothing
  case .appEnded: .becomes(.closing(holdEnd: at(16), othersLeft: false), due: at(16), appEnded)
  case .appEndedLeavingOthers:
    .becomes(.closing(holdEnd: at(16), othersLeft: true), due: at(60), appEnded, .askOthers, asked)
  }
}

/// KILL was sent at 27 s, and it is 28 s after the start.
private func lastStepRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue: .becomes(.killing(until: at(61)), due: at(61), .deadlinePassed, .killEverything)
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt, .secondInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook:
    .becomes(
      .signalling(step: 2, until: at(milliseconds: 29_500)), due: at(milliseconds: 29_500),
      moved(left: 1500), .ignored(.terminate))
  case .joinedEarlier: .becomes(.signalling(step: 2, until: at(48)), due: at(48), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline, .othersEnded: .nothing
  case .appEnded: .becomes(.closing(holdEnd: at(31), othersLeft: false), due: at(31), appEnded)
  case .appEndedLeavingOthers:
    .becomes(.closing(holdEnd: at(31), othersLeft: true), due: at(60), appEnded, .askOthers, asked)
  }
}

/// The app ended at 14 s, alone, and it is 15 s after the start.
private func holdingRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue: .finishes()
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook: .finishes(moved(left: 1500))
  case .secondInterrupt: .finishes()
  case .joinedEarlier:
    .becomes(.closing(holdEnd: at(17), othersLeft: false), due: at(17), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline: .nothing
  case .appEnded, .appEndedLeavingOthers, .othersEnded: .nothing
  }
}

/// The app ended at 14 s and left others, and it is 15 s after the start.
private func lingeringRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue: .becomes(.killing(until: at(61)), due: at(61), .deadlinePassed, .killEverything)
  case .stopSignal: .ignored(.terminate)
  case .firstInterrupt: .ignored(.interrupt)
  case .stopSignalWithHook:
    .becomes(.closing(holdEnd: at(15), othersLeft: true), due: at(milliseconds: 16_500), moved(left: 1500))
  // The hold is given up; the others keep their time.
  case .secondInterrupt: .becomes(.closing(holdEnd: at(15), othersLeft: true), due: at(60))
  case .joinedEarlier: .becomes(.closing(holdEnd: at(17), othersLeft: true), due: at(35), moved(left: 20_000))
  case .joinedLater, .joinedWithoutDeadline: .nothing
  case .appEnded, .appEndedLeavingOthers: .nothing
  case .othersEnded: .becomes(.closing(holdEnd: at(17), othersLeft: false), due: at(17))
  }
}

/// The deadline passed half a second ago, and the app was alive.
private func killingRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue: .finishes()
  case .stopSignal, .stopSignalWithHook: .ignored(.terminate)
  case .firstInterrupt, .secondInterrupt: .ignored(.interrupt)
  case .joinedEarlier, .joinedLater, .joinedWithoutDeadline: .nothing
  case .appEnded: .finishes(appEnded)
  case .appEndedLeavingOthers: .becomes(.killing(until: at(61)), due: at(61), appEnded)
  // Not while the app is known to be alive.
  case .othersEnded: .nothing
  }
}

/// The deadline passed half a second ago, and the app was gone.
private func killingOthersRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .lookedBusy, .lookedQuiet: .nothing
  case .timeCameWhenDue: .finishes()
  case .stopSignal, .stopSignalWithHook: .ignored(.terminate)
  case .firstInterrupt, .secondInterrupt: .ignored(.interrupt)
  case .joinedEarlier, .joinedLater, .joinedWithoutDeadline: .nothing
  case .appEnded, .appEndedLeavingOthers: .nothing
  case .othersEnded: .finishes()
  }
}

private func finishedRow(_ event: Event) -> Outcome {
  switch event {
  case .timeCameEarly, .timeCameWhenDue, .lookedBusy, .lookedQuiet: .nothing
  case .stopSignal, .stopSignalWithHook: .ignored(.terminate)
  case .firstInterrupt, .secondInterrupt: .ignored(.interrupt)
  case .joinedEarlier, .joinedLater, .joinedWithoutDeadline: .nothing
  case .appEnded, .appEndedLeavingOthers, .othersEnded: .nothing
  }
}

@Suite struct StopTableTests {
  @Test(arguments: State.allCases, Event.allCases)
  private func `every event in every state has its outcome`(state: State, event: Event) {
    let (stop, now) = state.stop
    let (position, due) = (stop.position, stop.due)
    let expected = outcome(of: event, in: state)
    #expect(event.happen(to: stop, at: now) == expected.actions)
    #expect(stop.position == expected.position ?? position)
    #expect(stop.due == expected.due ?? due)
  }
}
