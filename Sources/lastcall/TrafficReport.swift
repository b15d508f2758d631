// What a wait saw of the traffic, in the words of the summary.

import Lifecycle
import LinuxCalls

extension Report {
  /// That this sandbox shows no traffic.
  func blind(_ reason: Errno) { write(.blind, [], reason) }

  /// When the last new connection came, which an operator needs to set `--wait`, and what kept a wait from being quiet.
  @inline(never)
  func add(_ traffic: Quiet, of stop: Stop) {
    guard traffic.isKnown else { return }
    if let lastArrival = traffic.lastArrival {
      add(.lastConnection, max(.zero, lastArrival - stop.startedAt).word)
    } else {
      add(.noConnection)
    }
    add(.connections, traffic.arrivals, traffic.open)
    guard stop.waitEnd == .notQuiet else { return }
    if traffic.waitingForAccept > 0 { add(.notAccepted, traffic.waitingForAccept) }
    var index = 0
    while index < Quiet.mostMovers {
      let mover = traffic.mover(index)
      if mover.count == 0 { break }
      index &+= 1
      var peer = Line()
      peer.add(mover.peer)
      add(.moving, mover.count, mover.port, peer.bytes, .none)
    }
    if traffic.otherMovers > 0 { add(.movingMore, traffic.otherMovers) }
  }
}
