// A process of a test, and the waiting for what it does. No wait sleeps or looks again: each ends by a line, an exit or an
// end-of-file, or fails the test after a minute with all that is known.

import CHarness
import Foundation
import Testing

struct HarnessError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// How a process ended.
enum Exit: Equatable {
  case code(Int32)
  case signal(Int32)
}

/// Killed, with everything that descends from it, when nothing refers to it any more: a test keeps it, or the terminal that
/// it is on, to its end.
class ChildProcess: CustomStringConvertible {
  enum Stream { case standardOutput, standardError }

  let command: [String]
  let pid: pid_t
  private let processDescriptor: Int32
  private let output: CapturedOutput?
  private let errors: CapturedOutput?
  private weak var terminal: PseudoTerminal?
  private var input: Int32?
  private(set) var exit: Exit?

  /// Runs a command, found on PATH; comes back when its program has been executed, and throws if it could not be.
  convenience init(_ command: String..., configure: (inout Setup) -> Void = { _ in }) throws {
    try self.init(command, configure: configure)
  }

  convenience init(_ command: [String], configure: (inout Setup) -> Void = { _ in }) throws {
    var setup = Setup()
    configure(&setup)
    try self.init(command, setup, placement: [])
  }

  /// `placement`: the launcher's options for namespaces.
  init(_ command: [String], _ setup: Setup, placement: [String]) throws {
    self.command = command
    terminal = setup.terminal
    var ends: [Int32] = []
    var descriptors = setup.descriptors
    defer { ends.forEach { _ = close($0) } }

    switch (setup.terminal, setup.standardInput) {
    case (let terminal?, _):
      descriptors.append((number: 0, ours: try terminal.openOtherEnd()))
      ends.append(descriptors[descriptors.count - 1].ours)
    case (nil, .null):
      ends.append(harness_open("/dev/null", O_RDONLY))
      descriptors.append((number: 0, ours: ends[0]))
    case (nil, .pipe):
      let pipe = try makePipe()
      ends.append(pipe.reading)
      input = pipe.writing
      descriptors.append((number: 0, ours: pipe.reading))
    case (nil, .descriptor(let ours)):
      descriptors.append((number: 0, ours: ours))
    }
    func lead(_ number: Int32, _ target: Output) throws -> CapturedOutput? {
      switch target {
      case _ where setup.terminal != nil:
        descriptors.append((number: number, ours: ends[0]))
        return nil
      case .captured:
        let pipe = try makePipe()
        ends.append(pipe.writing)
        descriptors.append((number: number, ours: pipe.writing))
        return CapturedOutput(pipe.reading)
      case .null:
        ends.append(harness_open("/dev/null", O_WRONLY))
        descriptors.append((number: number, ours: ends[ends.count - 1]))
        return nil
      case .descriptor(let ours):
        descriptors.append((number: number, ours: ours))
        return nil
      }
    }
    output = try lead(1, setup.standardOutput)
    errors = try lead(2, setup.standardError)

    let report = try makePipe()
    ends.append(report.writing)
    descriptors.append((number: 199, ours: report.writing))
    if let warden = setup.warden {
      let end = try warden.begin()
      ends.append(end)
      descriptors.append((number: 198, ours: end))
    }
    let words = [Binary.launcher] + placement + setup.launcherOptions + ["--"] + command
    let launched = try Spawner.shared.spawn(
      words.map { Array($0.utf8) } + setup.rawArguments,
      // Without /proc ordinary Swift (the echo, a debug build) must be told where it is, or it gives up.
      environment: (setup.environment + (setup.proc && setup.root == nil ? [] : ["SWIFT_ROOT=/"])).map {
        Array($0.utf8)
      }
        + setup.rawEnvironment,
      descriptors: descriptors)
    ends.forEach { _ = close($0) }
    ends = []

    // The report ends when every process that could write to it has become the program or has ended.
    let answer = FileHandle(fileDescriptor: report.reading, closeOnDealloc: true).readDataToEndOfFile()
    var found = launched
    var failure: String?
    for line in String(decoding: answer, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("pid "), let pid = pid_t(line.dropFirst(4)) {
        found = pid
      } else {
        failure = String(line)
      }
    }
    if found != launched { _ = waitpid(launched, nil, 0) }
    pid = found
    // The child is not reaped yet: the number is still its own.
    processDescriptor = harness_pidfd_open(found)
    if let failure {
      _ = waitpid(found, nil, 0)
      exit = .code(99)
      throw HarnessError("\(command.joined(separator: " ")): \(failure)")
    }
    setup.terminal?.add(self)
  }

  deinit {
    if exit == nil {
      let rest = ProcessEntry.descendants(of: pid)
      kill(pid, SIGKILL)
      for entry in rest { kill(entry.pid, SIGKILL) }
      _ = waitpid(pid, nil, 0)
    }
    close(processDescriptor)
    if let input { close(input) }
  }

  // MARK: What it says

  /// Everything read from its output so far.
  var standardOutput: String { drained(output) }
  var standardError: String { drained(errors) }
  var lines: [String] { standardOutput.split(whereSeparator: \.isNewline).map(String.init) }

