// What a stop says of itself: a line per notice with --verbose, warnings always, and one summary at its end.

import Lifecycle
import LinuxCalls
import Options

extension Report {
  mutating func write(_ news: Action) {
    switch news.kind {
    case .began: write(.detail, began(news))
    case .warned: write(.warning, warned(news))
    case .waitEnded:
      if news.span > .zero || news.waitEnd != .over { write(.detail, waitEnded(news)) }
    case .signalled:
      var entry = Entry("signalled", news.flag ? "still alive, so now " : "the app gets ")
      entry.text.add(news.signal)
      entry.field("signal", news.signal)
      write(.detail, entry)
    case .ignored:
      var entry = Entry("ignored", "a stop is under way; not passed on: ")
      entry.text.add(news.signal)
      entry.field("signal", news.signal)
      write(.detail, entry)
    case .deadlineMoved:
      var entry = Entry("deadline-moved", "time left until the deadline is now ")
      entry.text.add(news.span)
      entry.field("left_ms", news.span)
      write(.detail, entry)
    case .appEnded:
      var entry = Entry("app-ended", "the app ")
      entry.text.add(news.status)
      entry.field("code", Int(news.status.code))
      write(.detail, entry)
    case .askedOthers:
      write(.detail, Entry("asked-others", "the app is gone; the processes that it left are asked to end"))
    case .deadlinePassed:
      write(.detail, Entry("deadline-passed", "the deadline has passed"))
    case .signalApp, .askOthers, .killEverything, .finish, .forward, .drop, .explainShell, .continueApp, .stopOurselves,
      .suspendOurselves, .signalRest, .endPlan, .exit, .kubeletSignal, .kubeletKill:
      break
    }
  }

  private func began(_ news: Action) -> Entry {
    var entry = Entry("stop-began", "stop asked for by ")
    if news.signal == .none {
      entry.text.add("the preStop hook")
    } else {
      entry.text.add(news.signal)
      entry.field("signal", news.signal)
    }
    if news.span != .longest {
      entry.text.add("; deadline in ")
      entry.text.add(news.span)
      entry.field("deadline_ms", news.span)
    }
    return entry
  }

  private func warned(_ news: Action) -> Entry {
    var entry = Entry("plan-cut", "")
    entry.text.add(news.warning)
    entry.text.add("; terminationGracePeriodSeconds: ")
    entry.text.add(news.neededGracePeriod.secondsRoundedUp)
    entry.text.add(" would do")
    entry.field("needed_grace_period_ms", news.neededGracePeriod)
    return entry
  }

  private func waitEnded(_ news: Action) -> Entry {
    var entry = Entry("wait-ended", "waited ")
    entry.text.add(news.span)
    entry.text.add(": ")
    entry.text.add(news.waitEnd)
    entry.field("waited_ms", news.span)
    return entry
  }

  /// The one line that is left of a stop. `orphans`: processes reaped that were not the app. `traffic`: what its wait saw.
  mutating func summarize(_ stop: Stop, orphans: Int, traffic: Quiet?, alive: [ProcessEntry]) {
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
      entry.text.add(sent.span)
      if list.bytes.count > 1 { list.add(",") }
      list.add("{\"signal\":\"")
      list.add(sent.signal)
      list.add("\",\"at_ms\":")
      list.add(sent.span.count)
      list.add("}")
    }
    list.add("]")
    entry.field("signals", json: list)
  }
}

extension WaitEnd {
  /// The word of it in JSON.
  var name: StaticString {
    switch kind {
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
    switch reason.kind {
    case .over: add("the wait is over")
    case .quiet: add("quiet")
    case .notQuiet: add("not quiet, but no more time")
    case .hurried:
      add(reason.signal)
      add(" said time is up")
    case .appEnded: add("the app ended")
    }
  }

  mutating func add(_ warning: PlanWarning) {
    switch warning.kind {
    case .reserve:
      add("--reserve leaves nothing of the grace period; cut to ")
      add(warning.to)
    case .wait: addCut("--wait ", warning)
    case .maxWait: addCut("--max-wait ", warning)
    case .schedule: addCut("the schedule's ", warning)
    case .hold: addCut("--hold ", warning)
    }
  }

  private mutating func addCut(_ what: StaticString, _ warning: PlanWarning) {
    add(what)
    add(warning.from)
    add(" does not fit into the grace period; cut to ")
    add(warning.to)
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
