// A control group of a test.

import CHarness
import Foundation

final class ControlGroup {
  private let path: String

  /// Makes one in the first hierarchy that lets us.
  init() throws {
    let name = "lastcall-test-\(UUID().uuidString)"
    for hierarchy in ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
      guard access("\(hierarchy)/cgroup.procs", W_OK) == 0, mkdir("\(hierarchy)/\(name)", 0o755) == 0 else { continue }
      path = "\(hierarchy)/\(name)"
      return
    }
    throw HarnessError("cannot make a control group")
  }

  /// Its processes have ended by then.
  deinit { rmdir(path) }

  func add(_ pid: Int32) throws {
    try "\(pid)".write(toFile: "\(path)/cgroup.procs", atomically: false, encoding: .utf8)
  }
}
