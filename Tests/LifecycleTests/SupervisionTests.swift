// The supervisor's state machine: what the table's one configuration does not show.

import Testing

@testable import Lifecycle

@Suite struct SupervisionTests {
  private func plan(wait: Int64 = 0, deadline: Int64? = 28, _ schedule: Schedule = .asReceived) -> StopPlan {
    let plan = deadline.map { StopPlan.ending(after: .seconds($0)) } ?? StopPlan()
    plan.schedule = schedule
    plan.wait = .seconds(wait)
    return plan
  }

  private func supervision(_ configure: (Supervision) -> Void = { _ in }) -> Supervision {
    let supervision = Supervision()
    configure(supervision)
    return supervision
  }

  private func received(_ signal: Signal) -> SupervisionEvent { .received(signal, hookIsAlive: false) }

  /// The signals that the plan sends to the app.
  private func signals(in actions: [Action]) -> [Signal] {
    actions.filter { $0.kind == .signalApp }.map(\.signal)
  }

  // MARK: Idle

  @Test func `while nothing is planned no time is due`() {
    let supervision = supervision { $0.plan = plan(wait: 5) }
    #expect(supervision.due == .never)
    _ = supervision.handle(received(.user1), at: at(1))
    #expect(supervision.due == .never)
    _ = supervision.handle(received(.terminate), at: at(2))
    #expect(supervision.due == at(7))
    _ = supervision.handle(.appEnded(.exited(0), othersLeft: false), at: at(3))
    #expect(supervision.due == .never)
  }

  @Test func `every signal is passed on, whatever its number`() {
    for signal in (1...64).compactMap(Signal.init) {
      let supervision = supervision { $0.stopOn = .none }
      #expect(supervision.handle(received(signal), at: start) == [.forward(signal)])
    }
  }

  // MARK: Exit codes

  @Test(
    arguments: [
      (Lifecycle.ExitStatus.exited(0), 0), (.exited(255), 255), (.killed(by: .terminate), 143),
      (.killed(by: .kill), 137),
    ] as [(Lifecycle.ExitStatus, UInt8)])
  func `the exit code is the app's own`(status: Lifecycle.ExitStatus, code: UInt8) {
    let supervision = supervision()
    #expect(supervision.handle(.appEnded(status, othersLeft: true), at: start) == [.exit(code)])
    #expect(supervision.app == .ended)
  }

  @Test func `exit codes are remapped, the one of an app that had to be killed too`() {
    func remapping() -> Supervision {
      supervision {
        $0.exitCodes = [ExitCodeRule(from: 143, to: 0), ExitCodeRule(from: 137, to: 9)]
        $0.plan = plan()
      }
    }
    let (killed, other) = (remapping(), remapping())
    #expect(other.handle(.appEnded(.killed(by: .terminate), othersLeft: false), at: start) == [.exit(0)])
    _ = killed.handle(received(.terminate), at: start)
    _ = killed.handle(.timeCame, at: at(28))
    #expect(killed.handle(.timeCame, at: at(29)) == [.endPlan(hookCode: 124), .exit(9)])
  }

  @Test func `others that had to be killed do not change the app's exit code, but the hook's`() {
    let supervision = supervision { $0.plan = plan() }
    _ = supervision.handle(received(.terminate), at: start)
    _ = supervision.handle(.appEnded(.exited(0), othersLeft: true), at: at(1))
    #expect(supervision.handle(.timeCame, at: at(28)).contains(.killEverything))
    #expect(supervision.handle(.othersEnded, at: at(28)) == [.endPlan(hookCode: 124), .exit(0)])
  }

  // MARK: Job control

  @Test func `below a shell the supervisor stops with the app, and the shell continues both`() {
    let supervision = supervision {
      $0.jobControl = .followApp
      // fg must work whatever is mapped.
      $0.map = [SignalRule(from: .continue, to: nil)]
    }
    for signal in [Signal.terminalStop, .terminalInput, .stop] {
      #expect(supervision.handle(.appStopped(by: signal), at: start) == [.stopOurselves])
      #expect(supervision.app == .running)
      // The shell's fg of a job that ran in the background all along.
      #expect(supervision.handle(received(.continue), at: start) == [.continueApp(withTerminal: false)])
    }
  }

