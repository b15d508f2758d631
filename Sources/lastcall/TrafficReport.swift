// What a wait saw of the traffic, in the words of the summary.

import Lifecycle
import LinuxCalls

extension Report {
  /// That this sandbox shows no traffic.
  mutating func blind(_ reason: Errno) {
    failure(.warning, "see the traffic here", reason, next: "waiting for as long as --max-wait allows")
  }

  /// When the last new connection came, which an operator needs to set `--wait`, and what kept a wait from being quiet.
  func add(_ traffic: Quiet, of stop: Stop, to entry: inout Entry) {
    guard traffic.isKnown else { return }
    if let lastArrival = traffic.lastArrival {
      let after = max(.zero, lastArrival - stop.startedAt)
      entry.text.add(", last new connection at ")
      entry.text.add(after)
      entry.field("last_connection_ms", after)
    } else {
      entry.text.add(", no new connection")
    }
    entry.field("new_connections", traffic.arrivals)
    entry.field("open_connections", traffic.open)
    guard stop.waitEnd == .notQuiet else { return }
    if traffic.waitingForAccept > 0 {
      entry.text.add(", not accepted: ")
      entry.text.add(traffic.waitingForAccept)
    }
    for index in 0..<Quiet.mostMovers {
      let mover = traffic.mover(index)
      if mover.count == 0 { break }
      entry.text.add(", still moving: ")
      entry.text.add(mover.count)
      entry.text.add(" from ")
      entry.text.add(mover.peer)
      entry.text.add(" to port ")
      entry.text.add(Int(mover.port))
    }
    if traffic.otherMovers > 0 {
      entry.text.add(", and more: ")
      entry.text.add(traffic.otherMovers)
    }
  }
}
