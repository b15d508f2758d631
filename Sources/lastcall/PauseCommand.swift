// `catatonit -P`: no program, only the reaping that a pod's PID 1 owes, until INT or TERM.

import Lifecycle
import LinuxCalls

struct PauseCommand {
  func run() -> Never {
    if !OurProcess.isFirst { try? Reaper.becomeSubreaper() }
    _ = OurProcess.leaveDirectory()
    OurProcess.closeInherited(except: nil)
    OurMemory.giveBackCode()
    while true {
      let received = SignalQueue.next(until: .never)
      if received?.signal == .terminate || received?.signal == .interrupt { OurProcess.exit(ExitCode.success) }
      reap()
    }
  }

  private func reap() {
    while Reaper.next().process > 0 {}
  }
}
