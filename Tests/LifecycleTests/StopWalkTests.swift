// Random walks through a stop: promises that hold whatever happens, in whatever order.

import Chance
import Testing

@testable import Lifecycle

@Suite struct StopWalkTests {
  /// A walk's surroundings: a random stop, and a world that only goes forward.
  private struct Walk {
    var chance: Chance
    var stop: Stop
    var now: Instant
    let steps: [Step]
    let killsAtDeadline: Bool
    var actions: [Action]
    var appIsAlive = true

    init(seed: UInt64) {
      chance = Chance(seed: seed)
      let schedules: [[Step]] = [
        [], [Step(signal: .terminate)], [Step(signal: .kill)], [Step(signal: .quit, time: .span(.zero))],
        [Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate)],
        [
          Step(signal: .quit, time: .span(.seconds(20))), Step(signal: .terminate, time: .span(.seconds(5))),
          Step(signal: .kill),
        ],
        [
          Step(signal: .terminate, time: .percent(60)), Step(signal: .interrupt, time: .percent(30)),
          Step(signal: .quit),
        ],
        [
          Step(signal: .quit, time: .percent(100)), Step(signal: .terminate, time: .span(.longest)),
          Step(signal: .kill),
        ],
      ]
      steps = chance.pick(schedules)
      let plan = StopPlan()
      plan.wait = chance.pick([.zero, chance.span(upTo: .seconds(40)), .longest])
      plan.untilQuiet = chance.pick([nil, .zero, .seconds(3)])
      plan.maxWait = chance.pick([nil, chance.span(upTo: .seconds(40)), .longest])
      plan.gracePeriod = chance.pick([nil, Milliseconds(10) + chance.span(upTo: .seconds(60)), .seconds(30)])
      plan.reserve = chance.pick([.zero, StopPlan.defaultReserve, .longest])
      plan.hold = chance.pick([.zero, .seconds(3), .longest])
      let request = chance.pick([StopRequest.signal(.terminate), .signal(.interrupt), .hook])
      killsAtDeadline = !chance.happens(onceIn: 4)
      now = start + chance.span(upTo: .seconds(1000))
      stop = Stop(plan, steps: steps, request: request, killsAtDeadline: killsAtDeadline, at: now)
      actions = stop.begin(at: now)
    }

