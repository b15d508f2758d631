// What the suites share: short ways to write times, a readable failure, and chance that repeats itself.

import Lifecycle

extension Milliseconds {
  static func seconds(_ count: Int64) -> Milliseconds { Milliseconds(seconds: count) }
}

/// A clock's zero is of no meaning, so that no test starts at it.
let start = Instant(.seconds(1000))

/// So many seconds after `start`.
func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

func at(milliseconds: Int64) -> Instant { start + Milliseconds(milliseconds) }

extension Line {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension StopPlan {
  /// A plan with a deadline `deadline` after its start.
  static func ending(after deadline: Milliseconds, schedule: Schedule = .asReceived) -> StopPlan {
    var plan = StopPlan()
    plan.gracePeriod = deadline + StopPlan.defaultReserve
    plan.schedule = schedule
    return plan
  }
}

/// SplitMix64 with a fixed seed: chance that is the same in every run.
struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  /// True once in `count` times.
  mutating func happens(onceIn count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  mutating func span(upTo most: Milliseconds) -> Milliseconds {
    Milliseconds(Int64.random(in: 0...most.count, using: &self))
  }
}
