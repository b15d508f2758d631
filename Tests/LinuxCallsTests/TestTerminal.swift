// A terminal for the tests.

import CHarness

/// The keyboard's end, and the path of the other.
final class TestTerminal {
  let keyboard: Int32
  let path: String

  init() throws {
    var name = [CChar](repeating: 0, count: 32)
    keyboard = harness_make_terminal(&name)
    guard keyboard >= 0 else { throw CallsProbe.Failure(description: "no terminal") }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { close(keyboard) }

  func type(_ text: String) { _ = write(keyboard, text, text.utf8.count) }
}
