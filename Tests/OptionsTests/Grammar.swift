// Values of options by chance: well-formed ones, damage, and a second reading of them that shares nothing with the first.

import Chance
import Foundation
import Lifecycle

@testable import Options

enum Grammar {
  static func number(_ chance: inout Chance) -> String {
    switch chance.number(0...5) {
    case 0: String(chance.number(0...300))
    case 1: String(Int64.random(in: 0...Int64.max, using: &chance))
    case 2: String(repeating: "0", count: chance.number(0...30)) + String(chance.number(0...300))
    case 3: "922337203685477" + String(chance.number(5790...5830))
    case 4: String(UInt64.random(in: 0...UInt64.max, using: &chance)) + String(chance.number(0...9))
    default: ""
    }
  }

  private static func shortNumber(_ chance: inout Chance) -> String {
    chance.happens(onceIn: 20) ? number(&chance) : String(chance.number(0...200))
  }

  static func duration(_ chance: inout Chance) -> String {
    if chance.happens(onceIn: 4) { return shortNumber(&chance) + fraction(&chance) }
    var text = ""
    for unit in ["h", "m", "s", "ms"] where chance.happens(onceIn: 2) {
      text += shortNumber(&chance) + fraction(&chance) + unit
    }
    return text
  }

  private static func fraction(_ chance: inout Chance) -> String {
    chance.happens(onceIn: 5) ? "." + String(chance.number(0...2000)) : ""
  }

  static func signal(_ chance: inout Chance) -> String {
    switch chance.number(0...4) {
    case 0: return String(chance.number(0...70))
    case 1: return chance.pick(["RTMIN", "RTMAX", "rtmin", "SIGRTMIN"])
    case 2: return chance.pick(["RTMIN+", "RTMAX-", "SIGRTMAX-", "RtMin+", "RTMIN-"]) + String(chance.number(0...33))
    default:
      let name = chance.pick(Array(Oracle.spellings.keys).sorted())
      let text = chance.happens(onceIn: 3) ? "SIG" + name : name
      return chance.happens(onceIn: 3) ? text.lowercased() : text
    }
  }

  static func signalRule(_ chance: inout Chance) -> String {
    signal(&chance) + "=" + (chance.happens(onceIn: 5) ? "none" : signal(&chance))
  }

  static func schedule(_ chance: inout Chance) -> String {
    if chance.happens(onceIn: 20) { return "none" }
    var text = signal(&chance)
    for _ in 0..<chance.number(0...3) {
      text +=
        "/" + (chance.happens(onceIn: 3) ? "\(chance.number(0...60))%" : duration(&chance)) + "/" + signal(&chance)
    }
    return text
  }

  static func address(_ chance: inout Chance) -> String {
    func four(_ chance: inout Chance) -> String {
      (0..<4).map { _ in String(chance.number(0...270)) }.joined(separator: ".")
    }
    if chance.happens(onceIn: 3) { return four(&chance) }
    var groups = (0..<chance.number(5...8)).map { _ in String(chance.number(0...0xffff), radix: 16) }
    if chance.happens(onceIn: 3) { groups[groups.count - 1] = four(&chance) }
    if chance.happens(onceIn: 2) { groups[chance.number(0...groups.count - 1)] = "" }
    return chance.pick(["", "", "", ":"]) + groups.joined(separator: ":") + chance.pick(["", "", "", ":"])
  }

  static func list(_ chance: inout Chance, _ element: (inout Chance) -> String) -> String {
    (0..<chance.number(1...4)).map { _ in element(&chance) }.joined(separator: ",")
  }

