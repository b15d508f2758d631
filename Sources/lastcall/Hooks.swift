// The supervisor's side of the hand-over: the hooks that wait for it.

import Lifecycle
import LinuxCalls
import Options

/// All hooks that wait for this supervisor's stop.
struct Hooks {
  private var first: ProcessDescriptor?

  /// How long the supervisor waits for its hooks to be gone before it goes (CONTRACT 4.2).
  static let patience = Milliseconds(1000)

  /// Whether any of them still lives.
  var areAlive: Bool {
    var next = first
    while let hook = next {
      if !hook.hasEnded { return true }
      next = hook.next
    }
    return false
  }

  /// Hooks that were killed are forgotten, as they cost a descriptor each.
  @inline(never)
  mutating func add(_ new: ProcessDescriptor) {
    var rest = first
    first = new
    while let hook = rest {
      rest = hook.next
      if hook.hasEnded { continue }
      hook.next = first
      first = hook
    }
  }

  /// Tells every hook to leave with `code` and waits, bounded, until they have. Their exit comes before ours.
  @inline(never)
  mutating func release(code: UInt8) {
    let deadline = Clock.now + Hooks.patience
    var next = first
    while let hook = next {
      try? hook.queue(Handover.signal, value: Handover.ended(code).value)
      next = hook.next
    }
    while let hook = first {
      _ = hook.waitForEnd(until: deadline)
      first = hook.next
    }
  }
}

extension RunCommand {
  /// What a request from `sender` asks for: its options over ours. Nil, and it is not to be heeded, if the sender is gone,
  /// no hook, or one that cannot be answered.
  ///
  /// The options are on the hook's command line, which every uid may read; where /proc hides it, the supervisor's own
  /// options are all there is.
  @inline(never)
  func accept(_ sender: Int32) -> Settings? {
    guard sender > 0, let descriptor = try? ProcessDescriptor(sender) else { return ignoreGone() }
    var settings = parser.settingsAgain()
    if let words = ProcessTable.commandLine(of: sender) {
      // A zombie has no words.
      if words.count == 0 { return ignoreGone() }
      let hook = Parser(words, Variables(Text("")), over: settings)
      switch hook.parseHook() {
      case .waitThenSignal: break
      case .refusal:
        settings = parser.settingsAgain()
        report.write(.hookErred, hook.said.bytes, .none)
      default:
        report.write(.hookIsNone)
        return nil
      }
    } else {
      report.write(.hookIsHidden)
    }
    do throws(Errno) {
      try descriptor.queue(Handover.signal, value: Handover.accepted.value)
    } catch {
      // One that cannot be answered carries its plan out by itself; two plans at once would be worse.
      report.write(.hookNotAnswered, [], error)
      return nil
    }
    if settings.verbose { report.isVerbose = true }
    hooks.add(descriptor)
    return settings
  }

  @inline(never)
  private func ignoreGone() -> Settings? {
    report.write(.hookIsGone)
    return nil
  }

  /// The plan that a hook with these settings asks for.
  func plan(of asked: Settings) -> StopPlan {
    let plan = asked.stopPlan
    // What its signal is by its own --map and --for, which the supervisor's would not know of.
    if plan.schedule == .asReceived {
      let steps = plan.schedule.steps(for: .hook, map: asked.signalRules)
      plan.schedule = steps.isEmpty ? .nothing : .steps(steps)
    }
    return plan
  }
}
