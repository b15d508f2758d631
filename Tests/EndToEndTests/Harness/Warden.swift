// Refuses system calls to lastcall and to nobody else, from a moment on that the test chooses: what a seccomp profile
// does, without what it would do to the app. The kernel asks it at each call (seccomp_unotify(2)).

import CHarness
import Foundation

/// Stands by one process and all that descend from it (`Setup.warden`).
final class Warden: @unchecked Sendable {
  /// A system call that was made.
  struct Call: Hashable {
    let number: Int32
    let argument: UInt64
  }

  /// The one call that it is asked about; nil for every call.
  let call: Int32?
  private let binary: stat
  private let lock = NSLock()
  // Below: by the lock.
  private var error: Int32
  private var calls: Set<Call> = []
  private var count = 0
  private var first: ((Int32) -> Void)?

  /// - Parameters:
  ///   - error: the errno that the call gets from the start on; 0 lets it through.
  ///   - first: what is done while the first such call of lastcall waits; it gets the caller's pid.
  init(of call: Int32? = nil, refusing error: Int32 = 0, first: ((Int32) -> Void)? = nil) throws {
    self.call = call
    self.error = error
    self.first = first
    var found = stat()
    guard stat(lastcall, &found) == 0 else { throw HarnessError("there is no \(lastcall)") }
    binary = found
  }

  /// From now on the call gets this errno.
  func refuse(with error: Int32) { lock.withLock { self.error = error } }

  /// The calls that lastcall made.
  var seen: Set<Call> { lock.withLock { calls } }
  /// How many were refused.
  var refused: Int { lock.withLock { count } }

  /// Begins to serve the process that is started next; returns the launcher's end of the channel.
  func begin() throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      throw HarnessError("cannot make a socket pair")
    }
    for end in ends { _ = harness_close_on_exec(end) }
    let ours = ends[0]
    Thread.detachNewThread { [self] in
      let listener = harness_receive_listener(ours)
      close(ours)
      guard listener >= 0 else { return }
      serve(listener)
      close(listener)
    }
    return ends[1]
  }

  /// Until the last process that is watched has ended.
  private func serve(_ listener: Int32) {
    while true {
      var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, -1)
      if entry.revents & Int16(POLLIN) == 0 && entry.revents & Int16(POLLHUP) != 0 { return }
      var identifier: UInt64 = 0
      var process: Int32 = 0
      var argument: UInt64 = 0
      let number = harness_next_call(listener, &identifier, &process, &argument)
      if number < 0 { continue }
      let answer = isLastcall(process) ? answer(Call(number: number, argument: argument), of: process) : 0
      harness_answer_call(listener, identifier, answer)
    }
  }

  private func isLastcall(_ process: Int32) -> Bool {
    var program = stat()
    return stat("/proc/\(process)/exe", &program) == 0 && program.st_ino == binary.st_ino
      && program.st_dev == binary.st_dev
  }

  private func answer(_ call: Call, of process: Int32) -> Int32 {
    let (answer, first) = lock.withLock {
      calls.insert(call)
      if error != 0 { count += 1 }
      defer { self.first = nil }
      return (error, self.first)
    }
    first?(process)
    return answer
  }
}