  @Test func `where nobody could continue the app, a terminal's stop is undone`() {
    let supervision = supervision { $0.jobControl = .continueApp }
    #expect(supervision.handle(.appStopped(by: .terminalStop), at: start) == [.continueApp(withTerminal: false)])
    #expect(supervision.app == .running)
    // Without the terminal the app would stop again at once.
    #expect(supervision.handle(.appStopped(by: .terminalInput), at: start) == [.continueApp(withTerminal: true)])
    #expect(supervision.handle(.appStopped(by: .terminalOutput), at: start) == [.continueApp(withTerminal: true)])
  }

  @Test func `STOP is somebody's intention`() {
    for jobControl in [JobControl.none, .continueApp] {
      let supervision = supervision { $0.jobControl = jobControl }
      #expect(supervision.handle(.appStopped(by: .stop), at: start) == [])
      #expect(supervision.app == .stopped)
    }
  }

  @Test func `a stopped app is continued after its signal, so that it can act on it`() {
    let supervision = supervision { $0.plan = plan() }
    _ = supervision.handle(.appStopped(by: .stop), at: start)
    let actions = supervision.handle(received(.terminate), at: at(1))
    let signalled = actions.firstIndex(of: .signalApp(.terminate))
    #expect(signalled.map { actions[$0 + 1] } == .continueApp(withTerminal: false))
    #expect(supervision.app == .running)
  }

  @Test func `a CONT that is dropped continues nothing, and another signal mapped to CONT does`() {
    let supervision = supervision {
      $0.map = [SignalRule(from: .continue, to: nil), SignalRule(from: .user1, to: .continue)]
    }
    _ = supervision.handle(.appStopped(by: .stop), at: start)
    #expect(supervision.handle(received(.continue), at: start) == [.drop(.continue)])
    #expect(supervision.app == .stopped)
    #expect(supervision.handle(received(.user1), at: start) == [.forward(.continue)])
    #expect(supervision.app == .running)
  }

  @Test func `an app that was continued behind our back and stops again is treated as the first time`() {
    let supervision = supervision { $0.jobControl = .continueApp }
    _ = supervision.handle(.appStopped(by: .stop), at: start)
    #expect(supervision.handle(.appStopped(by: .terminalStop), at: start) == [.continueApp(withTerminal: false)])
  }

