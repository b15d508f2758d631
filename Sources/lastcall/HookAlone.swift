// A hook where PID 1 is not lastcall: it carries the plan out by itself, on a process that is not its child.

import Lifecycle
import LinuxCalls
import Options

/// The same stop as the supervisor's, on a process held by descriptor.
struct HookAlone {
  private let settings: Settings
  private let process: Int32
  private var report: Report

  init(_ settings: Settings, target: Int32, report: Report) {
    self.settings = settings
    process = target
    self.report = report
    // What a hook prints is thrown away by the kubelet; the container's log is PID 1's.
    self.report.copy = ContainerLog.open()
  }

  /// Runs to the end; returns the exit code.
  mutating func run() -> UInt8 {
    guard let target = try? ProcessDescriptor(process) else { return ExitCode.success }
    let plan = settings.stopPlan
    let steps = plan.schedule.steps(for: .hook, map: settings.signalRules)
    warnOfDroppedSignals(steps)
    var stop = Stop(plan, steps: steps, request: .hook, killsAtDeadline: false, at: Clock.now)
    perform(stop.begin(at: Clock.now), target)
    while stop.phase != .finished {
      if target.waitForEnd(until: stop.due) {
        perform(stop.appEnded(nil, othersLeft: false, at: Clock.now), target)
      }
      perform(stop.timeCame(at: Clock.now), target)
    }
    var alive: [ProcessEntry] = []
    if stop.hasPassedDeadline {
      alive = [ProcessEntry(process: process, parent: 0, name: ProcessTable.name(of: process) ?? Line("?").bytes)]
    }
    report.summarize(stop, orphans: 0, lastArrival: nil, alive: alive)
    return stop.hasPassedDeadline ? ExitCode.stillAlive : ExitCode.success
  }

  private mutating func perform(_ actions: [StopAction], _ target: borrowing ProcessDescriptor) {
    for action in actions {
      switch action {
      case .signalApp(let signal): send(signal, target)
      case .report(let notice): report.write(notice)
      case .askOthers, .killEverything, .finish: break
      }
    }
  }

  private mutating func send(_ signal: Signal, _ target: borrowing ProcessDescriptor) {
    do throws(Errno) {
      try target.send(signal)
    } catch {
      // Gone just now: the end will be noticed.
      if error != .noProcess { report.failure(.warning, "signal the app", error, next: "carrying on") }
    }
  }

  /// From inside its PID namespace the kernel drops what PID 1 has no handler for (pid_namespaces(7)), KILL included.
  private mutating func warnOfDroppedSignals(_ steps: [Step]) {
    guard process == 1, let caught = ProcessTable.signals("SigCgt:\t", of: 1) else { return }
    for step in steps where !caught.contains(step.signal) && !isBlocked(step.signal) {
      var entry = Entry("dropped-by-kernel", "PID 1 does not handle ")
      entry.text.add(step.signal)
      entry.text.add(", so the kernel will drop it: only the kubelet can end it; make lastcall the ENTRYPOINT")
      entry.field("signal", step.signal)
      report.write(.warning, entry)
    }
  }

  /// Blocked signals are kept: a program may well take them by signalfd(2) or sigwait(3).
  private func isBlocked(_ signal: Signal) -> Bool {
    ProcessTable.signals("SigBlk:\t", of: 1)?.contains(signal) == true
  }
}
