// What the suites share: short ways to write times, and readable failures.

import Chance

@testable import Lifecycle

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
    let plan = StopPlan()
    plan.gracePeriod = deadline + StopPlan.defaultReserve
    plan.schedule = schedule
    return plan
  }
}

extension Chance {
  mutating func span(upTo most: Milliseconds) -> Milliseconds {
    Milliseconds(Int64.random(in: 0...most.count, using: &self))
  }
}

extension Text {
  /// A test's bytes, which stay because nobody frees them.
  init(leaked bytes: [UInt8]) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
    copy.initialize(from: bytes + [0], count: bytes.count + 1)
    self.init(immortal: copy, count: bytes.count)
  }
}

/// A stop's phase with what belongs to it.
enum Position: Equatable {
  case waiting, quieting, finished
  case signalling(step: Int, until: Instant)
  case closing(holdEnd: Instant, othersLeft: Bool)
  case killing(until: Instant)
}

extension Stop {
  var position: Position {
    switch phase {
    case .waiting: .waiting
    case .quieting: .quieting
    case .signalling: .signalling(step: step, until: until)
    case .closing: .closing(holdEnd: until, othersLeft: othersLeft)
    case .killing: .killing(until: until)
    case .finished: .finished
    }
  }

  /// The signals that it sent.
  var sentSignals: [Signal] { sent.map(\.signal) }
}

extension Text {
  var text: String { Line(self).text }
}

extension Preset {
  static var all: [Preset] { rows.map { Preset(row: $0) } }
}

/// A rule as tests write it: `--map FROM=TO`, `--exit-code FROM=TO`.
public struct Rule: Sendable {
  let from: UInt8
  let to: UInt8

  init(from: Signal, to: Signal?) {
    self.from = from.number
    self.to = to?.number ?? 0
  }

  init(from: UInt8, to: UInt8) {
    self.from = from
    self.to = to
  }
}

typealias SignalRule = Rule
typealias ExitCodeRule = Rule

extension Rules: ExpressibleByArrayLiteral {
  public init(arrayLiteral rules: Rule...) {
    self.init()
    for rule in rules { add(from: rule.from, to: rule.to) }
  }
}
