// `--explain`: prints the plan as a timeline and runs nothing.

import Lifecycle
import LinuxCalls
import Options

struct ExplainCommand {
  private let settings: Settings
  private let isHook: Bool
  private let timeline: Timeline

  init(_ settings: Settings, isHook: Bool) {
    self.settings = settings
    self.isHook = isHook
    timeline = Timeline(
      settings.stopPlan, map: settings.signalRules, request: isHook ? .hook : .signal(.terminate))
  }

  /// Prints; returns 0 if the plan fits, 1 if it cannot.
  func run() -> UInt8 {
    if !isHook && settings.plan == nil {
      StandardOutput.write(Line("no plan: stop signals are passed on like all others"))
      return 0
    }
    if settings.logFormat == .json { printJSON() } else { printText() }
    return timeline.fits ? 0 : 1
  }

  // MARK: Text

  private func printText() {
    StandardOutput.write(Line(" earliest    latest  what happens if the app does not end by itself"))
    for row in timeline.rows {
      var line = Line()
      addRight(row.span, to: 9, &line)
      addRight(row.other, to: 19, &line)
      line.add("  ")
      line.add(what(row.kind))
      if row.kind == .signalled { line.add(row.signal) }
      StandardOutput.write(line)
    }
    for warned in timeline.budget.warnings {
      var line = Line("warning: ")
      line.add(warned.warning)
      StandardOutput.write(line)
    }
    var line = Line("terminationGracePeriodSeconds needed: ")
    line.add(timeline.budget.neededGracePeriod.secondsRoundedUp)
    if settings.gracePeriod == nil { line.add(" (no --grace-period given, so there is no deadline)") }
    StandardOutput.write(line)
  }

  private func addRight(_ span: Milliseconds, to column: Int, _ line: inout Line) {
    var text = Line()
    text.add(span)
    line.pad(to: column - text.bytes.count)
    line.add(text)
  }

  private func what(_ event: Action.Kind) -> StaticString {
    switch event {
    case .began:
      isHook ? "the preStop hook starts; the app serves on" : "a stop signal comes; the app serves on"
    case .signalled: "the app gets "
    case .waitEnded:
      isHook ? "the hook is done; the kubelet's stop signal follows" : "the wait is over"
    case .deadlinePassed: "deadline: what is still there is killed"
    case .kubeletSignal: "the kubelet's stop signal, if the hook still ran"
    default: "the kubelet's KILL"
    }
  }

  // MARK: JSON

  private func printJSON() {
    var line = Line("{\"fits\":")
    line.add(timeline.fits ? "true" : "false")
    line.add(",\"needed_grace_period_seconds\":")
    line.add(timeline.budget.neededGracePeriod.secondsRoundedUp)
    line.add(",\"timeline\":[")
    for index in timeline.rows.indices {
      let row = timeline.rows[index]
      line.add(index == 0 ? "{\"event\":\"" : ",{\"event\":\"")
      line.add(name(row.kind))
      line.add("\"")
      if row.kind == .signalled {
        line.add(",\"signal\":\"")
        line.add(row.signal)
        line.add("\"")
      }
      line.add(",\"earliest_ms\":")
      line.add(row.span.count)
      line.add(",\"latest_ms\":")
      line.add(row.other.count)
      line.add("}")
    }
    line.add("],\"warnings\":[")
    for index in timeline.budget.warnings.indices {
      var text = Line()
      text.add(timeline.budget.warnings[index].warning)
      if index > 0 { line.add(",") }
      line.add(quoted: text.bytes)
    }
    line.add("]}")
    StandardOutput.write(line)
  }

  private func name(_ event: Action.Kind) -> StaticString {
    switch event {
    case .began: "began"
    case .signalled: "signalled"
    case .waitEnded: "wait-ended"
    case .deadlinePassed: "deadline"
    case .kubeletSignal: "kubelet-signal"
    default: "kubelet-kill"
    }
  }
}
