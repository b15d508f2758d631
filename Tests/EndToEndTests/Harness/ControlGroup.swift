// A control group of a test.

import CHarness
import Foundation

final class ControlGroup {
  enum Purpose {
    /// To be another group than its neighbours'.
    case any
    case freezer
    case memory
  }

  private let path: String
  /// Of the first version of control groups, which has a hierarchy for each purpose.
  private let isOld: Bool

  /// Makes one in the first hierarchy that lets us.
  init(_ purpose: Purpose = .any) throws {
    let name = "lastcall-test-\(UUID().uuidString)"
    let (old, needed) =
      switch purpose {
      case .any: ("pids", "cgroup.procs")
      case .freezer: ("freezer", "cgroup.freeze")
      case .memory: ("memory", "memory.max")
      }
    for hierarchy in [old, "unified", ""] {
      let path = "/sys/fs/cgroup/\(hierarchy)/\(name)"
      guard access("/sys/fs/cgroup/\(hierarchy)/cgroup.procs", W_OK) == 0, mkdir(path, 0o755) == 0 else { continue }
      if hierarchy == old || access("\(path)/\(needed)", W_OK) == 0 {
        self.path = path
        isOld = hierarchy == old
        return
      }
      rmdir(path)
    }
    throw HarnessError("cannot make a control group")
  }

  /// Its processes have ended by then.
  deinit { rmdir(path) }

  func add(_ pid: Int32) throws { try write("\(pid)", to: "cgroup.procs") }

  /// Comes back when all of them are frozen.
  func freeze() throws {
    try isOld ? write("FROZEN", to: "freezer.state") : write("1", to: "cgroup.freeze")
    try Waiting.until("the group is frozen") {
      isOld ? try read("freezer.state") == "FROZEN\n" : try read("cgroup.events").contains("frozen 1")
    }
  }

  func thaw() throws { try isOld ? write("THAWED", to: "freezer.state") : write("0", to: "cgroup.freeze") }

  func limitMemory(to bytes: Int) throws {
    try write("\(bytes)", to: isOld ? "memory.limit_in_bytes" : "memory.max")
    // No way out by swapping.
    try? write(isOld ? "\(bytes)" : "0", to: isOld ? "memory.memsw.limit_in_bytes" : "memory.swap.max")
  }

  private func write(_ text: String, to file: String) throws {
    try text.write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8)
  }

  private func read(_ file: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
  }
}
