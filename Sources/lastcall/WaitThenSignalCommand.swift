// The preStop hook. Where PID 1 is lastcall it hands the plan over and waits to be let go; elsewhere it carries the plan
// out by itself.

import Lifecycle
import LinuxCalls
import Options

/// `lastcall wait-then-signal [OPTIONS]`.
struct WaitThenSignalCommand {
  private let settings: Settings
  private let inherited: InheritedSignals
  private let report: Report

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
    if let contradiction = settings.contradiction() {
      Report().write(.complaint, contradiction.bytes, .none)
      return ExitCode.failure
    }
    // Nobody hands us signals from here on, and a person's Ctrl-C shall end us as it ends any program.
    SignalQueue.restore(inherited)
    let refusal = Report()
    let target = TargetFinder(refusal: refusal).find(settings.target ?? .process(1))
    // Who only waits, and named nobody, needs nobody: a pod's pause or a process of another user will do.
    if target == nil && (settings.target != nil || settings.stopPlan.schedule != .nothing) {
      refusal.send()
      return ExitCode.failure
    }
    var hook = HookAlone(settings, report: report)
    return hook.run(on: target, since: start)
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
      report.write(.notLastcall)
      return nil
    }
    if case .left(let code) = answer { return code }
    report.write(.handedOver)
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
