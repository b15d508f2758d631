// Children that changed: ours, and every orphan that the kernel handed to us.

import CLinux
import Lifecycle

/// What wait(2) had to tell.
public enum ChildChange: Equatable {
  case ended(process: Int32, ExitStatus)
  case stopped(process: Int32, by: Signal)
  /// Children are left, and none has changed.
  case nothing
  /// No child is left.
  case noneLeft
}

public enum Reaper {
  /// The next change, without waiting: wait4(2) with WNOHANG and WUNTRACED. Standard signals merge, so after any
  /// wake-up this is called until it says `nothing` or `noneLeft`.
  public static func next() -> ChildChange {
    var status: Int32 = 0
    while true {
      // Safe: the call writes one word.
      let process = unsafe linux_wait_any(&status)
      if process == 0 { return .nothing }
      guard process > 0 else {
        if process == -EINTR { continue }
        return process == -ECHILD ? .noneLeft : nextByOtherCall()
      }
      // A wait status: the exit code or the stopping signal in the second byte, the killing one in the first, 127 for a stop.
      let second = UInt8(truncatingIfNeeded: status >> 8)
      if status & 0xff == 0x7f {
        guard let signal = Signal(Int(second)) else { continue }
        return .stopped(process: process, by: signal)
      }
      if let signal = Signal(Int(status & 0x7f)) { return .ended(process: process, .killed(by: signal)) }
      return .ended(process: process, .exited(second))
    }
  }

  /// The same by waitid(2), where wait4(2) is refused.
  @inline(never)
  private static func nextByOtherCall() -> ChildChange {
    var change = linux_signal()
    // Safe: the call writes one linux_signal.
    let result = unsafe linux_wait_change(&change)
    if result == -ECHILD { return .noneLeft }
    let process = change.sender
    guard result == 0, process > 0 else { return .nothing }
    let status = change.status
    if change.code == CLD_EXITED { return .ended(process: process, .exited(UInt8(truncatingIfNeeded: status))) }
    guard let signal = Signal(Int(status)) else { return .nothing }
    return change.code == CLD_STOPPED
      ? .stopped(process: process, by: signal) : .ended(process: process, .killed(by: signal))
  }

  /// Makes orphaned descendants our children although we are not PID 1: PR_SET_CHILD_SUBREAPER (prctl(2), Linux 3.4).
  public static func becomeSubreaper() throws(Errno) {
    try Errno.check(linux_set_subreaper())
  }

  /// Whether orphaned descendants come to us: as PID 1, or because whoever was here before execve(2) saw to it.
  public static var isReaper: Bool { linux_getpid() == 1 || linux_is_subreaper() != 0 }
}
