// The one place where tests wait.

import CHarness

enum Waiting {
  /// A test that waits longer than this hangs. No promise is as slow, on however busy a machine.
  static let limit = 60.0

  /// Reads the outputs until `check` has an answer; looks at it again after anything that any of them or `process` (a
  /// descriptor of a process, readable at its end) does.
  static func wait<Result>(
    on outputs: [CapturedOutput], or process: Int32?, until check: () throws -> Result?
  ) throws -> Result {
    let start = now()
    var processHasEnded = false
    while true {
      for output in outputs { output.drain() }
      if let result = try check() { return result }
      var entries = outputs.filter { !$0.hasEnded }.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      if let process, !processHasEnded { entries.append(pollfd(fd: process, events: Int16(POLLIN), revents: 0)) }
      let left = limit - (now() - start)
      guard left > 0, poll(&entries, nfds_t(entries.count), Int32(left * 1000) + 1) != 0 else {
        throw HarnessError("nothing came in \(Int(limit)) s")
      }
      // Once seen, its end would be seen for ever.
      if let process, entries.last?.fd == process, entries.last?.revents != 0 { processHasEnded = true }
    }
  }

  /// Waits until one of the descriptors is readable; false if `deadline` comes before.
  static func wait(onAny descriptors: [Int32], before deadline: Double) throws -> Bool {
    var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      let left = deadline - now()
      guard left <= limit else { throw HarnessError("a deadline that is \(left) s away") }
      if poll(&entries, nfds_t(entries.count), Int32((max(left, 0) * 1000).rounded(.up))) > 0 { return true }
      if now() >= deadline { return false }
    }
  }

  /// For the few states of the kernel that no event tells of: looks again each time that another process has come and
  /// gone.
  static func until(_ what: String, _ check: () throws -> Bool) throws {
    let start = now()
    while !(try check()) {
      guard now() - start < limit else { throw HarnessError("it did not come to be in \(Int(limit)) s: \(what)") }
      try ChildProcess("true").waitForExit()
    }
  }

  /// Seconds on the clock that never jumps.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
