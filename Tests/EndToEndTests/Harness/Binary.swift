// The programs that the tests run.

import Foundation

enum Binary {
  /// The binary under test: LASTCALL_BINARY, or the one built along with the tests.
  static let lastcall = ProcessInfo.processInfo.environment["LASTCALL_BINARY"] ?? built("lastcall")
  /// Says "ready", then a line per signal.
  static let signalEcho = built("SignalEcho")
  static let launcher = built("Launcher")

  /// What a dynamically linked binary under test needs: the loader and the libraries that it finds. None for a static one.
  static let libraries: [String] = {
    guard let ldd = try? ChildProcess("ldd", lastcall), (try? ldd.waitForExit()) == .code(0) else { return [] }
    return ldd.lines.compactMap { $0.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") } }.map(
      String.init)
  }()

  static func folder(of program: String) -> String { URL(fileURLWithPath: program).deletingLastPathComponent().path }

  private static func built(_ name: String) -> String {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
  }
}

let lastcall = Binary.lastcall
let echo = Binary.signalEcho
