// A hook where PID 1 is not lastcall: it carries the plan out by itself, on a process that is not its child.

import Lifecycle
import LinuxCalls
import Options

/// The same stop as the supervisor's, on a process held by descriptor.
struct HookAlone {
  private let settings: Settings
  private let report: Report
  private var hasEnded = false

  init(_ settings: Settings, report: Report) {
    self.settings = settings
    self.report = report
    // What a hook prints is thrown away by the kubelet; the container's log is PID 1's.
    report.copy = ContainerLog.open()
  }

  /// Runs to the end; returns the exit code.
  ///
  /// - Parameters:
  ///   - target: nil for a wait that only time ends.
  ///   - start: when the hook began: the grace period has run since then.
  mutating func run(on target: ProcessDescriptor?, since start: Instant) -> UInt8 {
    let plan = settings.stopPlan
    let steps = plan.schedule.steps(for: .hook, map: settings.signalRules)
    if let process = target?.process { warnOfDroppedSignals(steps, process) }
    let stop = Stop(plan, steps: steps, request: .hook, killsAtDeadline: false, at: start)
    perform(stop.begin(at: Clock.now), target)
    let watch = stop.isServing ? TrafficWatch(settings, at: start) : nil
    var findings: Quiet?
    if let watch { findings = look(watch, stop, target) }
    OurMemory.giveBackCode()
    while stop.phase != .finished {
      if waitForEnd(of: target, until: min(stop.due, findings == nil ? watch?.due ?? .never : .never)) {
        perform(stop.appEnded(nil, othersLeft: false, at: Clock.now), target)
      }
      perform(stop.timeCame(at: Clock.now), target)
      if let watch, findings == nil { findings = look(watch, stop, target) }
    }
    var alive: [ProcessEntry] = []
    if stop.hasPassedDeadline, let process = target?.process {
      alive = [ProcessEntry(process: process, parent: 0, name: ProcessTable.name(of: process) ?? Line("?").bytes)]
    }
    report.summarize(stop, orphans: 0, traffic: findings, alive: alive)
    return stop.hasPassedDeadline ? ExitCode.stillAlive : ExitCode.success
  }

  /// Looks while the app is to serve on; after that, what was found.
  @inline(never)
  private mutating func look(_ watch: TrafficWatch, _ stop: Stop, _ target: ProcessDescriptor?) -> Quiet? {
    guard stop.isServing else { return watch.conclude() }
    if stop.phase == .quieting { watch.hasten() }
    switch watch.turn() {
    case .nothingYet: break
    case .looked: perform(stop.looked(quietSince: watch.quiet.quietSince, at: Clock.now), target)
    case .blind: report.blind(watch.refusal)
    }
    return stop.isServing ? nil : watch.conclude()
  }

  /// Waits until `due`; says, once, whether the target ended before.
  @inline(never)
  private mutating func waitForEnd(of target: ProcessDescriptor?, until due: Instant) -> Bool {
    guard !hasEnded, let target else {
      Clock.wait(until: due)
      return false
    }
    hasEnded = target.waitForEnd(until: due)
    return hasEnded
  }

  @inline(never)
  private mutating func perform(_ actions: [Action], _ target: ProcessDescriptor?) {
    for action in actions {
      if action.kind != .signalApp {
        report.write(action)
      } else if let target {
        send(action.signal, target)
      }
    }
  }

  private mutating func send(_ signal: Signal, _ target: ProcessDescriptor) {
    do throws(Errno) {
      try target.send(signal)
    } catch {
      // Gone just now: the end will be noticed.
      if error != .noProcess { report.write(.notSignalled, [], error) }
    }
  }

  /// From inside its PID namespace the kernel drops what PID 1 has no handler for (pid_namespaces(7)), KILL included.
  private mutating func warnOfDroppedSignals(_ steps: [Step], _ process: Int32) {
    guard process == 1, !ProcessTable.isInSignalWait(1), let caught = ProcessTable.signals("SigCgt:\t", of: 1) else {
      return
    }
    for step in steps where !caught.contains(step.signal) && !isBlocked(step.signal) {
      report.write(.droppedByKernel, step.signal.word)
    }
  }

  /// Blocked signals are kept: a program may well take them by signalfd(2).
  private func isBlocked(_ signal: Signal) -> Bool {
    ProcessTable.signals("SigBlk:\t", of: 1)?.contains(signal) == true
  }
}
