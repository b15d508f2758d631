// Children that changed: ours, and every orphan that the kernel handed to us.

import CLinux
import Lifecycle

/// What wait(2) had to tell, as the kernel has it.
public struct ChildChange {
  /// Who changed; 0: children are left, and none has changed; less: no child is left.
  public let process: Int32
  /// The exit code or the stopping signal in the second byte, the killing one in the first, 127 for a stop.
  let status: Int32

  /// What stopped it; nil if it has ended.
  public var stoppedBy: Signal? { status & 0xff == 0x7f ? Signal(Int(status >> 8 & 0xff)) : nil }

  public var end: ExitStatus {
    if let signal = Signal(Int(status & 0x7f)) { return .killed(by: signal) }
    return .exited(UInt8(truncatingIfNeeded: status >> 8))
  }
}

public enum Reaper {
  /// The next change, without waiting: wait4(2) with WNOHANG and WUNTRACED. Standard signals merge, so after any
  /// wake-up this is called until there is none.
  public static func next() -> ChildChange {
    var status: Int32 = 0
    while true {
      // Safe: the call writes one word.
      let process = unsafe linux_wait_any(&status)
      if process == -EINTR { continue }
      return process >= 0 || process == -ECHILD ? ChildChange(process: process, status: status) : nextByOtherCall()
    }
  }

  /// The same by waitid(2), where wait4(2) is refused.
  @inline(never)
  private static func nextByOtherCall() -> ChildChange {
    var change = linux_signal()
    // Safe: the call writes one linux_signal.
    let result = unsafe linux_wait_change(&change)
    if result == -ECHILD { return ChildChange(process: result, status: 0) }
    if result != 0 { return ChildChange(process: 0, status: 0) }
    var status = change.status
    if change.code == CLD_EXITED { status <<= 8 }
    if change.code == CLD_STOPPED { status = status << 8 | 0x7f }
    return ChildChange(process: change.sender, status: status)
  }

  /// Makes orphaned descendants our children although we are not PID 1: PR_SET_CHILD_SUBREAPER (prctl(2), Linux 3.4).
  public static func becomeSubreaper() throws(Errno) {
    try Errno.check(linux_set_subreaper())
  }

  /// Whether orphaned descendants come to us: as PID 1, or because whoever was here before execve(2) saw to it.
  public static var isReaper: Bool { linux_getpid() == 1 || linux_is_subreaper() != 0 }
}
