// Random walks through a supervision, from the start to the exit.

import Chance
import Testing

@testable import Lifecycle

@Suite struct SupervisionWalkTests {
  private struct Walk {
    var chance: Chance
    let supervision: Supervision
    var now = start
    var actions: [Action] = []
    var appIsAlive = true
    var othersAreLeft = false
    let knowsGrace: Bool

    init(seed: UInt64) {
      chance = Chance(seed: seed)
      supervision = Supervision()
      supervision.map = chance.pick([
        [], [SignalRule(from: .terminate, to: .quit)], [SignalRule(from: .interrupt, to: nil)],
      ])
      supervision.jobControl = chance.pick([.none, .followApp, .continueApp])
      supervision.exitCodes = chance.pick([[], [ExitCodeRule(from: 143, to: 0)]])
      supervision.plan = chance.pick([nil, Walk.plan(&chance), Walk.plan(&chance)])
      knowsGrace = supervision.plan?.gracePeriod != nil
    }

    private static func plan(_ chance: inout Chance) -> StopPlan {
      let plan = StopPlan()
      plan.wait = chance.pick([.zero, chance.span(upTo: .seconds(30))])
      plan.untilQuiet = chance.pick([nil, .seconds(3)])
      plan.schedule = chance.pick([
        .asReceived, .nothing, .steps([Step(signal: .quit)]),
        .steps([
          Step(signal: .quit, time: .span(.seconds(5))), Step(signal: .user2, time: .percent(50)), Step(signal: .kill),
        ]),
      ])
      plan.gracePeriod = chance.pick([nil, .seconds(10), .seconds(30)])
      plan.hold = chance.pick([.zero, .seconds(3)])
      return plan
    }

    mutating func goOn() -> SupervisionEvent {
      let due = supervision.due
      let event: SupervisionEvent
      if due != .never && chance.happens(onceIn: 3) {
        now = due
        event = .timeCame
      } else {
        now = now + chance.span(upTo: due == .never ? .seconds(10) : due - now - Milliseconds(1))
        event = nextEvent()
      }
      actions = supervision.handle(event, at: now)
      return event
    }

    /// What can happen to the app as it is: the dead neither stop nor end.
    private mutating func nextEvent() -> SupervisionEvent {
      switch Int.random(in: 0..<12, using: &chance) {
      case 0...2:
        let signal = chance.pick([Signal.terminate, .interrupt, .quit, .user1, .continue])
        return .received(signal, hookIsAlive: chance.happens(onceIn: 4))
      case 3 where appIsAlive: return .appStopped(by: chance.pick([.stop, .terminalStop, .terminalInput]))
      case 4, 5: return .hookAsked(Walk.plan(&chance))
      case 6 where appIsAlive:
        appIsAlive = false
        othersAreLeft = chance.happens(onceIn: 2)
        return .appEnded(chance.pick([.exited(0), .killed(by: .terminate)]), othersLeft: othersAreLeft)
      case 7 where othersAreLeft:
        othersAreLeft = false
        return .othersEnded
      case 8, 9: return .looked(quietSince: chance.pick([.never, now - .seconds(2), now - .seconds(4)]))
      default: return .timeCame
      }
    }
  }

  @Test(arguments: Array(UInt64(0)..<20))
  func `whatever happens, the app is signalled once a step, and the exit comes once and in time`(seed: UInt64) {
    for turn in 0..<500 as Range<UInt64> {
      var walk = Walk(seed: seed * 500 + turn)
      let name = "seed \(seed * 500 + turn)"
      var hasLeft = false
      var count = 0
      while count < 60 {
        count += 1
        let supervision = walk.supervision
        let appHadEnded = supervision.app == .ended
        // When the stop began that was under way.
        let began = supervision.stop?.phase == .finished ? nil : supervision.stop?.startedAt
        let event = walk.goOn()
        #expect(supervision.due > walk.now, "\(name): \(event)")

        if hasLeft { #expect(walk.actions.isEmpty, "\(name): \(event)") }
        let exits = walk.actions.filter { $0.kind == .exit }
        #expect(exits.count <= 1 && (exits.isEmpty || walk.actions.last == exits[0]), "\(name): \(event)")
        if !exits.isEmpty { hasLeft = true }
        // A hook that waits is let go before the exit.
        if !exits.isEmpty && began != nil {
          #expect(walk.actions.contains { $0.kind == .endPlan }, "\(name): \(event)")
        }
        // The exit is the supervisor's affair, not an action of the plan.
        #expect(!walk.actions.contains(.finish), "\(name): \(event)")
        // A stop signal during a stop reaches the app only through the plan, and the dead get nothing.
        if case .received(let signal, _) = event, began != nil,
          SignalSet(.terminate, .interrupt, .quit).contains(signal)
        {
          #expect(!walk.actions.contains { $0.kind == .forward }, "\(name): \(event)")
        }
        if appHadEnded {
          let reached = walk.actions.filter {
            [.forward, .continueApp, .stopOurselves, .suspendOurselves, .signalApp].contains($0.kind)
          }
          #expect(reached.isEmpty, "\(name): \(event)")
        }
        // The stop itself never sends twice (StopWalkTests); nor does a second one begin while one goes on.
        if let began, !walk.actions.contains(.endPlan(hookCode: 0)) {
          #expect(supervision.stop?.startedAt == began, "\(name): \(event)")
        }
      }

      // Left alone, it leaves by the deadline and a second, unless it is still to serve.
      while let stop = walk.supervision.stop, stop.phase != .finished, walk.supervision.due != .never {
        walk.now = walk.supervision.due
        walk.actions = walk.supervision.handle(.timeCame, at: walk.now)
        #expect(stop.deadline == .never || walk.now <= stop.deadline + .seconds(1), "\(name)")
      }
      if let stop = walk.supervision.stop, stop.deadline != .never {
        #expect(stop.phase == .finished, "\(name)")
      }
      if !walk.appIsAlive && walk.supervision.due == .never && !walk.othersAreLeft {
        #expect(walk.supervision.handle(.received(.user1, hookIsAlive: false), at: walk.now) == [], "\(name)")
      }
    }
  }
}
