// The supervisor's side of the hand-over: the hooks that wait for it.

import Lifecycle
import LinuxCalls
import Options

/// What a hook asks for.
struct HookRequest {
  let plan: StopPlan
  /// Its options over the supervisor's: what of them is not the plan's.
  let settings: Settings
}

/// All hooks that wait for this supervisor's stop.
struct Hooks {
  private var waiting: [HeldProcess] = []

  /// How long the supervisor waits for its hooks to be gone before it goes (CONTRACT 4.2).
  static let patience = Milliseconds(1000)

  /// Whether any of them still lives.
  var areAlive: Bool {
    for hook in waiting where !hook.descriptor.hasEnded { return true }
    return false
  }

  /// What a request from `sender` asks for. Nil, and it is not to be heeded, if the sender is gone, no hook, or one that
  /// cannot be answered.
  ///
  /// The options are on the hook's command line, which every uid may read; where /proc hides it, the supervisor's own
  /// options are all there is.
  ///
  /// - Parameter own: reads the supervisor's own settings afresh.
  @inline(never)
  mutating func accept(_ sender: Int32, own: () -> Settings, _ report: inout Report) -> HookRequest? {
    guard sender > 0, let descriptor = try? ProcessDescriptor(sender) else { return ignoreGone(&report) }
    var settings = own()
    if let words = ProcessTable.commandLine(of: sender) {
      // A zombie has no words.
      if words.isEmpty { return ignoreGone(&report) }
      let parser = Parser(count: words.count, argument: { words[$0] }, variable: { _ in nil })
      do throws(UsageError) {
        guard let laidOver = try parser.parseHook(over: settings) else {
          report.write(.warning, Entry("hook-ignored", "a process that is no hook asked for a stop; not heeded"))
          return nil
        }
        settings = laidOver
      } catch {
        settings = own()
        var entry = Entry("hook-options", "cannot use the hook's options: ")
        entry.text.add(error.line)
        entry.text.add("; carrying out our own")
        report.write(.warning, entry)
      }
    } else {
      report.write(.warning, Entry("hook-options", "cannot read the hook's options from /proc; carrying out our own"))
    }
    do throws(Errno) {
      try descriptor.queue(Handover.signal, value: Handover.accepted.value)
    } catch {
      // One that cannot be answered carries its plan out by itself; two plans at once would be worse.
      report.failure(.warning, "answer the hook", error, next: "not heeding it")
      return nil
    }
    if settings.verbose { report.isVerbose = true }
    forgetEnded()
    waiting.add(HeldProcess(descriptor))
    let plan = settings.stopPlan
    // What its signal is by its own --map and --for, which the supervisor's would not know of.
    if plan.schedule == .asReceived {
      let steps = plan.schedule.steps(for: .hook, map: settings.signalRules)
      plan.schedule = steps.isEmpty ? .nothing : .steps(steps)
    }
    return HookRequest(plan: plan, settings: settings)
  }

  @inline(never)
  private func ignoreGone(_ report: inout Report) -> HookRequest? {
    report.write(
      .warning, Entry("hook-ignored", "a hook that is gone asked for a stop; its end brings the stop signal"))
    return nil
  }

  /// Hooks that were killed cost a descriptor each.
  @inline(never)
  private mutating func forgetEnded() {
    var index = 0
    while index < waiting.count {
      if waiting[index].descriptor.hasEnded { waiting.remove(at: index) } else { index += 1 }
    }
  }

  /// Tells every hook to leave with `code` and waits, bounded, until they have. Their exit comes before ours.
  @inline(never)
  mutating func release(code: UInt8) {
    for hook in waiting {
      try? hook.descriptor.queue(Handover.signal, value: Handover.ended(code).value)
    }
    let deadline = Clock.now + Hooks.patience
    for hook in waiting { _ = hook.descriptor.waitForEnd(until: deadline) }
    waiting = []
  }
}
