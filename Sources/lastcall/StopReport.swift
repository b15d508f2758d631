// What a stop says of itself: a line per notice with --verbose, warnings always, and one summary at its end.

import Lifecycle
import LinuxCalls
import Options

extension Report {
  @inline(never)
  func write(_ news: Action) {
    let signal = news.signal.word
    switch news.kind {
    case .began:
      add(signal == 0 ? .begunByHook : .begunBySignal, signal)
      if news.span != .longest { add(.deadline, news.span.word) }
    case .warned:
      add(.planCut)
      add(news.warning)
      add(.gracePeriodNeeded, news.neededGracePeriod.word)
    case .waitEnded:
      if news.span <= .zero && news.waitEnd == .over { return }
      add(.waited, news.span.word)
      addReason(news.waitEnd)
    case .signalled: add(news.flag ? .escalated : .signalled, signal)
    case .ignored: add(.ignored, signal)
    case .deadlineMoved: add(.deadlineMoved, news.span.word)
    case .appEnded: add(.appEnded, news.status.word)
    case .askedOthers: add(.askedOthers)
    case .deadlinePassed: add(.deadlinePassed)
    default: return
    }
    send()
  }

  @inline(never)
  func add(_ warning: PlanWarning) {
    if warning.kind == .reserve { return add(.reserveCut, warning.to.word) }
    add(.reserveCut, plus: warning.kind.rawValue, warning.from.word)
    add(.doesNotFit, warning.to.word)
  }

  @inline(never)
  private func addReason(_ reason: WaitEnd) { add(.isOver, plus: reason.kind.rawValue, reason.signal.word) }

  /// The one line that is left of a stop. `orphans`: processes reaped that were not the app. `traffic`: what its wait saw.
  @inline(never)
  func summarize(_ stop: Stop, orphans: Int, traffic: Quiet?, alive: [ProcessEntry]) {
    add(.stopped, (Clock.now - stop.startedAt).word, stop.waited.word)
    if stop.waited > .zero || stop.waitEnd != .over {
      add(.waitedFor, stop.waited.word)
      addReason(stop.waitEnd)
      add(.waitedEnd)
    }
    add(.over, plus: stop.waitEnd.kind.rawValue)
    if let traffic { add(traffic, of: stop) }
    entry.fields.add(",\"signals\":[")
    var index = 0
    while index < stop.sent.count {
      entry.fields.add(index == 0 ? "{" : ",{")
      add(.sent, stop.sent[index].signal.word, stop.sent[index].span.word)
      entry.fields.add("}")
      index &+= 1
    }
    entry.fields.add("]")
    if let status = stop.appStatus, let after = stop.appEndedAfter { add(.appEndedAt, status.word, after.word) }
    if stop.hasPassedDeadline {
      add(.alive, alive.count)
      add(alive, atMost: 8)
    }
    add(orphans > 0 ? .orphansReaped : .orphans, orphans)
    if lost > 0 { add(.lostLines, lost) }
    send()
  }
}

extension Signal {
  /// As a format takes it.
  var word: Int { Int(number) }
}

extension Milliseconds {
  /// As a format takes it.
  var word: Int { Int(count) }
}