    /// Lets something happen, before time is due, or just that.
    mutating func goOn() {
      let due = stop.due
      let span = due == .never ? Milliseconds.seconds(5) : min(due - now - Milliseconds(1), .seconds(20))
      if due != .never && chance.happens(onceIn: 3) {
        now = due
        actions = stop.timeCame(at: now)
        return
      }
      now = now + chance.span(upTo: span)
      switch Int.random(in: 0..<8, using: &chance) {
      case 0: actions = stop.timeCame(at: now)
      case 1: actions = stop.looked(quietSince: chance.pick([.never, now - chance.span(upTo: .seconds(10))]), at: now)
      case 2: actions = stop.stopSignalCame(.terminate, hookIsAlive: chance.happens(onceIn: 3), at: now)
      case 3: actions = stop.stopSignalCame(.interrupt, hookIsAlive: false, at: now)
      case 4:
        let plan = StopPlan.ending(after: Milliseconds(1) + chance.span(upTo: .seconds(60)))
        if chance.happens(onceIn: 2) { plan.gracePeriod = nil }
        actions = stop.joined(by: plan, at: now)
      case 5 where chance.happens(onceIn: 3):
        actions = stop.appEnded(.exited(0), othersLeft: chance.happens(onceIn: 2), at: now)
        appIsAlive = false
      case 6 where !appIsAlive: actions = stop.othersEnded(at: now)
      default: actions = stop.timeCame(at: now)
      }
    }
  }

  /// What of a stop is compared with what comes of it.
  private struct Snapshot {
    let position: Position
    let deadline: Instant
    let sent: Int
    let appHasEnded: Bool

    init(_ stop: Stop) {
      position = stop.position
      deadline = stop.deadline
      sent = stop.sent.count
      appHasEnded = stop.appEndedAfter != nil
    }
  }

  private func rank(_ position: Position) -> Int {
    switch position {
    case .waiting: 0
    case .quieting: 1
    case .signalling(let step, _): 2 + step
    case .closing: 100
    case .killing: 101
    case .finished: 102
    }
  }

  private static let seeds = Array(UInt64(0)..<20)

  @Test(arguments: seeds)
  func `whatever happens, a stop goes forward, signals once, and ends in time`(seed: UInt64) {
    for turn in 0..<500 as Range<UInt64> {
      var walk = Walk(seed: seed * 500 + turn)
      let name = "seed \(seed * 500 + turn)"
      var finishes = 0
      var previous = Snapshot(walk.stop)
      var count = 0
      while true {
        let stop = walk.stop
        // Time never has to go back, and no time that has passed is waited for.
        #expect(
          stop.phase == .finished || stop.due > walk.now,
          "\(name) \(walk.now - stop.startedAt) \(walk.actions) \(stop.position)"
        )
        #expect(rank(stop.position) >= rank(previous.position), "\(name)")
        #expect(stop.deadline <= previous.deadline, "\(name)")
        // Each step once, in order.
        #expect(stop.sentSignals == walk.steps.prefix(stop.sent.count).map(\.signal), "\(name)")
        let signals = walk.actions.filter { $0.kind == .signalApp }
        #expect(stop.sent.count - (count == 0 ? 0 : previous.sent) == signals.count, "\(name)")
        // Nobody is asked or killed who was not to be.
        if walk.actions.contains(.killEverything) { #expect(walk.killsAtDeadline && stop.hasPassedDeadline, "\(name)") }
        if !walk.appIsAlive && previous.appHasEnded { #expect(signals.isEmpty, "\(name)") }
        // The end is told once, and is the end.
        finishes += walk.actions.filter { $0 == .finish }.count
        #expect(finishes == (stop.phase == .finished ? 1 : 0), "\(name)")
        if walk.actions.contains(.finish) { #expect(walk.actions.last == .finish, "\(name)") }
        // The app gets its signal, and before the deadline.
        if stop.isServing {
          #expect(stop.deadline == .never || stop.due < stop.deadline, "\(name)")
        } else if walk.appIsAlive && !walk.steps.isEmpty {
          #expect(!stop.sent.isEmpty, "\(name)")
        }
        if let first = stop.sent.first, stop.deadline != .never {
          #expect(stop.startedAt + first.span < stop.deadline, "\(name)")
        }
        guard stop.phase != .finished, count < 60 else { break }
        previous = Snapshot(stop)
        count += 1
        walk.goOn()
      }

      // Left alone, it ends by the deadline and the second that the killed have; for ever goes on only what has none.
      while walk.stop.phase != .finished, walk.stop.due != .never {
        walk.now = walk.stop.due
        _ = walk.stop.timeCame(at: walk.now)
        #expect(walk.stop.deadline == .never || walk.now <= walk.stop.deadline + .seconds(1), "\(name)")
      }
      #expect(walk.stop.phase == .finished || walk.stop.deadline == .never, "\(name)")
      // What came later than the end changes nothing.
      let deadline = walk.stop.deadline
      if walk.stop.phase == .finished {
        for _ in 0..<5 {
          walk.goOn()
          #expect(walk.stop.phase == .finished && walk.stop.deadline == deadline, "\(name)")
          #expect(walk.actions.allSatisfy { $0.kind == .ignored }, "\(name)")
        }
      }
    }
  }

  @Test func `no number of milliseconds traps`() {
    let numbers: [Int64] = [.min, -1, 0, 1, 1500, .max / 2, .max - 1, .max]
    var chance = Chance(seed: 11)
    for _ in 0..<20_000 {
      func span() -> Milliseconds { Milliseconds(chance.pick(numbers)) }
      let plan = StopPlan()
      plan.wait = span()
      plan.untilQuiet = chance.pick([nil, span()])
      plan.maxWait = chance.pick([nil, span()])
      plan.gracePeriod = chance.pick([nil, span()])
      plan.reserve = span()
      plan.hold = span()
      let steps = (0..<Int.random(in: 0...3, using: &chance)).map { _ in
        Step(signal: .terminate, time: chance.pick([.toDeadline, .span(span()), .percent(chance.pick(numbers))]))
      }
      let stop = Stop(plan, steps: steps, request: .hook, killsAtDeadline: true, at: Instant(span()))
      _ = stop.begin(at: Instant(span()))
      for _ in 0..<8 {
        let now = Instant(span())
        switch Int.random(in: 0..<7, using: &chance) {
        case 0: _ = stop.timeCame(at: now)
        case 1: _ = stop.looked(quietSince: Instant(span()), at: now)
        case 2: _ = stop.stopSignalCame(.terminate, hookIsAlive: true, at: now)
        case 3: _ = stop.stopSignalCame(.interrupt, hookIsAlive: false, at: now)
        case 4: _ = stop.joined(by: plan, at: now)
        case 5: _ = stop.appEnded(nil, othersLeft: true, at: now)
        default: _ = stop.othersEnded(at: now)
        }
      }
      // The sum of what was sent is the number of steps at the most, whatever the clock did.
      #expect(stop.sent.count <= steps.count)
    }
  }
}
