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
  /// The next change, without waiting: waitpid(2) with WNOHANG and WUNTRACED. Standard signals merge, so after any
  /// wake-up this is called until it says `nothing` or `noneLeft`.
  public static func next() -> ChildChange {
    var status: Int32 = 0
    while true {
      // Safe: the call writes one word.
      let process = unsafe waitpid(-1, &status, WNOHANG | WUNTRACED)
      if process == 0 { return .nothing }
      guard process > 0 else {
        if Errno.current == .interrupted { continue }
        return Errno.current == .noChild ? .noneLeft : nextByOtherCall()
      }
      if linux_stopped(status) != 0 {
        guard let signal = Signal(Int(linux_stop_signal(status))) else { continue }
        return .stopped(process: process, by: signal)
      }
      return .ended(process: process, exitStatus(status))
    }
  }

  /// The same by waitid(2), where wait4(2) is refused.
  @inline(never)
  private static func nextByOtherCall() -> ChildChange {
    var status: Int32 = 0
    var code: Int32 = 0
    // Safe: the call writes two words.
    let process = unsafe linux_wait_change(&status, &code)
    if process < 0 && Errno.current == .noChild { return .noneLeft }
    guard process > 0 else { return .nothing }
    if code == linux_code_exited() { return .ended(process: process, .exited(UInt8(truncatingIfNeeded: status))) }
    guard let signal = Signal(Int(status)) else { return .nothing }
    return code == linux_code_stopped()
      ? .stopped(process: process, by: signal) : .ended(process: process, .killed(by: signal))
  }

  private static func exitStatus(_ status: Int32) -> ExitStatus {
    if linux_signalled(status) != 0, let signal = Signal(Int(linux_end_signal(status))) { return .killed(by: signal) }
    return .exited(UInt8(truncatingIfNeeded: linux_exit_code(status)))
  }

  /// Makes orphaned descendants our children although we are not PID 1: PR_SET_CHILD_SUBREAPER (prctl(2), Linux 3.4).
  public static func becomeSubreaper() throws(Errno) {
    guard linux_set_subreaper() == 0 else { throw Errno.current }
  }

  /// Whether orphaned descendants come to us: as PID 1, or because whoever was here before execve(2) saw to it.
  public static var isReaper: Bool { getpid() == 1 || linux_is_subreaper() != 0 }
}
