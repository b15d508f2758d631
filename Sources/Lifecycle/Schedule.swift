// The signals of a stop and the time each gets: `QUIT/20s/TERM/5s/KILL`, as start-stop-daemon's --retry has them.

/// How long a step waits for the end before the next one follows.
public struct StepTime: Equatable, Sendable {
  public enum Kind: Sendable {
    case toDeadline, span, percent
  }

  public let kind: Kind
  /// Milliseconds or hundredths.
  public let amount: Int64

  /// As long as there is: to the deadline.
  public static var toDeadline: StepTime { StepTime(kind: .toDeadline, amount: 0) }
  public static func span(_ span: Milliseconds) -> StepTime { StepTime(kind: .span, amount: span.count) }
  /// Hundredths, 1 to 100, of the time that is left when the schedule starts.
  public static func percent(_ percent: Int64) -> StepTime { StepTime(kind: .percent, amount: percent) }
}

/// One signal of a schedule and how long it may take effect: a `signalApp`, as a list of a type of its own would be 500
/// bytes of code.
public typealias Step = Action

extension Action {
  public init(signal: Signal, time: StepTime = .toDeadline) {
    self = .signalApp(signal)
    self.time = time
  }

  public var time: StepTime {
    get { StepTime(kind: unit, amount: span.count) }
    set {
      unit = newValue.kind
      span = Milliseconds(newValue.amount)
    }
  }
}

/// What ends the app.
public enum Schedule: Equatable, Sendable {
  /// Not given: the stop signal that came (TERM for a hook), as `--map` has it.
  case asReceived
  /// `none`: wait only, and send nothing.
  case nothing
  /// At least one step; only the last may be `toDeadline`, and nothing follows KILL.
  case steps([Step])

  /// The steps of a stop. Empty: the stop only waits.
  ///
  /// A stop signal that finds `none` is passed on after the wait: only a hook may leave the rest to the kubelet, whose
  /// own stop signal follows it.
  public func steps(for request: StopRequest, map: Rules) -> [Step] {
    let received: Signal
    switch (self, request) {
    case (_, .appEnd), (.nothing, .hook): return []
    case (.steps(let steps), _): return steps
    case (_, .signal(let signal)): received = signal
    case (.asReceived, .hook): received = .terminate
    }
    guard let mapped = map.apply(to: received) else { return [] }
    return [Step(signal: mapped)]
  }
}

extension [Step] {
  /// The time to set aside for the steps out of `left`, before it is known when they start: their own spans, and for
  /// an open end or percentages, which fit themselves to what there is, what the kubelet itself grants at the least
  /// (2 s, `minimumGracePeriodInSeconds`), or half of what there is. No steps are such an open end too: what is not
  /// sent here, the kubelet sends after the wait. Even KILL takes a moment.
  public func leastTime(left: Milliseconds) -> Milliseconds {
    var sum = Milliseconds.zero
    var isOpen = isEmpty
    for step in self {
      switch step.time.kind {
      case .span: sum = sum + Milliseconds(step.time.amount)
      case .percent: isOpen = true
      case .toDeadline: isOpen = isOpen || step.signal != .kill
      }
    }
    let half = left.share(percent: 50)
    return isOpen ? sum + Swift.min(StopPlan.leastForApp, half) : Swift.max(sum, Swift.min(Stop.killTime, half))
  }

  /// The time that the steps from `first` on ask for, when `left` was there at the schedule's start: their own
  /// spans, and for a last step without one the least that makes sense.
  public func timeNeeded(from first: Int = 0, left: Milliseconds) -> Milliseconds {
    var sum = Milliseconds.zero
    for index in first..<Swift.max(first, count) {
      sum = sum + timeNeeded(by: index, left: left)
    }
    return sum
  }

  /// The time that one step asks for. A last step to the deadline asks for 2 s or half of what there is; KILL asks
  /// for none.
  func timeNeeded(by index: Int, left: Milliseconds) -> Milliseconds {
    let time = self[index].time
    switch time.kind {
    case .span: return Milliseconds(time.amount)
    case .percent: return left.share(percent: time.amount)
    case .toDeadline:
      return self[index].signal == .kill ? .zero : Swift.min(StopPlan.leastForApp, left.share(percent: 50))
    }
  }
}
