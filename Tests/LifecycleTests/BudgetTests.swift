// What a deadline leaves of what was asked, and what is said about the rest.

import Chance
import Testing

@testable import Lifecycle

@Suite struct StopPlanTests {
  @Test func `an empty plan waits for nothing, sends what came and knows no deadline`() {
    let plan = StopPlan()
    #expect(plan.wait == .zero)
    #expect(plan.untilQuiet == nil)
    #expect(plan.maxWait == nil)
    #expect(plan.schedule == .asReceived)
    #expect(plan.gracePeriod == nil)
    #expect(plan.reserve == .seconds(2))
    #expect(plan.hold == .zero)
  }
}

extension Budget {
  /// What cannot be had as it was asked. Every warning names the same grace period.
  fileprivate var cuts: [PlanWarning] {
    for warned in warnings { #expect(warned == .warned(warned.warning, neededGracePeriod: neededGracePeriod)) }
    return warnings.map(\.warning)
  }
}

@Suite struct BudgetTests {
  private let terminate = [Step(signal: .terminate)]
  private let nginx: [Step] = [Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate)]
  private let escalating: [Step] = [
    Step(signal: .terminate, time: .percent(60)), Step(signal: .interrupt, time: .percent(30)), Step(signal: .quit),
  ]

  private func plan(
    grace: Int64?, wait: Int64 = 0, untilQuiet: Int64? = nil, maxWait: Int64? = nil, reserve: Int64 = 2, hold: Int64 = 0
  ) -> StopPlan {
    let plan = StopPlan()
    plan.gracePeriod = grace.map { .seconds($0) }
    plan.wait = .seconds(wait)
    plan.untilQuiet = untilQuiet.map { .seconds($0) }
    plan.maxWait = maxWait.map { .seconds($0) }
    plan.reserve = .seconds(reserve)
    plan.hold = .seconds(hold)
    return plan
  }

  @Test func `a plan that fits is left as it is`() {
    let budget = Budget(plan(grace: 30, wait: 5, hold: 3), steps: nginx)
    #expect(budget.deadline == .seconds(28))
    #expect(budget.wait == .seconds(5))
    #expect(budget.maxWait == .seconds(5))
    #expect(budget.cuts == [])
  }

  @Test func `without a grace period nothing is cut and no deadline is made up`() {
    let budget = Budget(plan(grace: nil, wait: 3600, hold: 3600), steps: nginx)
    #expect(budget.deadline == .longest)
    #expect(budget.wait == .seconds(3600))
    #expect(budget.maxWait == .seconds(3600))
    #expect(budget.cuts == [])
  }

  @Test func `the wait is cut rather than the time of the app`() {
    let budget = Budget(plan(grace: 30, wait: 10), steps: nginx)
    #expect(budget.wait == .seconds(6))
    #expect(budget.maxWait == .seconds(6))
    #expect(budget.cuts == [.waitCut(from: .seconds(10), to: .seconds(6))])
    #expect(budget.neededGracePeriod == .seconds(34))
  }

  @Test func `percentages adapt to what the wait leaves and never cut it`() {
    let budget = Budget(plan(grace: 30, wait: 15), steps: escalating)
    #expect(budget.wait == .seconds(15))
    #expect(budget.cuts == [])
    #expect(budget.neededGracePeriod == .seconds(19))
  }

  @Test func `a hook that only waits leaves time for the kubelet's signal`() {
    let budget = Budget(plan(grace: 30, wait: 28), steps: [])
    #expect(budget.wait == .seconds(26))
    #expect(budget.cuts == [.waitCut(from: .seconds(28), to: .seconds(26))])
    #expect(budget.neededGracePeriod == .seconds(32))
  }

  @Test func `even KILL comes before the deadline`() {
    #expect(Budget(plan(grace: 30, wait: 30), steps: [Step(signal: .kill)]).wait == .seconds(27))
  }

