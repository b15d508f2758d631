// One layer of settings: applies option after option.

import Lifecycle

extension Parser {
  /// Takes one option's value, or refuses it.
  @inline(never)
  func apply(_ entry: OptionEntry, _ value: Text) -> Bool {
    let option = entry.option
    let isFirst = seen & option.bit == 0
    seen |= option.bit
    settings.set(option)
    switch option {
    case .map, .exitCode, .port, .ignorePeer, .stopOn:
      // A list's first value in a layer replaces what the layer below had.
      if isFirst { clear(option) }
      var start = 0
      while start <= value.count {
        let part = value.from(start).head(0x2c)
        guard add(part, to: option) else { return refuse(entry, value) }
        start += part.count + 1
      }
      return true
    default: return set(option, value) || refuse(entry, value)
    }
  }

  private func clear(_ option: Option) {
    switch option {
    case .map: settings.map = Rules()
    case .exitCode: settings.exitCodes = Rules()
    case .port: settings.traffic.ports = PortSet()
    case .ignorePeer: settings.traffic.ignoredPeers = PeerSet()
    default: settings.stopOn = .none
    }
  }

  /// One value of a list.
  private func add(_ part: Text, to option: Option) -> Bool {
    let left = part.head(0x3d)
    let right = part.from(left.count + 1)
    switch option {
    case .map:
      guard let from = Values.catchableSignal(left) else { return false }
      let to = Values.signal(right)
      if to == nil && !right.isWord(Text("none")) { return false }
      settings.map.add(from: from, to: to)
    case .exitCode:
      guard let from = left.number(most: 255), let to = right.number(most: 255) else { return false }
      settings.exitCodes.add(from: UInt8(truncatingIfNeeded: from), to: UInt8(truncatingIfNeeded: to))
    case .port:
      guard let port = part.number(most: 65535), port > 0 else { return false }
      settings.traffic.ports.insert(UInt16(truncatingIfNeeded: port))
    case .ignorePeer:
      guard let network = Values.network(part) else { return false }
      settings.traffic.ignoredPeers.add(network)
    default:
      guard let signal = Values.catchableSignal(part) else { return false }
      settings.stopOn.insert(signal)
    }
    return true
  }

  /// Any other value.
  private func set(_ option: Option, _ value: Text) -> Bool {
    switch option {
    case .group, .drain, .explain, .verbose, .help, .version:
      guard let isOn = Values.flag(value) else { return false }
      settings.set(option, isOn)
      if option == .drain { settings.traffic.drain = isOn }
      if isOn && option == .version { answer = .version }
      if isOn && option == .help { answer = .help }
    case .wait, .untilQuiet, .maxWait, .gracePeriod, .reserve, .hold:
      guard let span = Values.duration(value) else { return false }
      switch option {
      case .wait: settings.stopPlan.wait = span
      case .untilQuiet: settings.stopPlan.untilQuiet = span
      case .maxWait: settings.stopPlan.maxWait = span
      case .gracePeriod: settings.stopPlan.gracePeriod = span
      case .reserve: settings.stopPlan.reserve = span
      default: settings.stopPlan.hold = span
      }
    case .signal:
      guard let schedule = Values.schedule(value) else { return false }
      settings.stopPlan.schedule = schedule
    case .parentDeathSignal:
      guard let signal = Values.signal(value) else { return false }
      settings.parentDeathSignal = signal
    case .for:
      guard let preset = Preset(named: value) else { return false }
      settings.preset = preset
    case .maxOpen:
      guard let most = value.number(most: Int64(TrafficSettings.mostOpen)) else { return false }
      settings.traffic.maxOpen = Int(most)
    case .pid:
      guard let process = value.number(most: 4_194_304), process > 0 else { return false }
      settings.target = .process(Int32(truncatingIfNeeded: process))
    case .logFormat:
      let isJSON = value.isWord(Text("json"))
      if !isJSON && !value.isWord(Text("text")) { return false }
      settings.logFormat = isJSON ? .json : .text
    default:
      if value.isEmpty || option == .process && value.count > 15 { return false }
      settings.target = option == .process ? .name(value) : .file(value)
    }
    return true
  }
}
