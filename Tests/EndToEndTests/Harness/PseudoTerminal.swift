// A terminal whose keyboard and screen are the test's. `Setup.terminal` gives it to a process, which leads its session.

import CHarness
import Foundation

final class PseudoTerminal {
  let output: CapturedOutput
  /// The device's path.
  let path: String
  /// Those that were started on it; they live as long as it does.
  private var processes: [ChildProcess] = []

  init() throws {
    var name = [CChar](repeating: 0, count: 32)
    let descriptor = harness_make_terminal(&name)
    guard descriptor >= 0 else { throw HarnessError("cannot make a terminal") }
    path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    output = CapturedOutput(descriptor)
    resize(rows: 24, columns: 80)
  }

  deinit {
    // Before the terminal hangs up, at which the processes would end in some order and leave others behind.
    processes = []
  }

  /// Presses keys: "\u{3}" is Ctrl-C, "\u{1a}" Ctrl-Z.
  func type(_ keys: String) throws {
    let bytes = Array(keys.utf8)
    guard write(output.descriptor, bytes, bytes.count) == bytes.count else { throw HarnessError("cannot type") }
  }

  /// Presses keys, and waits for what follows from them.
  func type(_ keys: String, until part: String) throws {
    try type(keys)
    try waitForOutput(containing: part)
  }

  /// Ctrl-Z, until the shell has said so and shows its prompt.
  func stopJob() throws {
    try type("\u{1a}", until: "Stopped")
    try waitForOutput(containing: "prompt> ")
  }

  /// Until `part` stands on the screen after the last part waited for.
  func waitForOutput(containing part: String) throws {
    do {
      try Waiting.wait(on: [output], or: nil) {
        if output.passOver(part) { return () }
        if output.hasEnded { throw HarnessError("the terminal is closed") }
        return nil
      }
    } catch let error as HarnessError {
      throw HarnessError("waiting for \"\(part)\": \(error)\n--- terminal\n\(output.text)")
    }
  }

  /// Changes the window's size; the kernel sends WINCH to the foreground group if it differs.
  func resize(rows: UInt16, columns: UInt16) { _ = harness_set_window(output.descriptor, rows, columns) }

  /// Hangs up: the kernel sends HUP to the session's leader and to the foreground group.
  func hangUp() { output.end() }

  /// The foreground process group, as pids of the tests' own namespace.
  var foregroundGroup: Int32 { tcgetpgrp(output.descriptor) }

  /// Reads what is on the screen.
  var screen: String {
    output.drain()
    return output.text
  }

  var lines: [String] { screen.split(whereSeparator: \.isNewline).map(String.init) }

  func add(_ process: ChildProcess) { processes.append(process) }

  /// The end that is the process's.
  func openOtherEnd() throws -> Int32 {
    let descriptor = harness_open(path, O_RDWR | O_NOCTTY)
    guard descriptor >= 0 else { throw HarnessError("cannot open \(path)") }
    return descriptor
  }
}
