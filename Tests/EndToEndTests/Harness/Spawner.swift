// The thread that starts every process of the tests. It lives as long as the tests do, and the kernel ties each child
// to it (PR_SET_PDEATHSIG counts threads): a test run that is killed leaves nothing behind.

import CHarness
import Foundation

final class Spawner: @unchecked Sendable {
  static let shared = Spawner()

  private let condition = NSCondition()
  private var jobs: [() -> Void] = []

  private init() {
    // A test that writes to a process that has ended fails, and does not end the run.
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread { [self] in
      while true {
        condition.lock()
        while jobs.isEmpty { condition.wait() }
        let job = jobs.removeFirst()
        condition.unlock()
        job()
      }
    }
  }

  /// posix_spawn(3) of words of any bytes; descriptors are pairs of the child's number and ours. No signal is blocked
  /// or ignored in the child, whatever the tests' own threads have.
  func spawn(
    _ words: [[UInt8]], environment: [[UInt8]], descriptors: [(number: Int32, ours: Int32)]
  ) throws -> pid_t {
    var result: (error: Int32, pid: pid_t) = (0, 0)
    let done = DispatchSemaphore(value: 0)
    condition.lock()
    jobs.append {
      result = Spawner.spawnHere(words, environment: environment, descriptors: descriptors)
      done.signal()
    }
    condition.signal()
    condition.unlock()
    done.wait()
    guard result.error == 0 else {
      throw HarnessError("cannot start \(Binary.launcher): \(String(cString: strerror(result.error)))")
    }
    return result.pid
  }

  private static func spawnHere(
    _ words: [[UInt8]], environment: [[UInt8]], descriptors: [(number: Int32, ours: Int32)]
  ) -> (Int32, pid_t) {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, ours) in descriptors { posix_spawn_file_actions_adddup2(&actions, ours, number) }

    func vector(_ texts: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
      texts.map { strdup($0.map { CChar(bitPattern: $0) } + [0]) } + [nil]
    }
    let wordVector = vector(words)
    let environmentVector = vector(environment)
    defer { (wordVector + environmentVector).forEach { free($0) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, Binary.launcher, &actions, &attributes, wordVector, environmentVector)
    return (error, pid)
  }
}
