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
  case file([UInt8])
  case name([UInt8])
}

/// The values of all options. Nil or empty: not given. A class: as a value its copies alone would be kilobytes of code.
public final class Settings {
  public var map: [SignalRule] = []
  public var group = false
  public var exitCodes: [ExitCodeRule] = []
  public var parentDeathSignal: Signal?
  public var wait: Milliseconds?
  public var untilQuiet: Milliseconds?
  public var maxWait: Milliseconds?
  public var schedule: Schedule?
  public var gracePeriod: Milliseconds?
  public var reserve: Milliseconds?
  public var hold: Milliseconds?
  public var stopOn: SignalSet?
  public var preset: Preset?
  public var ports: [UInt16] = []
  public var ignoredPeers: [PeerRange] = []
  public var maxOpen: Int?
  public var drain = false
  public var target: Target?
  public var explain = false
  public var verbose = false
  public var logFormat = LogFormat.text

  // Only in a peer's place.
  public var dialect = Dialect.lastcall
  /// How much is told in the peer's own words: 0 to `Dialect.everything`.
  public var verbosity = 0
  /// What is told before anything is done.
  public var greeting = Line()
  public var placement = Placement.ownGroup
  /// Whether to become the reaper of orphans where we are not PID 1.
  public var subreaper = true
  /// tini's -w.
  public var tellsOfOrphans = false

  public init() {}

  /// The plan, if any option of it is set (CONTRACT 3.7); a hook always has one.
  public var plan: StopPlan? {
    let isSet =
      wait != nil || untilQuiet != nil || maxWait != nil || schedule != nil || gracePeriod != nil || reserve != nil
      || hold != nil || stopOn != nil || !ports.isEmpty || !ignoredPeers.isEmpty || maxOpen != nil || drain
      || preset != nil
    return isSet ? stopPlan : nil
  }

  /// The plan with what is not given at its default.
  public var stopPlan: StopPlan {
    let plan = StopPlan()
    plan.wait = wait ?? .zero
    plan.untilQuiet = untilQuiet
    plan.maxWait = maxWait
    plan.schedule = schedule ?? presetSchedule ?? .asReceived
    plan.gracePeriod = gracePeriod
    plan.reserve = reserve ?? StopPlan.defaultReserve
    plan.hold = hold ?? .zero
    return plan
  }

  /// Steps in hundredths of the time there is need to know it; the preset's one signal does not. Who maps the stop
  /// signal by hand has decided otherwise.
  private var presetSchedule: Schedule? {
    guard gracePeriod != nil, let preset, map.apply(to: .terminate) == .terminate else { return nil }
    return Values.schedule(preset.schedule.bytes)
  }

  /// What counts as traffic.
  public var traffic: TrafficSettings {
    var traffic = TrafficSettings()
    for port in ports { traffic.ports.insert(port) }
    for range in ignoredPeers { traffic.ignoredPeers.add(range) }
    traffic.maxOpen = maxOpen ?? 0
    traffic.drain = drain
    return traffic
  }

  /// Whether a rule makes something else of what a terminal sends: Ctrl-C, Ctrl-\, Ctrl-Z, a resize.
  public var rulesOverKeys: Bool {
    let keys = SignalSet(.interrupt, .quit, .terminalStop, .windowChange)
    for rule in signalRules where keys.contains(rule.from) { return true }
    return false
  }

  /// The signal rules: the preset's first, so that what was written out wins.
  public var signalRules: [SignalRule] { (preset?.map ?? []) + map }
}
