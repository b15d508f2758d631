// One layer of settings: applies option after option.

import Lifecycle

/// Settings while one layer (the environment, or a command line) is read into them.
struct Layer {
  var settings: Settings
  let command: OptionScope
  /// Whether the values come from variables, for the messages.
  var isVariable = false
  /// `--help` and `--version` end the reading.
  var answer: Invocation?
  private var seen: UInt32 = 0

  init(settings: Settings, command: OptionScope) {
    self.settings = settings
    self.command = command
  }

  /// Takes one option's value.
  mutating func apply(_ entry: OptionEntry, _ value: [UInt8]) throws(UsageError) {
    let bit: UInt32 = 1 << UInt32(entry.option.rawValue)
    let isFirst = seen & bit == 0
    seen |= bit
    guard set(entry.option, value, isFirst: isFirst) else {
      throw .badValue(entry, value, isVariable: isVariable)
    }
  }

  /// Says whether the value was one. A list's first value in a layer replaces what the layer below had.
  private mutating func set(_ option: Option, _ value: [UInt8], isFirst: Bool) -> Bool {
    switch option {
    case .map: return append(Values.signalRules(value), to: &settings.map, isFirst)
    case .exitCode: return append(Values.exitCodeRules(value), to: &settings.exitCodes, isFirst)
    case .port: return append(Values.ports(value), to: &settings.ports, isFirst)
    case .ignorePeer: return append(Values.networks(value), to: &settings.ignoredPeers, isFirst)
    case .wait: return put(Values.duration(value), &settings.wait)
    case .untilQuiet: return put(Values.duration(value), &settings.untilQuiet)
    case .maxWait: return put(Values.duration(value), &settings.maxWait)
    case .gracePeriod: return put(Values.duration(value), &settings.gracePeriod)
    case .reserve: return put(Values.duration(value), &settings.reserve)
    case .hold: return put(Values.duration(value), &settings.hold)
    case .parentDeathSignal: return put(Values.signal(value), &settings.parentDeathSignal)
    case .signal: return put(Values.schedule(value), &settings.schedule)
    case .for: return put(Values.preset(value), &settings.preset)
    case .maxOpen:
      return put(Values.number(value, most: Int64(TrafficSettings.mostOpen)).map { Int($0) }, &settings.maxOpen)
    case .stopOn: return setStopOn(value, isFirst)
    case .pid:
      return put(Values.number(value, most: 4_194_304).flatMap { $0 > 0 ? .process(Int32($0)) : nil }, &settings.target)
    case .pidFile: return put(value.isEmpty ? nil : .file(value), &settings.target)
    case .process: return put(value.isEmpty || value.count > 15 ? nil : .name(value), &settings.target)
    case .group: return put(Values.flag(value), &settings.group)
    case .drain: return put(Values.flag(value), &settings.drain)
    case .explain: return put(Values.flag(value), &settings.explain)
    case .verbose: return put(Values.flag(value), &settings.verbose)
    case .logFormat: return setLogFormat(value)
    case .help, .version: return setAnswer(option, value)
    }
  }

  private func append<Element>(_ values: [Element]?, to list: inout [Element], _ isFirst: Bool) -> Bool {
    guard let values else { return false }
    list = isFirst ? values : list + values
    return true
  }

  private func put<Value>(_ value: Value?, _ place: inout Value?) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  private func put(_ value: Bool?, _ place: inout Bool) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  private mutating func setStopOn(_ value: [UInt8], _ isFirst: Bool) -> Bool {
    guard let set = Values.signalSet(value) else { return false }
    let former = isFirst ? nil : settings.stopOn
    settings.stopOn = SignalSet(bits: set.bits | (former ?? .none).bits)
    return true
  }

  private mutating func setLogFormat(_ value: [UInt8]) -> Bool {
    if Values.isWord(value, "text") {
      settings.logFormat = .text
    } else if Values.isWord(value, "json") {
      settings.logFormat = .json
    } else {
      return false
    }
    return true
  }

  private mutating func setAnswer(_ option: Option, _ value: [UInt8]) -> Bool {
    guard let isSet = Values.flag(value) else { return false }
    if isSet { answer = option == .version ? .version : .help(command == .hook ? .hook : .overview) }
    return true
  }
}

extension Settings {
  /// What no single option shows: options that contradict each other or lack another one. Not for a hook that hands
  /// its options over, as what they lack may be among the supervisor's.
  public func check() throws(UsageError) {
    if untilQuiet == nil {
      if maxWait != nil { throw .option(.maxWait, " bounds --until-quiet, which is not given") }
      if maxOpen != nil { throw .option(.maxOpen, " belongs to --until-quiet, which is not given") }
      if drain { throw .option(.drain, " belongs to --until-quiet, which is not given") }
    } else if maxWait == nil && gracePeriod == nil {
      throw .option(.untilQuiet, " needs a bound: give --max-wait or --grace-period as well")
    }
    if let gracePeriod, gracePeriod == .zero {
      throw .option(.gracePeriod, ": 0 leaves no time at all; accepted: a time such as 30s")
    }
    if case .steps(let steps)? = schedule, gracePeriod == nil {
      for step in steps where step.time.kind == .percent { throw .option(.signal, ": percentages need --grace-period") }
    }
    if let wait, let maxWait, maxWait < wait { throw .option(.maxWait, " is shorter than --wait") }
  }
}