  private func drained(_ captured: CapturedOutput?) -> String {
    captured?.drain()
    return captured?.text ?? ""
  }

  /// The next line, whatever it says.
  func nextLine(of stream: Stream = .standardOutput) throws -> String {
    let captured = try captured(stream)
    return try wait(for: "the next line") {
      if let line = captured.nextLine() { return line }
      if captured.hasEnded { throw HarnessError("the output has ended") }
      return nil
    }
  }

  /// The first line after the last one waited for that has `part` in it. Those before it are passed over.
  @discardableResult
  func waitForLine(containing part: String, of stream: Stream = .standardOutput) throws -> String {
    let captured = try captured(stream)
    return try wait(for: "a line with \"\(part)\"") {
      while let line = captured.nextLine() {
        if line.contains(part) { return line }
      }
      if captured.hasEnded { throw HarnessError("the output has ended without \"\(part)\"") }
      return nil
    }
  }

  /// Until nobody has its outputs open any more.
  func waitForEnd() throws {
    try wait(for: "the end of the output") { (output?.hasEnded ?? true) && (errors?.hasEnded ?? true) ? () : nil }
  }

  // MARK: How it ends

  /// Its exit; everything that it had written until then has been read.
  @discardableResult
  func waitForExit() throws -> Exit {
    if let exit { return exit }
    try wait(for: "its exit") { [processDescriptor] in isReadable(processDescriptor) ? () : nil }
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid else { throw HarnessError("\(self)\nits exit was taken by another") }
    let result =
      harness_exited(status) != 0 ? Exit.code(harness_exit_code(status)) : .signal(harness_end_signal(status))
    exit = result
    output?.drain()
    errors?.drain()
    return result
  }

  /// Its exit, if it comes before `deadline` (`Waiting.now`); nil otherwise. The `others` are reaped meanwhile: PID 1's
  /// end is complete only when those that it takes along have been.
  func waitForExit(before deadline: Double, alongside others: [ChildProcess] = []) throws -> Exit? {
    while exit == nil {
      let running = ([self] + others).filter { $0.exit == nil }
      guard try Waiting.wait(onAny: running.map(\.processDescriptor), before: deadline) else { return nil }
      for process in running where isReadable(process.processDescriptor) { try process.waitForExit() }
    }
    return exit
  }

  /// Waits for the exit, and says everything about the process when it is another one.
  func expectExit(_ expected: Exit, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let exit = try waitForExit()
    #expect(exit == expected, "\(self)", sourceLocation: sourceLocation)
  }

  // MARK: What the test does to it

  func send(_ signal: Int32) throws {
    guard exit == nil, kill(pid, signal) == 0 else { throw HarnessError("\(self)\ncannot send it signal \(signal)") }
  }

  /// sigqueue(3) with a value.
  func queue(_ signal: Int32, value: Int32) throws {
    guard exit == nil, harness_queue(pid, signal, value) == 0 else {
      throw HarnessError("\(self)\ncannot queue it signal \(signal)")
    }
  }

  func write(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard let input, CHarness.write(input, bytes, bytes.count) == bytes.count else {
      throw HarnessError("\(self)\ncannot write to it")
    }
  }

  func closeInput() {
    if let input { close(input) }
    input = nil
  }

  // MARK: Waiting

  /// The command, how it ended or what is alive of it, and what it said.
  var description: String {
    func section(_ name: String, _ text: String) -> String { text.isEmpty ? "" : "\n--- \(name)\n\(text)" }
    var state = "exit: \(exit.map { "\($0)" } ?? "none yet")"
    if exit == nil {
      for entry in [ProcessEntry(pid)].compactMap({ $0 }) + ProcessEntry.descendants(of: pid) {
        state += "\nalive: \(entry.pid) (parent \(entry.parent), \(entry.state)) \(entry.command)"
      }
    }
    return "$ \(command.joined(separator: " "))\npid \(pid), \(state)" + section("stdout", standardOutput)
      + section("stderr", standardError) + section("terminal", terminal?.output.text ?? "")
  }

  private func captured(_ stream: Stream) throws -> CapturedOutput {
    guard let captured = stream == .standardOutput ? output : errors else {
      throw HarnessError("\(command.joined(separator: " ")): its \(stream) is not read by the test")
    }
    return captured
  }

  private func wait<Result>(for what: String, until check: () throws -> Result?) throws -> Result {
    do {
      return try Waiting.wait(
        on: [output, errors, terminal?.output].compactMap { $0 }, or: processDescriptor, until: check)
    } catch let error as HarnessError {
      throw HarnessError("waiting for \(what): \(error)\n\(self)")
    }
  }
}

/// A pipe that no other child inherits.
func makePipe() throws -> (reading: Int32, writing: Int32) {
  var ends: [Int32] = [0, 0]
  guard harness_pipe(&ends) == 0 else { throw HarnessError("cannot make a pipe") }
  return (ends[0], ends[1])
}

func isReadable(_ descriptor: Int32) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  return poll(&entry, 1, 0) > 0
}
