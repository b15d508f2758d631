// The stop's state machine: what the table's one plan does not show.

import Testing

@testable import Lifecycle

@Suite struct StopTests {
  private let terminate = [Step(signal: .terminate)]

  /// A stop and the actions of its beginning.
  private func begin(
    _ plan: StopPlan, _ steps: [Step], request: StopRequest = .signal(.terminate), killsAtDeadline: Bool = true
  ) -> (Stop, [Action]) {
    let stop = Stop(plan, steps: steps, request: request, killsAtDeadline: killsAtDeadline, at: start)
    let actions = stop.begin(at: start)
    return (stop, actions)
  }

  private func plan(wait: Int64 = 0, deadline: Int64? = 28, hold: Int64 = 0) -> StopPlan {
    let plan = deadline.map { StopPlan.ending(after: .seconds($0)) } ?? StopPlan()
    plan.wait = .seconds(wait)
    plan.hold = .seconds(hold)
    return plan
  }

  // MARK: The beginning

  @Test func `without a wait the app is signalled at once`() {
    let (stop, actions) = begin(plan(), terminate)
    #expect(
      actions == [
        .began(.signal(.terminate), deadline: .seconds(28)), .waitEnded(.over, after: .zero),
        .signalApp(.terminate), .signalled(.terminate, isEscalation: false, after: .zero),
      ])
    #expect(stop.position == .signalling(step: 0, until: at(28)))
    #expect(stop.due == at(28))
    #expect(stop.deadline == at(28))
    #expect(stop.sent == [.signalled(.terminate, isEscalation: false, after: .zero)])
    #expect(!stop.isServing && !stop.isWaitOnly)
  }

  @Test func `a wait ends when it is over, and the app is signalled`() {
    let (stop, begun) = begin(plan(wait: 5), terminate)
    #expect(begun == [.began(.signal(.terminate), deadline: .seconds(28))])
    #expect(stop.isServing)
    #expect(stop.due == at(5))
    let actions = stop.timeCame(at: at(5))
    #expect(actions.contains(.waitEnded(.over, after: .seconds(5))))
    #expect(actions.contains(.signalApp(.terminate)))
    #expect(stop.waitEnd == .over)
    #expect(stop.waited == .seconds(5))
    #expect(stop.sent == [.signalled(.terminate, isEscalation: false, after: .seconds(5))])
  }

  @Test func `what cannot be had is told at the beginning, with the grace period that would do`() {
    let (_, actions) = begin(plan(wait: 60), terminate)
    #expect(
      actions == [
        .began(.signal(.terminate), deadline: .seconds(28)),
        .warned(.waitCut(from: .seconds(60), to: .seconds(26)), neededGracePeriod: .seconds(64)),
      ])
  }

  @Test func `no grace period: the signal has no end`() {
    let (stop, actions) = begin(plan(deadline: nil), terminate)
    #expect(actions.first == .began(.signal(.terminate), deadline: .longest))
    #expect(stop.position == .signalling(step: 0, until: .never))
    #expect(stop.due == .never)
    #expect(stop.deadline == .never)
  }

  @Test(arguments: [WaitEnd.over, .quiet, .notQuiet, .hurried(by: .quit), .appEnded])
  func `what is told of a wait's end is read back`(reason: WaitEnd) {
    #expect(Action.waitEnded(reason, after: .seconds(5)).waitEnd == reason)
  }

  @Test(arguments: [Lifecycle.ExitStatus.exited(0), .exited(255), .killed(by: .kill)])
  func `what is told of the app's end is read back`(status: Lifecycle.ExitStatus) {
    #expect(Action.appEnded(status).status == status)
  }

  // MARK: Quiet

  private func quietPlan() -> StopPlan {
    let plan = plan(wait: 5)
    plan.untilQuiet = .seconds(4)
    return plan
  }

  @Test func `quiet during the fixed wait counts when it is over`() {
    let (stop, _) = begin(quietPlan(), terminate)
    #expect(stop.looked(quietSince: start, at: at(4)) == [])
    #expect(stop.phase == .waiting)
    let actions = stop.looked(quietSince: start, at: at(5))
    #expect(actions.first == .waitEnded(.quiet, after: .seconds(5)))
    #expect(stop.waitEnd == .quiet)
  }

  @Test func `an old look proves nothing about now`() {
    let (stop, _) = begin(quietPlan(), terminate)
    _ = stop.looked(quietSince: start, at: at(4))
    #expect(stop.timeCame(at: at(5)) == [])
    #expect(stop.timeCame(at: at(13)) == [])
    #expect(stop.phase == .quieting)
    #expect(stop.looked(quietSince: .never, at: at(13)) == [])
  }

  @Test func `one millisecond short of quiet is not quiet`() {
    let (stop, _) = begin(quietPlan(), terminate)
    #expect(stop.looked(quietSince: at(milliseconds: 2001), at: at(6)) == [])
    #expect(stop.looked(quietSince: at(2), at: at(6)) != [])
  }

  @Test func `quiet at the last moment is quiet`() {
    let (stop, _) = begin(quietPlan(), terminate)
    _ = stop.timeCame(at: at(5))
    #expect(stop.due == at(14))
    #expect(stop.looked(quietSince: at(9), at: at(14)).first == .waitEnded(.quiet, after: .seconds(14)))
  }

  // MARK: Steps

  private let escalating: [Step] = [
    Step(signal: .terminate, time: .percent(60)), Step(signal: .interrupt, time: .percent(30)), Step(signal: .quit),
  ]

  @Test func `percentages are of the time left when the schedule starts`() {
    let (stop, _) = begin(plan(wait: 8), escalating)
    _ = stop.timeCame(at: at(8))
    #expect(stop.due == at(20))
    _ = stop.timeCame(at: at(20))
    #expect(stop.due == at(26))
    _ = stop.timeCame(at: at(26))
    #expect(stop.due == at(28))
    #expect(stop.sentSignals == [.terminate, .interrupt, .quit])
  }

  @Test func `steps that ask for more than there is share what there is`() {
    let steps = [
      Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate, time: .span(.seconds(10))),
      Step(signal: .interrupt, time: .span(.seconds(10))),
    ]
    let (stop, _) = begin(plan(deadline: 8), steps)
    #expect(stop.due == at(4))
    _ = stop.timeCame(at: at(4))
    #expect(stop.due == at(6))
    _ = stop.timeCame(at: at(6))
    #expect(stop.due == at(8))
    #expect(stop.timeCame(at: at(8)) == [.deadlinePassed, .killEverything])
  }

  @Test func `hundredths of a time without end have no end`() {
    let (stop, _) = begin(plan(deadline: nil), escalating)
    #expect(stop.due == .never)
  }

  @Test func `spans without a deadline follow each other, and the last one's end is the end`() {
    let steps = [Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate, time: .span(.seconds(5)))]
    let (stop, _) = begin(plan(deadline: nil), steps)
    #expect(stop.due == at(20))
    _ = stop.timeCame(at: at(20))
    #expect(stop.due == at(25))
    #expect(stop.timeCame(at: at(25)) == [.deadlinePassed, .killEverything])
    #expect(stop.hasPassedDeadline)
    #expect(stop.due == at(26))
  }

  @Test func `spans of centuries still let every step come`() {
    let century = Milliseconds(.max / 2)
    let steps = [Signal.quit, .terminate, .interrupt].map { Step(signal: $0, time: .span(century)) }
    let (stop, _) = begin(plan(deadline: 8), steps)
    while stop.due < at(8) { _ = stop.timeCame(at: stop.due) }
    #expect(stop.sentSignals == [.quit, .terminate, .interrupt])
  }

  @Test func `a process that slept through its times sends what was due, then kills`() {
    let steps = [Step(signal: .quit, time: .span(.seconds(5))), Step(signal: .terminate)]
    let (stop, _) = begin(plan(wait: 5), steps)
    let actions = stop.timeCame(at: at(100))
    #expect(actions.filter { $0 == .signalApp(.quit) }.count == 1)
    #expect(actions.suffix(2) == [.deadlinePassed, .killEverything])
    #expect(stop.due == at(101))
  }

  @Test func `a hook alone leaves what is alive at the deadline`() {
    let (stop, _) = begin(plan(), terminate, request: .hook, killsAtDeadline: false)
    #expect(stop.timeCame(at: at(28)) == [.deadlinePassed, .finish])
    #expect(stop.phase == .finished)
    #expect(stop.hasPassedDeadline)
  }

  // MARK: Wait only

  @Test func `a stop that only waits is over with its wait and sends nothing`() {
    let (stop, _) = begin(plan(wait: 5), [], request: .hook)
    #expect(stop.isWaitOnly)
    #expect(stop.timeCame(at: at(5)) == [.waitEnded(.over, after: .seconds(5)), .finish])
    #expect(stop.due == .never)
    #expect(stop.sent.isEmpty)
    #expect(!stop.hasPassedDeadline)
  }

  @Test func `a stop that only waits is over at once when time is up`() {
    let (stop, _) = begin(plan(wait: 5), [], request: .hook)
    #expect(
      stop.stopSignalCame(.terminate, hookIsAlive: true, at: at(1)) == [
        .deadlineMoved(left: Milliseconds(1500)),
        .waitEnded(.hurried(by: .terminate), after: .seconds(1)), .finish,
      ])
  }

  // MARK: Stop signals

  @Test func `a stop that INT began needs only one more INT`() {
    let (stop, _) = begin(plan(wait: 5), terminate, request: .signal(.interrupt))
    #expect(
      stop.stopSignalCame(.interrupt, hookIsAlive: false, at: at(1)).first
        == .waitEnded(.hurried(by: .interrupt), after: .seconds(1)))
    #expect(stop.waitEnd == .hurried(by: .interrupt))
  }

  @Test func `after the app's end one more INT ends the hold`() {
    let (stop, _) = begin(plan(wait: 5, hold: 5), terminate, request: .signal(.interrupt))
    _ = stop.stopSignalCame(.interrupt, hookIsAlive: false, at: at(1))
    _ = stop.appEnded(.exited(0), othersLeft: false, at: at(2))
    #expect(stop.due == at(7))
    #expect(stop.stopSignalCame(.interrupt, hookIsAlive: false, at: at(3)) == [.finish])
  }

  @Test func `the kubelet's last seconds give a deadline where none was known`() {
    let (stop, _) = begin(plan(wait: 5, deadline: nil), escalating, request: .hook)
    _ = stop.stopSignalCame(.terminate, hookIsAlive: true, at: at(1))
    #expect(stop.deadline == at(milliseconds: 2500))
    // Of 1.5 s 60 and 30 hundredths, and half of it for the open end, shared out.
    #expect(stop.due == at(milliseconds: 1000 + 900 * 1500 / (900 + 450 + 750)))
  }

  @Test func `a hook that brings the same deadline changes nothing and says nothing`() {
    let (stop, _) = begin(plan(wait: 5), terminate)
    #expect(stop.joined(by: plan(), at: start) == [])
    #expect(stop.due == at(5))
  }

  @Test func `a deadline that comes during an endless step lets the others follow`() {
    let (stop, _) = begin(plan(deadline: nil), escalating)
    #expect(stop.joined(by: plan(deadline: 20), at: at(10)) == [.deadlineMoved(left: .seconds(20))])
    #expect(stop.due == at(22))
    _ = stop.timeCame(at: at(22))
    #expect(stop.due == at(28))
    _ = stop.timeCame(at: at(28))
    #expect(stop.due == at(30))
  }

  @Test func `a deadline so near that the steps need all of it ends the wait`() {
    let steps = [Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate)]
    let (stop, _) = begin(plan(wait: 5, deadline: 60), steps)
    #expect(
      stop.joined(by: plan(deadline: 11), at: at(1)) == [
        .deadlineMoved(left: .seconds(11)), .waitEnded(.over, after: .seconds(1)), .signalApp(.quit),
        .signalled(.quit, isEscalation: false, after: .seconds(1)),
      ])
    #expect(stop.due == at(11))
  }

  // MARK: The end

  @Test func `the app's end ends a stop that holds nothing`() {
    let (stop, _) = begin(plan(), terminate)
    #expect(
      stop.appEnded(.killed(by: .terminate), othersLeft: false, at: at(2)) == [
        .appEnded(.killed(by: .terminate)), .finish,
      ])
    #expect(stop.appStatus == .killed(by: .terminate))
    #expect(stop.appEndedAfter == .seconds(2))
    #expect(!stop.hasPassedDeadline)
  }

  @Test func `an end whose status nobody knows is an end`() {
    let (stop, _) = begin(plan(), terminate, request: .hook, killsAtDeadline: false)
    #expect(stop.appEnded(nil, othersLeft: false, at: at(2)) == [.finish])
    #expect(stop.appStatus == nil)
    #expect(stop.appEndedAfter == .seconds(2))
  }

  @Test(arguments: [
    (Lifecycle.ExitStatus.killed(by: .quit), Signal.quit), (.killed(by: .terminate), .terminate),
    (.killed(by: .interrupt), .terminate), (.killed(by: .kill), .terminate), (.exited(0), .terminate),
  ])
  func `others are asked with what the app died of, if this stop sent it, or with TERM`(
    status: Lifecycle.ExitStatus, signal: Signal
  ) {
    let steps = [Step(signal: .quit, time: .span(.seconds(5))), Step(signal: .kill)]
    let (stop, _) = begin(plan(), steps)
    _ = stop.timeCame(at: at(5))
    #expect(stop.sentSignals == [.quit, .kill])
    #expect(stop.signalForOthers == .terminate)
    _ = stop.appEnded(status, othersLeft: true, at: at(6))
    #expect(stop.signalForOthers == signal)
  }

  @Test func `others are waited for from the app's end to theirs`() {
    let (stop, _) = begin(plan(hold: 3), terminate)
    #expect(!stop.waitsForOthers)
    _ = stop.appEnded(.exited(0), othersLeft: true, at: at(2))
    #expect(stop.waitsForOthers)
    _ = stop.othersEnded(at: at(3))
    #expect(stop.position == .closing(holdEnd: at(5), othersLeft: false))
    #expect(!stop.waitsForOthers)
  }

  @Test func `nobody lingers without a deadline`() {
    let (stop, _) = begin(plan(deadline: nil), terminate)
    #expect(
      stop.appEnded(.exited(0), othersLeft: true, at: at(2)) == [.appEnded(.exited(0)), .finish])
  }

  @Test func `a hold without a deadline is as long as was asked`() {
    let (stop, _) = begin(plan(deadline: nil, hold: 5), terminate)
    _ = stop.appEnded(.exited(0), othersLeft: true, at: at(2))
    #expect(stop.due == at(7))
    #expect(stop.timeCame(at: at(7)) == [.finish])
  }

  @Test func `a hold ends at the deadline, and that is no failure`() {
    let (stop, _) = begin(plan(hold: 60), terminate)
    _ = stop.appEnded(.exited(0), othersLeft: false, at: at(2))
    #expect(stop.due == at(28))
    #expect(stop.timeCame(at: at(28)) == [.finish])
    #expect(!stop.hasPassedDeadline)
  }

  @Test func `others that end after the hold end the stop`() {
    let (stop, _) = begin(plan(hold: 3), terminate)
    _ = stop.appEnded(.exited(0), othersLeft: true, at: at(2))
    #expect(stop.timeCame(at: at(5)) == [])
    #expect(stop.othersEnded(at: at(9)) == [.finish])
  }

  @Test func `an app that ended by itself leaves others their time but holds nothing`() {
    let stop = Stop(plan(wait: 5, hold: 5), steps: [], request: .appEnd, killsAtDeadline: true, at: start)
    #expect(
      stop.appEnded(.exited(1), othersLeft: true, at: start) == [
        .appEnded(.exited(1)), .askOthers, .askedOthers,
      ])
    #expect(stop.due == at(28))
    #expect(stop.othersEnded(at: at(1)) == [.finish])
  }
}