  /// A value of an option, most often a good one.
  static func value(of option: Option, _ chance: inout Chance) -> String {
    if let sample = Sample.all.first(where: { $0.option == option }), !chance.happens(onceIn: 3) {
      return chance.pick([sample.value, sample.other])
    }
    switch option {
    case .map: return list(&chance, signalRule)
    case .exitCode: return list(&chance) { "\($0.number(0...260))=\($0.number(0...260))" }
    case .port: return list(&chance) { String($0.number(0...66000)) }
    case .ignorePeer: return list(&chance) { address(&$0) + ($0.happens(onceIn: 2) ? "/\($0.number(0...130))" : "") }
    case .wait, .untilQuiet, .maxWait, .gracePeriod, .reserve, .hold: return duration(&chance)
    case .signal: return schedule(&chance)
    case .stopOn: return list(&chance, signal)
    case .parentDeathSignal: return signal(&chance)
    case .for: return Preset.all[chance.number(0...Preset.all.count - 1)].name.text
    case .maxOpen, .pid: return number(&chance)
    case .pidFile, .process: return chance.pick(["", "a", "nginx", "a name of more than fifteen bytes"])
    case .group, .drain, .explain, .verbose, .help, .version: return chance.pick(["1", "0", "no", "Yes", "2"])
    case .logFormat: return chance.pick(["text", "json", "xml"])
    }
  }

  /// What damages a value most.
  static let pieces = [
    ",", "/", "=", "-", "+", ".", ":", "%", "0", "9", "--", "=none", "::", " ", "\0", "\n", "\u{1b}[", "é", "s", "ms",
    "SIG", "99999999999999999999",
  ]
}

/// The same questions, answered by Foundation.
enum Oracle {
  /// Names in capitals without SIG.
  static let spellings: [String: Int] = {
    var names = [
      "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
      "USR1": 10,
      "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17, "CONT": 18,
      "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27,
      "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31, "UNUSED": 31, "RTMIN": 34, "RTMAX": 64,
    ]
    for offset in 0...30 {
      for text in [String(offset), "0\(offset)"] where text.count <= 2 {
        names["RTMIN+\(text)"] = 34 + offset
        names["RTMAX-\(text)"] = 64 - offset
      }
    }
    return names
  }()

  static func signal(_ text: [UInt8]) -> Signal? {
    guard text.allSatisfy({ $0 < 0x80 }) else { return nil }
    var name = String(decoding: text, as: UTF8.self).uppercased()
    if !name.isEmpty, name.allSatisfy({ $0 >= "0" && $0 <= "9" }) { return Int(name).flatMap { Signal($0) } }
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    return spellings[name].flatMap { Signal($0) }
  }

  private static let time = try? NSRegularExpression(
    pattern:
      #"\A(?:(\d+)(?:\.(\d{1,3}))?h)?(?:(\d+)(?:\.(\d{1,3}))?m)?(?:(\d+)(?:\.(\d{1,3}))?s)?(?:(\d+)(?:\.(\d{1,3}))?ms)?\z"#
  )
  private static let bare = try? NSRegularExpression(pattern: #"\A(\d+)(?:\.(\d{1,3}))?\z"#)

  static func duration(_ bytes: [UInt8]) -> Milliseconds? {
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 < 0x80 }), let time, let bare else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let all = NSRange(location: 0, length: text.utf16.count)
    let match: NSTextCheckingResult
    let units: [Int]
    if let found = bare.firstMatch(in: text, range: all) {
      match = found
      units = [1000]
    } else if let found = time.firstMatch(in: text, range: all) {
      match = found
      units = [3_600_000, 60_000, 1000, 1]
    } else {
      return nil
    }
    func part(_ index: Int) -> Substring? { Range(match.range(at: index), in: text).map { text[$0] } }
    var total = Decimal(0)
    for (index, unit) in units.enumerated() {
      guard let whole = part(2 * index + 1) else { continue }
      guard let value = Int64(whole), value <= Int64.max / 3_600_000 else { return nil }
      let digits = (part(2 * index + 2).map { String($0) } ?? "").padding(toLength: 3, withPad: "0", startingAt: 0)
      total += Decimal(value) * Decimal(unit) + Decimal((Int(digits) ?? 0) * unit / 1000)
    }
    return total >= Decimal(Int64.max) ? .longest : Milliseconds(Int64(truncating: total as NSDecimalNumber))
  }
}
