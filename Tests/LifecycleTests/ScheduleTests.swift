// What a stop sends, and the time that takes.

import Testing

@testable import Lifecycle

@Suite struct ScheduleTests {
  private let quitThenTerminate: [Step] = [Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate)]

  @Test func `given steps are sent whoever asked, and no map touches them`() {
    let map: Rules = [SignalRule(from: .quit, to: nil), SignalRule(from: .terminate, to: .user1)]
    let schedule = Schedule.steps(quitThenTerminate)
    #expect(schedule.steps(for: .hook, map: map) == quitThenTerminate)
    #expect(schedule.steps(for: .signal(.terminate), map: map) == quitThenTerminate)
  }

  @Test func `without a schedule the app receives what came, as the map has it`() {
    let map: Rules = [SignalRule(from: .terminate, to: .quit)]
    #expect(Schedule.asReceived.steps(for: .signal(.terminate), map: map) == [Step(signal: .quit)])
    #expect(Schedule.asReceived.steps(for: .signal(.interrupt), map: map) == [Step(signal: .interrupt)])
    #expect(Schedule.asReceived.steps(for: .signal(.interrupt), map: []) == [Step(signal: .interrupt)])
  }

  @Test func `a hook without a schedule asks for what TERM would bring`() {
    #expect(Schedule.asReceived.steps(for: .hook, map: []) == [Step(signal: .terminate)])
    #expect(
      Schedule.asReceived.steps(for: .hook, map: [SignalRule(from: .terminate, to: .quit)]) == [Step(signal: .quit)])
  }

  @Test func `a hook's none only waits, a signal's none passes the signal on`() {
    #expect(Schedule.nothing.steps(for: .hook, map: []).isEmpty)
    #expect(Schedule.nothing.steps(for: .signal(.terminate), map: []) == [Step(signal: .terminate)])
  }

  @Test func `a signal that the map drops leaves nothing to send`() {
    let map: Rules = [SignalRule(from: .terminate, to: nil)]
    for schedule in [Schedule.asReceived, .nothing] {
      #expect(schedule.steps(for: .signal(.terminate), map: map).isEmpty)
      #expect(schedule.steps(for: .hook, map: map).isEmpty)
    }
  }

  @Test func `an app that has ended gets nothing`() {
    for schedule in [Schedule.asReceived, .nothing, .steps(quitThenTerminate)] {
      #expect(schedule.steps(for: .appEnd, map: []).isEmpty)
    }
  }

  // MARK: Times

  private static func step(_ signal: Signal, _ time: StepTime = .toDeadline) -> Step {
    Step(signal: signal, time: time)
  }

  private static let leastTimes: [([Step], Int64)] = [
    ([], 2),
    ([step(.terminate)], 2),
    ([step(.kill)], 1),
    ([step(.quit, .span(.zero))], 1),
    ([step(.quit, .span(.seconds(5)))], 5),
    ([step(.quit, .span(.seconds(20))), step(.terminate)], 22),
    ([step(.quit, .span(.seconds(20))), step(.terminate, .span(.seconds(5))), step(.kill)], 25),
    ([step(.terminate, .percent(60)), step(.interrupt, .percent(30)), step(.quit)], 2),
    ([step(.terminate, .percent(60)), step(.interrupt, .span(.seconds(4))), step(.kill)], 6),
  ]

  @Test(arguments: leastTimes)
  func `the time set aside is the steps' own, or the least that the kubelet grants`(steps: [Step], seconds: Int64) {
    #expect(steps.leastTime(left: .seconds(100)) == .seconds(seconds))
    #expect(steps.leastTime(left: .longest) == .seconds(seconds))
  }

  @Test func `where little is left, half of it is set aside`() {
    for steps in [[], [Step(signal: .terminate)], [Step(signal: .kill)]] {
      #expect(steps.leastTime(left: .seconds(1)) == Milliseconds(500))
      #expect(steps.leastTime(left: .zero) == .zero)
    }
    #expect(quitThenTerminate.leastTime(left: .seconds(1)) == Milliseconds(20_500))
  }

  @Test func `percentages are of the time left when the schedule starts`() {
    let steps = [
      Step(signal: .terminate, time: .percent(60)), Step(signal: .interrupt, time: .percent(30)), Step(signal: .quit),
    ]
    #expect(steps.timeNeeded(by: 0, left: .seconds(20)) == .seconds(12))
    #expect(steps.timeNeeded(by: 1, left: .seconds(20)) == .seconds(6))
    #expect(steps.timeNeeded(by: 2, left: .seconds(20)) == .seconds(2))
    #expect(steps.timeNeeded(by: 2, left: .seconds(2)) == .seconds(1))
    #expect(steps.timeNeeded(left: .seconds(20)) == .seconds(20))
    #expect(steps.timeNeeded(from: 1, left: .seconds(20)) == .seconds(8))
    #expect(steps.timeNeeded(from: 3, left: .seconds(20)) == .zero)
    #expect(steps.timeNeeded(from: 4, left: .seconds(20)) == .zero)
  }

  @Test func `a KILL that runs to the deadline asks for no time`() {
    #expect([Step(signal: .kill)].timeNeeded(left: .seconds(20)) == .zero)
  }

  @Test func `spans that are beyond all measure add up to the longest`() {
    let steps = [
      Step(signal: .quit, time: .span(.longest)), Step(signal: .terminate, time: .percent(100)), Step(signal: .kill),
    ]
    #expect(steps.timeNeeded(left: .longest) == .longest)
    #expect(steps.leastTime(left: .longest) == .longest)
  }
}
