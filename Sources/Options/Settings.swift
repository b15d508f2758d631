// What was asked for: every option's value, as the layers gave it, and what follows from it.

import Lifecycle

/// How lastcall writes its log.
public enum LogFormat: Equatable, Sendable {
  case text
  case json
}

/// The hook's own target, where PID 1 is not lastcall.
public enum Target: Equatable, Sendable {
  case process(Int32)
  case file(Text)
  case name(Text)
}

/// The values of all options. A class: as a value its copies alone would be kilobytes of code.
public final class Settings {
  /// The options that were given, a bit each; of the flags those that say yes.
  private var given: UInt32 = 0
  public internal(set) var map = Rules()
  public internal(set) var exitCodes = Rules()
  public internal(set) var parentDeathSignal: Signal?
  /// None: not given.
  public internal(set) var stopOn = SignalSet.none
  var preset: Preset?
  /// What counts as traffic.
  public internal(set) var traffic = TrafficSettings()
  public internal(set) var target: Target?
  public internal(set) var logFormat = LogFormat.text

  // Only in a peer's place.
  public internal(set) var dialect = Dialect.lastcall
  /// How much is told in the peer's own words: 0 to `Dialect.everything`.
  public internal(set) var verbosity = 0
  /// What is told before anything is done.
  public internal(set) var greeting = Line()
  public internal(set) var placement = Placement.ownGroup
  /// Whether to become the reaper of orphans where we are not PID 1.
  public internal(set) var subreaper = true
  /// tini's -w.
  public internal(set) var tellsOfOrphans = false

  public init() {}

  /// Whether an option was given; a flag: whether it says yes.
  public func has(_ option: Option) -> Bool { given & option.bit != 0 }

  func set(_ option: Option, _ isOn: Bool = true) {
    given = isOn ? given | option.bit : given & ~option.bit
  }

  public var group: Bool { has(.group) }
  public var verbose: Bool { has(.verbose) }

  /// The plan, if any option of it is set (CONTRACT 3.7); a hook always has one.
  public var plan: StopPlan? {
    // From --wait to --drain they stand side by side.
    let ofPlan = (Option.pid.bit - 1) & ~(Option.wait.bit - 1)
    return given & ofPlan == 0 ? nil : stopPlan
  }

  /// The plan with what is not given at its default.
  public let stopPlan = StopPlan()

  /// Fills in what the preset says, once all that was given is known.
  func settle() {
    if !has(.signal) { stopPlan.schedule = presetSchedule ?? .asReceived }
  }

  /// Steps in hundredths of the time there is need to know it; the preset's one signal does not. Who maps the stop
  /// signal by hand has decided otherwise.
  private var presetSchedule: Schedule? {
    guard has(.gracePeriod), let preset, map.apply(to: .terminate) == .terminate else { return nil }
    return Values.schedule(preset.schedule)
  }

  /// Whether a rule makes something else of what a terminal sends: Ctrl-C, Ctrl-\, Ctrl-Z, a resize.
  public var rulesOverKeys: Bool {
    let rules = signalRules
    return rules.apply(to: .interrupt) != .interrupt || rules.apply(to: .quit) != .quit
      || rules.apply(to: .terminalStop) != .terminalStop || rules.apply(to: .windowChange) != .windowChange
  }

  /// The signal rules: the preset's first, so that what was written out wins.
  public var signalRules: Rules {
    guard let preset else { return map }
    var rules = preset.map
    rules.add(map)
    return rules
  }
}

extension Settings {
  /// What no single option shows: options that contradict each other or lack another one. Not for a hook that hands
  /// its options over, as what they lack may be among the supervisor's. Nil if nothing is wrong.
  @inline(never)
  public func contradiction() -> Line? {
    if !has(.untilQuiet) {
      if has(.maxWait) { return Line(of: .maxWait, " bounds --until-quiet, which is not given") }
      for option in [Option.maxOpen, .drain] where has(option) {
        return Line(of: option, " belongs to --until-quiet, which is not given")
      }
    } else if !has(.maxWait) && !has(.gracePeriod) {
      return Line(of: .untilQuiet, " needs a bound: give --max-wait or --grace-period as well")
    }
    if stopPlan.gracePeriod == .zero {
      return Line(of: .gracePeriod, ": 0 leaves no time at all; accepted: a time such as 30s")
    }
    if case .steps(let steps) = stopPlan.schedule, !has(.gracePeriod) {
      for step in steps where step.time.kind == .percent {
        return Line(of: .signal, ": percentages need --grace-period")
      }
    }
    if let most = stopPlan.maxWait, most < stopPlan.wait { return Line(of: .maxWait, " is shorter than --wait") }
    return nil
  }
}