  @Test func `an app that could not have the terminal is continued for its signal all the same`() {
    let supervision = supervision {
      $0.jobControl = .continueApp
      $0.plan = plan()
    }
    _ = supervision.handle(.appStopped(by: .terminalInput), at: start)
    #expect(
      supervision.handle(received(.terminate), at: at(1)).last
        == .signalled(.terminate, isEscalation: false, after: .zero))
    #expect(supervision.app == .running)
  }

  // MARK: The summary

  @Test func `the stop that ended is summed up, not the one that began with its end`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 20, .nothing)), at: start)
    #expect(supervision.endedStop == nil)
    _ = supervision.handle(.received(.terminate, hookIsAlive: true), at: at(3))
    #expect(supervision.endedStop?.waitEnd == .hurried(by: .terminate))
    #expect(supervision.endedStop?.waited == .seconds(3))
    #expect(supervision.stop?.startedAt == at(3))
    _ = supervision.handle(received(.user1), at: at(3))
    #expect(supervision.endedStop == nil)
    _ = supervision.handle(.appEnded(.exited(0), othersLeft: false), at: at(4))
    #expect(supervision.endedStop?.appStatus == .exited(0))
  }

  @Test func `a wait that was summed up is not summed up again for a second hook`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(supervision.endedStop != nil)
    #expect(supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: at(6)) == [.endPlan(hookCode: 0)])
    #expect(supervision.endedStop == nil)
  }

  // MARK: What starts the plan

  @Test func `only the signals of stop-on start the plan`() {
    let supervision = supervision {
      $0.plan = plan(wait: 5)
      $0.stopOn = SignalSet(.hangUp)
    }
    #expect(supervision.handle(received(.terminate), at: start) == [.forward(.terminate)])
    #expect(supervision.stop == nil)
    _ = supervision.handle(received(.hangUp), at: start)
    #expect(supervision.stop?.request == .signal(.hangUp))
    #expect(signals(in: supervision.handle(.timeCame, at: at(5))) == [.hangUp])
  }

  @Test func `without stop-on, TERM, INT and QUIT start the plan, and nothing else does`() {
    for number in 1...64 {
      let supervision = supervision { $0.plan = plan(wait: 5) }
      guard let signal = Signal(number) else { continue }
      _ = supervision.handle(received(signal), at: start)
      #expect((supervision.stop != nil) == [2, 3, 15].contains(number), "signal \(number)")
    }
  }

  @Test func `a stop signal that the map drops starts nothing`() {
    let supervision = supervision {
      $0.plan = plan(wait: 5)
      $0.map = [SignalRule(from: .interrupt, to: nil)]
    }
    #expect(supervision.handle(received(.interrupt), at: start) == [.drop(.interrupt)])
    #expect(supervision.stop == nil)
  }

  @Test func `a given schedule counts whatever the map says of the stop signal`() {
    let supervision = supervision {
      $0.plan = plan(.steps([Step(signal: .quit)]))
      $0.map = [SignalRule(from: .terminate, to: nil), SignalRule(from: .quit, to: .user1)]
    }
    #expect(signals(in: supervision.handle(received(.terminate), at: start)) == [.quit])
  }

  @Test func `none in the supervisor: the stop signal is passed on after the wait`() {
    let supervision = supervision { $0.plan = plan(wait: 5, .nothing) }
    _ = supervision.handle(received(.terminate), at: start)
    #expect(signals(in: supervision.handle(.timeCame, at: at(5))) == [.terminate])
  }

  @Test func `looks reach the plan`() {
    let supervision = supervision {
      $0.plan = plan(wait: 5)
      $0.plan?.untilQuiet = .seconds(3)
    }
    _ = supervision.handle(received(.terminate), at: start)
    #expect(supervision.handle(.looked(quietSince: .never), at: at(6)) == [])
    #expect(signals(in: supervision.handle(.looked(quietSince: at(4)), at: at(7))) == [.terminate])
  }

  @Test func `without a deadline a shell is explained once, at the first signal`() {
    let steps = [Step(signal: .quit, time: .span(.seconds(5))), Step(signal: .terminate)]
    for deadline in [nil, 28] as [Int64?] {
      let supervision = supervision { $0.plan = plan(deadline: deadline, .steps(steps)) }
      let first = supervision.handle(received(.terminate), at: start)
      #expect(first.contains(.explainShell(.quit)) == (deadline == nil))
      let second = supervision.handle(.timeCame, at: at(5))
      #expect(signals(in: second) == [.terminate])
      #expect(!second.contains(.explainShell(.terminate)))
    }
  }

  // MARK: Stop signals during the plan

  @Test func `a second TERM does not restart the wait, end it, or reach the app`() {
    let supervision = supervision { $0.plan = plan(wait: 5) }
    _ = supervision.handle(received(.terminate), at: start)
    for second in 1...4 {
      #expect(
        supervision.handle(received(.terminate), at: at(Int64(second))) == [.ignored(.terminate)])
    }
    #expect(supervision.due == at(5))
    #expect(signals(in: supervision.handle(.timeCame, at: at(5))) == [.terminate])
    #expect(supervision.handle(received(.quit), at: at(6)) == [.ignored(.quit)])
  }

  @Test func `a person's second INT ends the wait`() {
    let supervision = supervision { $0.plan = plan(wait: 5) }
    _ = supervision.handle(received(.interrupt), at: start)
    #expect(signals(in: supervision.handle(received(.interrupt), at: at(1))) == [.interrupt])
    #expect(supervision.stop?.deadline == at(28))
    #expect(supervision.handle(received(.interrupt), at: at(2)) == [.ignored(.interrupt)])
  }

  @Test func `TERM with a live hook: two seconds are left`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 20)), at: start)
    let actions = supervision.handle(.received(.terminate, hookIsAlive: true), at: at(10))
    #expect(signals(in: actions) == [.terminate])
    #expect(supervision.due == at(milliseconds: 11_500))
    #expect(supervision.handle(.timeCame, at: supervision.due).last == .killEverything)
  }

  @Test func `TERM after the hook died: the plan goes on undisturbed`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 20)), at: start)
    #expect(supervision.handle(received(.terminate), at: at(10)) == [.ignored(.terminate)])
    #expect(supervision.due == at(20))
    #expect(signals(in: supervision.handle(.timeCame, at: at(20))) == [.terminate])
    #expect(supervision.stop?.deadline == at(28))
  }

  // MARK: After a wait

  @Test func `a signal during a hook's wait whose hook died is served after the wait, the first one of several`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 20, .nothing)), at: start)
    _ = supervision.handle(received(.quit), at: at(10))
    _ = supervision.handle(received(.terminate), at: at(11))
    let actions = supervision.handle(.timeCame, at: at(20))
    #expect(signals(in: actions) == [.quit])
    #expect(actions.contains(.endPlan(hookCode: 0)))
    #expect(supervision.due == at(28))
  }

  @Test func `a person's second INT ends a hook's wait, and the app is signalled`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 20, .nothing)), at: start)
    _ = supervision.handle(received(.interrupt), at: at(1))
    #expect(signals(in: supervision.handle(received(.interrupt), at: at(2))) == [.interrupt])
  }

  @Test func `a signal that the map drops is dropped after a wait too, now or when it was put off`() {
    for isEarly in [false, true] {
      let supervision = supervision { $0.map = [SignalRule(from: .terminate, to: nil)] }
      _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
      if isEarly { _ = supervision.handle(received(.terminate), at: at(1)) }
      let over = supervision.handle(.timeCame, at: at(5))
      #expect(over.last == .endPlan(hookCode: 0))
      if !isEarly { #expect(supervision.handle(received(.terminate), at: at(6)) == [.drop(.terminate)]) }
      #expect(supervision.stop?.phase == .finished)
    }
  }

  @Test func `the supervisor's own schedule follows a hook's wait, without its wait and under the wait's deadline`() {
    let steps = [Step(signal: .quit, time: .percent(50)), Step(signal: .terminate)]
    let supervision = supervision {
      $0.plan = plan(wait: 10, deadline: 100, .steps(steps))
      $0.plan?.untilQuiet = .seconds(5)
    }
    _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(signals(in: supervision.handle(received(.terminate), at: at(6))) == [.quit])
    #expect(supervision.stop?.deadline == at(28))
    #expect(supervision.due == at(17))
  }

  @Test func `the hook's own options hold after its wait too, but for the signals`() {
    let supervision = supervision { $0.plan = plan(.steps([Step(signal: .quit)])) }
    let asked = plan(wait: 5, deadline: 50, .nothing)
    asked.hold = .seconds(3)
    _ = supervision.handle(.hookAsked(asked), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(signals(in: supervision.handle(received(.terminate), at: at(6))) == [.quit])
    #expect(supervision.stop?.deadline == at(50))
    _ = supervision.handle(.appEnded(.exited(0), othersLeft: false), at: at(7))
    #expect(supervision.due == at(10))
  }

  @Test func `where nobody gave a grace period there is no deadline after the wait either`() {
    let supervision = supervision { $0.plan = plan(deadline: nil) }
    _ = supervision.handle(.hookAsked(plan(wait: 5, deadline: nil, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    _ = supervision.handle(received(.terminate), at: at(6))
    #expect(supervision.due == .never)
  }

  @Test func `however late the signal comes after a wait, the app has what the kubelet grants`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 26, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(26))
    #expect(signals(in: supervision.handle(received(.terminate), at: at(milliseconds: 27_900))) == [.terminate])
    #expect(supervision.due == at(milliseconds: 29_400))
  }

  @Test func `a stop after the deadline of a mere wait is another one, with its own wait and deadline`() {
    for request in [received(.terminate), .hookAsked(plan(wait: 5))] {
      let supervision = supervision { $0.plan = plan(wait: 5) }
      _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
      _ = supervision.handle(.timeCame, at: at(5))
      #expect(signals(in: supervision.handle(request, at: at(28))) == [])
      #expect(supervision.stop?.phase == .waiting)
      #expect(supervision.stop?.deadline == at(56))
    }
  }

  @Test func `a second hook after a wait shortens the deadline, and never lengthens it`() {
    for (given, deadline) in [(10, 16), (60, 28)] as [(Int64, Int64)] {
      let supervision = supervision()
      _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
      _ = supervision.handle(.timeCame, at: at(5))
      let actions = supervision.handle(.hookAsked(plan(wait: 5, deadline: given)), at: at(6))
      #expect(signals(in: actions) == [.terminate])
      #expect(supervision.stop?.deadline == at(deadline))
    }
  }

  @Test func `a second hook whose signal the map drops waits no more and is let go`() {
    let supervision = supervision { $0.map = [SignalRule(from: .terminate, to: nil)] }
    _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(supervision.handle(.hookAsked(plan(wait: 5)), at: at(6)).last == .endPlan(hookCode: 0))
  }

  @Test func `the grace period that a warning after a wait names counts from the wait's start`() {
    let supervision = supervision {
      $0.plan = plan(.steps([Step(signal: .quit, time: .span(.seconds(30)))]))
    }
    _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(
      supervision.handle(received(.terminate), at: at(6)).contains(
        .warned(.scheduleSqueezed(from: .seconds(30), to: .seconds(22)), neededGracePeriod: .seconds(6 + 30 + 2))))
  }

  // MARK: Others

  @Test func `an app that ends by itself leaves others their time only where a grace period is known`() {
    for deadline in [nil, 28] as [Int64?] {
      let supervision = supervision { $0.plan = plan(deadline: deadline) }
      let actions = supervision.handle(.appEnded(.exited(3), othersLeft: true), at: start)
      #expect(actions.contains(.askOthers) == (deadline != nil))
      #expect(actions.contains(.exit(3)) == (deadline == nil))
    }
  }

  @Test func `an app that ends by itself after a hook's wait leaves others what the hook's deadline leaves`() {
    let supervision = supervision()
    _ = supervision.handle(.hookAsked(plan(wait: 5, .nothing)), at: start)
    _ = supervision.handle(.timeCame, at: at(5))
    #expect(supervision.handle(.appEnded(.exited(3), othersLeft: true), at: at(10)).contains(.askOthers))
    #expect(supervision.due == at(28))
    #expect(supervision.handle(.othersEnded, at: at(11)) == [.endPlan(hookCode: 0), .exit(3)])
  }
}

/// What only a peer's place asks for.
@Suite struct PeerSupervisionTests {
  private func supervision(_ configure: (Supervision) -> Void) -> Supervision {
    let supervision = Supervision()
    configure(supervision)
    return supervision
  }

  @Test func `a terminal's stop that is passed on stops us too, where that was asked for`() {
    for signal in [Signal.terminalStop, .terminalInput, .terminalOutput] {
      let dumbInit = supervision {
        $0.suspends = true
        $0.map = [SignalRule(from: signal, to: .stop)]
      }
      let stopped: [Action] = [.forward(.stop), .suspendOurselves]
      #expect(dumbInit.handle(.received(signal, hookIsAlive: false), at: start) == stopped)
      let dropping = supervision {
        $0.suspends = true
        $0.map = [SignalRule(from: signal, to: nil)]
      }
      #expect(dropping.handle(.received(signal, hookIsAlive: false), at: start) == [.drop(signal), .suspendOurselves])
      #expect(dumbInit.handle(.received(.stop, hookIsAlive: false), at: start) == [.forward(.stop)])
      let other = supervision { _ in }
      #expect(other.handle(.received(signal, hookIsAlive: false), at: start) == [.forward(signal)])
    }
  }

  @Test func `what the app leaves is bidden farewell once, with what TERM stands for`() {
    func actions(_ rules: Rules, othersLeft: Bool) -> [Action] {
      let dumbInit = supervision {
        $0.bidsFarewell = true
        $0.map = rules
      }
      return dumbInit.handle(.appEnded(.exited(3), othersLeft: othersLeft), at: start)
    }
    #expect(actions([], othersLeft: true) == [.signalRest(.terminate), .exit(3)])
    #expect(actions([], othersLeft: false) == [.exit(3)])
    #expect(actions([SignalRule(from: .terminate, to: .quit)], othersLeft: true) == [.signalRest(.quit), .exit(3)])
    #expect(actions([SignalRule(from: .terminate, to: nil)], othersLeft: true) == [.exit(3)])
  }

  @Test func `under a deadline the plan asks the others, and no farewell comes on top`() {
    let dumbInit = supervision {
      $0.bidsFarewell = true
      $0.plan = StopPlan.ending(after: .seconds(28))
    }
    let actions = dumbInit.handle(.appEnded(.exited(0), othersLeft: true), at: start)
    #expect(!actions.contains(.signalRest(.terminate)))
    #expect(!actions.contains(.exit(0)))
  }
}
