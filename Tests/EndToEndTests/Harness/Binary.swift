// The programs that the tests run.

import Foundation

enum Binary {
  /// The binary under test: LASTCALL_BINARY, or the one built along with the tests.
  static let lastcall = ProcessInfo.processInfo.environment["LASTCALL_BINARY"] ?? built("lastcall")
  /// Says "ready", then a line per signal.
  static let signalEcho = built("SignalEcho")
  static let launcher = built("Launcher")

  private static func built(_ name: String) -> String {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
  }
}

let lastcall = Binary.lastcall
let echo = Binary.signalEcho
