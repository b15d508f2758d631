// What a stop says of itself: a line per notice with --verbose, warnings always, and one summary at its end.

import Lifecycle
import LinuxCalls
import Options

extension Report {
  mutating func write(_ notice: StopNotice) {
    switch notice {
    case .began(let request, let deadline): write(.detail, began(request, deadline))
    case .warned(let warning, let needed): write(.warning, warned(warning, needed))
    case .waitEnded(let reason, let after):
      if after > .zero || reason != .over { write(.detail, waitEnded(reason, after)) }
    case .signalled(let signal, let isEscalation):
      var entry = Entry("signalled", isEscalation ? "still alive, so now " : "the app gets ")
      entry.text.add(signal)
      entry.field("signal", signal)
      write(.detail, entry)
    case .ignored(let signal):
      var entry = Entry("ignored", "a stop is under way; not passed on: ")
      entry.text.add(signal)
      entry.field("signal", signal)
      write(.detail, entry)
    case .deadlineMoved(let left):
      var entry = Entry("deadline-moved", "time left until the deadline is now ")
      entry.text.add(left)
      entry.field("left_ms", left)
      write(.detail, entry)
    case .appEnded(let status):
      var entry = Entry("app-ended", "the app ")
      entry.text.add(status)
      entry.field("code", Int(status.code))
      write(.detail, entry)
    case .askedOthers:
      write(.detail, Entry("asked-others", "the app is gone; the processes that it left are asked to end"))
    case .deadlinePassed:
      write(.detail, Entry("deadline-passed", "the deadline has passed"))
    }
  }

  private func began(_ request: StopRequest, _ deadline: Milliseconds?) -> Entry {
    var entry = Entry("stop-began", "stop asked for by ")
    switch request {
    case .signal(let signal):
      entry.text.add(signal)
      entry.field("signal", signal)
    case .hook: entry.text.add("the preStop hook")
    case .appEnd: entry.text.add("the app's end")
    }
    if let deadline {
      entry.text.add("; deadline in ")
      entry.text.add(deadline)
      entry.field("deadline_ms", deadline)
    }
    return entry
  }

  private func warned(_ warning: PlanWarning, _ needed: Milliseconds) -> Entry {
    var entry = Entry("plan-cut", "")
    entry.text.add(warning)
    entry.text.add("; terminationGracePeriodSeconds: ")
    entry.text.add(needed.secondsRoundedUp)
    entry.text.add(" would do")
    entry.field("needed_grace_period_ms", needed)
    return entry
  }

  private func waitEnded(_ reason: WaitEnd, _ after: Milliseconds) -> Entry {
    var entry = Entry("wait-ended", "waited ")
    entry.text.add(after)
    entry.text.add(": ")
    entry.text.add(reason)
    entry.field("waited_ms", after)
    return entry
  }

  /// The one line that is left of a stop. `orphans`: processes reaped that were not the app. `traffic`: what its wait saw.
  mutating func summarize(_ stop: Stop, orphans: Int, traffic: TrafficFindings?, alive: [ProcessEntry]) {
    var entry = Entry("stopped", "stopped after ")
    let total = Clock.now - stop.startedAt
    entry.text.add(total)
    entry.field("total_ms", total)
    entry.field("waited_ms", stop.waited)
    if stop.waited > .zero || stop.waitEnd != .over {
      entry.text.add(": waited ")
      entry.text.add(stop.waited)
      entry.text.add(" (")
      entry.text.add(stop.waitEnd)
      entry.text.add(")")
    }
    entry.field("wait_end", stop.waitEnd.name)
    if let traffic { add(traffic, of: stop, to: &entry) }
    addSignals(stop, &entry)
    if let status = stop.appStatus, let after = stop.appEndedAfter {
      entry.text.add("; the app ")
      entry.text.add(status)
      entry.text.add(" at ")
      entry.text.add(after)
      entry.field("code", Int(status.code))
      entry.field("app_ended_ms", after)
    }
    if stop.hasPassedDeadline {
      entry.text.add("; alive at the deadline: ")
      entry.text.add(alive, atMost: 8)
      entry.field("alive_at_deadline", alive.count)
    }
    if orphans > 0 {
      entry.text.add("; orphans reaped: ")
      entry.text.add(orphans)
    }
    entry.field("orphans", orphans)
    if lost > 0 { entry.field("lost_lines", lost) }
    write(.notice, entry)
  }

  private func addSignals(_ stop: Stop, _ entry: inout Entry) {
    var list = Line("[")
    for sent in stop.sent {
      entry.text.add("; ")
      entry.text.add(sent.signal)
      entry.text.add(" at ")
      entry.text.add(sent.after)
      if list.bytes.count > 1 { list.add(",") }
      list.add("{\"signal\":\"")
      list.add(sent.signal)
      list.add("\",\"at_ms\":")
      list.add(sent.after.count)
      list.add("}")
    }
    list.add("]")
    entry.field("signals", json: list)
  }
}

extension WaitEnd {
  /// The word of it in JSON.
  var name: StaticString {
    switch self {
    case .over: "over"
    case .quiet: "quiet"
    case .notQuiet: "not-quiet"
    case .hurried: "hurried"
    case .appEnded: "app-ended"
    }
  }
}

extension Line {
  mutating func add(_ reason: WaitEnd) {
    switch reason {
    case .over: add("the wait is over")
    case .quiet: add("quiet")
    case .notQuiet: add("not quiet, but no more time")
    case .hurried(let signal):
      add(signal)
      add(" said time is up")
    case .appEnded: add("the app ended")
    }
  }

  mutating func add(_ warning: PlanWarning) {
    switch warning {
    case .reserveCut(let to):
      add("--reserve leaves nothing of the grace period; cut to ")
      add(to)
    case .waitCut(let from, let to): addCut("--wait ", from, to)
    case .maxWaitCut(let from, let to): addCut("--max-wait ", from, to)
    case .scheduleSqueezed(let from, let to): addCut("the schedule's ", from, to)
    case .holdCut(let from, let to): addCut("--hold ", from, to)
    }
  }

  private mutating func addCut(_ what: StaticString, _ from: Milliseconds, _ to: Milliseconds) {
    add(what)
    add(from)
    add(" does not fit into the grace period; cut to ")
    add(to)
  }

  /// `gunicorn (8), sh (7)`.
  mutating func add(_ processes: [ProcessEntry], atMost limit: Int) {
    if processes.isEmpty { add("(unknown: no /proc)") }
    for index in processes.indices {
      if index == limit {
        add(" and ")
        add(processes.count - limit)
        return add(" more")
      }
      if index > 0 { add(", ") }
      add(foreign: processes[index].name)
      add(" (")
      add(Int(processes[index].process))
      add(")")
    }
  }
}
