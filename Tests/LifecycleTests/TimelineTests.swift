// A plan as a timeline.

import Testing

@testable import Lifecycle

@Suite struct TimelineTests {
  private let nginx = Schedule.steps([Step(signal: .quit, time: .span(.seconds(10))), Step(signal: .terminate)])

  private func plan(grace: Int64?, wait: Int64 = 0, untilQuiet: Int64? = nil, _ schedule: Schedule) -> StopPlan {
    let plan = StopPlan()
    plan.gracePeriod = grace.map { .seconds($0) }
    plan.wait = .seconds(wait)
    plan.untilQuiet = untilQuiet.map { .seconds($0) }
    plan.schedule = schedule
    return plan
  }

  private func timeline(_ plan: StopPlan, _ request: StopRequest = .signal(.terminate)) -> Timeline {
    Timeline(plan, map: [], request: request)
  }

  private func row(_ kind: Action.Kind, _ earliest: Int64, _ latest: Int64? = nil) -> Action {
    Action(kind, earliest: .seconds(earliest), latest: .seconds(latest ?? earliest))
  }

  private func signal(_ signal: Signal, _ earliest: Int64, _ latest: Int64? = nil) -> Action {
    Action(.signalled, signal, earliest: .seconds(earliest), latest: .seconds(latest ?? earliest))
  }

  @Test func `a fixed wait has fixed times`() {
    let timeline = timeline(plan(grace: 30, wait: 5, nginx))
    #expect(
      timeline.rows == [
        row(.began, 0), signal(.quit, 5), signal(.terminate, 15), row(.deadlinePassed, 28),
        row(.kubeletKill, 30),
      ])
    #expect(timeline.fits)
  }

  @Test func `a hook has the kubelet's stop signal against it, and 2 s more`() {
    #expect(
      timeline(plan(grace: 30, wait: 5, .asReceived), .hook).rows == [
        row(.began, 0), signal(.terminate, 5), row(.deadlinePassed, 28), row(.kubeletSignal, 30),
        row(.kubeletKill, 30, 32),
      ])
  }

  @Test func `quiet comes no earlier than it lasts, and no later than the wait may last`() {
    #expect(
      timeline(plan(grace: 30, wait: 2, untilQuiet: 4, nginx)).rows.prefix(3) == [
        row(.began, 0), signal(.quit, 4, 14), signal(.terminate, 14, 24),
      ])
    #expect(timeline(plan(grace: 30, wait: 6, untilQuiet: 4, nginx)).rows[1] == signal(.quit, 6, 14))
    #expect(timeline(plan(grace: 30, wait: 6, untilQuiet: 60, nginx)).rows[1] == signal(.quit, 14, 14))
  }

  @Test func `a step that the latest start leaves no turn has the deadline's time`() {
    let late = plan(grace: 30, untilQuiet: 1, .steps([Step(signal: .quit, time: .percent(100)), Step(signal: .kill)]))
    late.maxWait = .seconds(25)
    let rows = timeline(late).rows
    #expect(rows.prefix(2) == [row(.began, 0), signal(.quit, 1, 25)])
    #expect(!rows.contains { $0.other < $0.span })
  }

  @Test func `a hook that only waits has the end of its wait`() {
    #expect(
      timeline(plan(grace: 30, wait: 5, untilQuiet: 1, .nothing), .hook).rows == [
        row(.began, 0), row(.waitEnded, 5, 14), row(.deadlinePassed, 28), row(.kubeletSignal, 30),
        row(.kubeletKill, 30, 32),
      ])
  }

  @Test func `without a grace period there is neither a deadline nor a KILL`() {
    #expect(
      timeline(plan(grace: nil, wait: 5, nginx)).rows == [
        row(.began, 0), signal(.quit, 5), signal(.terminate, 15),
      ])
  }

  @Test func `the map decides the signal where none is given`() {
    let rows = Timeline(
      plan(grace: nil, .asReceived), map: [SignalRule(from: .terminate, to: .user1)], request: .signal(.terminate)
    ).rows
    #expect(rows == [row(.began, 0), signal(.user1, 0)])
  }

  @Test func `a plan that does not fit says so`() {
    let timeline = timeline(plan(grace: 12, wait: 5, nginx))
    #expect(!timeline.fits)
    #expect(timeline.budget.neededGracePeriod == .seconds(19))
  }

  @Test func `a wait without end may send its signals never`() {
    let endless = plan(grace: nil, untilQuiet: 5, nginx)
    endless.maxWait = .longest
    #expect(
      timeline(endless).rows == [
        row(.began, 0),
        Action(.signalled, .quit, earliest: .seconds(5), latest: .longest),
        Action(.signalled, .terminate, earliest: .seconds(15), latest: .longest),
      ])
    endless.wait = .longest
    #expect(timeline(endless).rows == [row(.began, 0)])
  }
}
