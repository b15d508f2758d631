// The preStop hook. Where PID 1 is lastcall it hands the plan over and waits to be let go; elsewhere it carries the plan
// out by itself.

import Lifecycle
import LinuxCalls
import Options

/// `lastcall wait-then-signal [OPTIONS]`.
struct WaitThenSignalCommand {
  private let settings: Settings
  private let inherited: InheritedSignals
  private var report: Report

  /// How long PID 1 may take to answer. One that is lastcall and not frozen does so at once.
  private static let patience = Milliseconds(3000)

  init(_ settings: Settings, inherited: InheritedSignals) {
    self.settings = settings
    self.inherited = inherited
    report = Report(settings)
  }

  /// Runs to the end; returns the exit code.
  mutating func run() -> UInt8 {
    let start = Clock.now
    if let code = handOver() { return code }
    do throws(UsageError) {
      try settings.check()
    } catch {
      return fail(error.line)
    }
    // Nobody hands us signals from here on, and a person's Ctrl-C shall end us as it ends any program.
    SignalQueue.restore(inherited)
    var hook = HookAlone(settings, report: report)
    do throws(TargetRefusal) {
      return hook.run(on: HeldProcess(try TargetFinder.find(settings.target ?? .process(1))), since: start)
    } catch {
      // Who only waits, and named nobody, needs nobody: a pod's pause or a process of another user will do.
      if settings.target == nil && settings.schedule == .nothing { return hook.run(on: nil, since: start) }
      return fail(error.line)
    }
  }

  private func fail(_ reason: Line) -> UInt8 {
    var line = Line("lastcall: ")
    line.add(reason)
    StandardError.write(line)
    return ExitCode.failure
  }

  // MARK: With lastcall as PID 1

  /// Hands the plan to PID 1 and waits for its end. Nil if PID 1 is not lastcall, or cannot answer.
  private mutating func handOver() -> UInt8? {
    guard OurProcess.identifier != 1 else { return nil }
    // Where /proc does not say, only asking helps.
    let isMarked = ProcessTable.signals("SigIgn:\t", of: 1)?.contains(Handover.mark)
    guard isMarked != false, let first = try? ProcessDescriptor(1) else { return nil }
    if isMarked == true { OurProcess.becomeUserOfFirst() }
    do throws(Errno) {
      try first.queue(Handover.signal, value: Handover.request.value)
    } catch {
      return nil
    }
    guard let answer = waitForAnswer(until: Clock.now + WaitThenSignalCommand.patience) else {
      report.write(.detail, Entry("not-lastcall", "PID 1 does not answer as lastcall does; carrying the plan out here"))
      return nil
    }
    if case .left(let code) = answer { return code }
    report.write(.detail, Entry("handed-over", "PID 1 is lastcall and carries the plan out; waiting for the end"))
    OurMemory.giveBackCode()
    while true {
      if case .left(let code)? = waitForAnswer(until: .never) { return code }
    }
  }

  private enum Answer {
    case accepted
    case left(UInt8)
  }

  /// The next answer of PID 1, or what a signal to the hook itself makes of it. Nil when `deadline` passed.
  private func waitForAnswer(until deadline: Instant) -> Answer? {
    while Clock.now < deadline {
      guard let received = SignalQueue.next(until: deadline), !received.isOurOwn else { continue }
      if received.signal == Handover.signal {
        guard received.sender == 1, let value = received.value else { continue }
        switch Handover(value: value) {
        case .accepted: return .accepted
        case .ended(let code): return .left(code)
        case .request, nil: continue
        }
      }
      // The supervisor asks what is left in the container to end; its own hook it lets go otherwise.
      if received.sender != 1 && WaitThenSignalCommand.ends(received.signal) {
        return .left(ExitStatus.killed(by: received.signal).code)
      }
    }
    return nil
  }

  private static func ends(_ signal: Signal) -> Bool {
    signal == .hangUp || signal == .interrupt || signal == .quit || signal == .terminate
  }
}