  @Test func `a reserve never takes more than half of the grace period`() {
    let budget = Budget(plan(grace: 1, wait: 5), steps: terminate)
    #expect(budget.deadline == Milliseconds(500))
    #expect(budget.wait == Milliseconds(250))
    #expect(
      budget.cuts == [.reserveCut(to: Milliseconds(500)), .waitCut(from: .seconds(5), to: Milliseconds(250))])
  }

  @Test func `the wait for quiet may take half of the time to the deadline`() {
    let budget = Budget(plan(grace: 30, wait: 5, untilQuiet: 3), steps: terminate)
    #expect(budget.wait == .seconds(5))
    #expect(budget.maxWait == .seconds(14))
    #expect(budget.cuts == [])
  }

  @Test func `half of the time gives way to the steps without a warning, as nobody asked for it`() {
    let budget = Budget(plan(grace: 30, untilQuiet: 3), steps: nginx)
    #expect(budget.maxWait == .seconds(6))
    #expect(budget.cuts == [])
  }

  @Test func `a given latest end of the wait is cut with a warning`() {
    let budget = Budget(plan(grace: 30, untilQuiet: 3, maxWait: 20), steps: nginx)
    #expect(budget.maxWait == .seconds(6))
    #expect(budget.cuts == [.maxWaitCut(from: .seconds(20), to: .seconds(6))])
    #expect(budget.neededGracePeriod == .seconds(44))
  }

  @Test func `the wait for quiet never ends before the wait`() {
    for grace in [30, nil] as [Int64?] {
      let budget = Budget(plan(grace: grace, wait: 20, untilQuiet: 3, maxWait: 10), steps: terminate)
      #expect(budget.wait == .seconds(20))
      #expect(budget.maxWait == .seconds(20))
    }
    #expect(Budget(plan(grace: nil, wait: 5, untilQuiet: 3, maxWait: 10), steps: terminate).maxWait == .seconds(10))
    #expect(Budget(plan(grace: nil, wait: 5, untilQuiet: 3), steps: terminate).maxWait == .seconds(5))
  }

  @Test func `a schedule longer than the time there is leaves no wait`() {
    let budget = Budget(plan(grace: 12, wait: 5), steps: nginx)
    #expect(budget.wait == .zero)
    #expect(
      budget.cuts == [
        .waitCut(from: .seconds(5), to: .zero), .scheduleSqueezed(from: .seconds(22), to: .seconds(10)),
      ])
    #expect(budget.neededGracePeriod == .seconds(29))
  }

  @Test func `a hold that even an app that ends at once cannot have is told`() {
    let budget = Budget(plan(grace: 10, wait: 5, hold: 4), steps: terminate)
    #expect(budget.cuts == [.holdCut(from: .seconds(4), to: .seconds(3))])
    #expect(budget.neededGracePeriod == .seconds(13))
  }

  @Test func `the needed grace period is whole seconds`() {
    let uneven = plan(grace: 30)
    uneven.wait = Milliseconds(1001)
    #expect(Budget(uneven, steps: terminate).neededGracePeriod == .seconds(6))
  }

  @Test func `the rest of a stop needs what its beginning took, too`() {
    let rest = plan(grace: 10, reserve: 0)
    rest.spent = .seconds(20)
    #expect(Budget(rest, steps: nginx).neededGracePeriod == .seconds(42))
  }

  @Test func `spans beyond all measure do not trap`() {
    let spans: [Int64] = [0, 1, .max - 1, .max, .min, -1]
    for grace in spans {
      for other in spans {
        for steps in [[], terminate, nginx, escalating, [Step(signal: .quit, time: .span(.longest))]] {
          let plan = StopPlan()
          plan.gracePeriod = Milliseconds(grace)
          plan.wait = Milliseconds(other)
          plan.untilQuiet = Milliseconds(other)
          plan.maxWait = Milliseconds(other)
          plan.reserve = Milliseconds(other)
          plan.hold = Milliseconds(other)
          let budget = Budget(plan, steps: steps)
          if grace >= 0 && other >= 0 {
            let deadline = budget.deadline
            #expect(deadline >= .zero && deadline <= Milliseconds(grace))
            #expect(budget.wait >= .zero && budget.wait <= deadline)
            #expect(budget.maxWait >= budget.wait && budget.maxWait <= deadline)
          }
        }
      }
    }
  }

  @Test func `the wait leaves the steps their time, and the grace period that is called needed is enough`() {
    var chance = Chance(seed: 3)
    for _ in 0..<20_000 {
      let plan = StopPlan()
      plan.gracePeriod = chance.span(upTo: .seconds(60))
      plan.wait = chance.span(upTo: .seconds(chance.pick([0, 5, 60])))
      plan.untilQuiet = chance.pick([nil, .seconds(3)])
      plan.maxWait = chance.pick([nil, chance.span(upTo: .seconds(60))])
      plan.reserve = chance.span(upTo: .seconds(chance.pick([0, 2, 40])))
      plan.hold = chance.span(upTo: .seconds(chance.pick([0, 3, 40])))
      let steps = chance.pick([[], terminate, nginx, escalating, [Step(signal: .kill)]])

      let budget = Budget(plan, steps: steps)
      let deadline = budget.deadline
      #expect(budget.wait <= max(.zero, deadline - steps.leastTime(left: deadline)))
      #expect(budget.maxWait <= max(.zero, deadline - steps.leastTime(left: deadline)))
      #expect(budget.wait <= plan.wait && budget.wait <= budget.maxWait)
      if budget.wait < plan.wait { #expect(budget.cuts.contains(.waitCut(from: plan.wait, to: budget.wait))) }

      plan.gracePeriod = budget.neededGracePeriod
      #expect(Budget(plan, steps: steps).cuts == [], "\(plan) \(steps)")
      #expect(Budget(plan, steps: steps).wait == plan.wait)
      #expect(Budget(plan, steps: steps).neededGracePeriod == budget.neededGracePeriod)
    }
  }
}
