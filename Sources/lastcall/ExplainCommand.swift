// `--explain`: prints the plan as a timeline and runs nothing.

import Lifecycle
import LinuxCalls
import Options

struct ExplainCommand {
  private let settings: Settings
  private let isHook: Bool
  /// Builds the lines, and the object beside them.
  private let report = Report()

  init(_ settings: Settings, isHook: Bool) {
    self.settings = settings
    self.isHook = isHook
  }

  /// Prints; returns 0 if the plan fits, 1 if it cannot.
  @inline(never)
  func run() -> UInt8 {
    if !isHook && settings.plan == nil {
      report.add(.noPlan)
      StandardOutput.write(report.entry.text)
      return 0
    }
    let timeline = Timeline(
      settings.stopPlan, map: settings.signalRules, request: isHook ? .hook : .signal(.terminate))
    let needed = Int(timeline.budget.neededGracePeriod.secondsRoundedUp)
    report.entry.fields.add(timeline.fits ? "{\"fits\":true" : "{\"fits\":false")
    report.add(.neededSeconds, needed)
    report.add(.planHead)
    endLine()
    report.entry.fields.add(",\"timeline\":")
    var separator: StaticString = "[{"
    for row in timeline.rows {
      report.entry.fields.add(separator)
      addRight(row.span, to: 9)
      addRight(row.other, to: 19)
      report.entry.text.add("  ")
      add(row)
      report.add(.times, row.span.word, row.other.word)
      endLine()
      separator = "},{"
    }
    report.entry.fields.add("}],\"warnings\":[")
    separator = ""
    for warned in timeline.budget.warnings {
      report.add(warned.warning)
      report.entry.fields.add(separator)
      report.entry.fields.add(quoted: report.entry.text.bytes)
      endLine("warning: ")
      separator = ","
    }
    report.entry.fields.add("]}")
    report.add(.planNeeds, needed)
    if !settings.has(.gracePeriod) { report.add(.planWithoutDeadline) }
    endLine()
    if settings.logFormat == .json { StandardOutput.write(report.entry.fields) }
    return timeline.fits ? 0 : 1
  }

  @inline(never)
  private func endLine(_ label: StaticString = "") {
    if settings.logFormat == .text {
      var line = Line(label)
      line.add(report.entry.text)
      StandardOutput.write(line)
    }
    report.entry.text = Line()
  }

  @inline(never)
  private func addRight(_ span: Milliseconds, to column: Int) {
    var text = Line()
    text.add(span)
    report.entry.text.pad(to: column - text.bytes.count)
    report.entry.text.add(text)
  }

  private func add(_ row: Action) {
    switch row.kind {
    case .began: report.add(isHook ? .hookBegins : .begins)
    case .signalled: report.add(.getsSignal, row.signal.word)
    case .waitEnded: report.add(isHook ? .hookWaits : .waits)
    case .deadlinePassed: report.add(.deadlineComes)
    case .kubeletSignal: report.add(.kubeletSignals)
    default: report.add(.kubeletKills)
    }
  }
}
