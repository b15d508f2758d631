// What counts as traffic, and since when there is none: CONTRACT 5.1 to 5.3, case by case.

import Chance
import Testing

@testable import Lifecycle

@Suite struct QuietTests {
  // MARK: What counts

  @Test func `quiet is never older than the first look`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-60))])
    #expect(scene.look(at: at(0)) == 0)
    #expect(scene.look(at: at(3)) == 0)
  }

  @Test func `idle keep-alives do not count`() {
    let scene = TrafficScene(wires: (1...50).map { Wire($0, at: at(-10)) })
    scene.look(at: at(0))
    #expect(scene.look(at: at(2)) == 0)
    #expect(scene.open == 50)
    #expect(scene.movers == [])
  }

  @Test func `a request is dated by the kernel, however late the look comes`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-10))])
    scene.look(at: at(0))
    scene.wires[0].received = at(3)
    #expect(scene.look(at: at(9)) == 3)
    #expect(scene.lastArrival == nil, "a request on a connection that is known is no arrival")
  }

  @Test func `a connection that came counts, even if it says nothing`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(4))]
    #expect(scene.look(at: at(5)) == 4)
    #expect(scene.lastArrival == 4)
    #expect(scene.arrivals == 1)
    #expect(scene.look(at: at(6)) == 4)
    #expect(scene.arrivals == 1, "it is new only once")
  }

  @Test func `a long download does not count`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-10))])
    scene.look(at: at(0))
    scene.wires[0].sent = at(5)
    scene.wires[0].unsent = 100_000
    #expect(scene.look(at: at(5)) == 0)
  }

  @Test func `WebSockets and streams that talk keep it from being quiet`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-10))])
    for second in Int64(0)...20 {
      scene.wires[0].received = at(second)
      #expect(scene.look(at: at(milliseconds: second * 1000 + 100)) == Double(second))
      #expect(second == 0 || scene.movers == [Mover(port: 80, peer: client, count: 1)])
    }
  }

  @Test(arguments: [ConnectionPhase.peerFinished, .appFinished])
  func `data on a half-closed connection counts, its silence does not`(phase: ConnectionPhase) {
    let scene = TrafficScene(wires: [Wire(1, at: at(-10))])
    scene.wires[0].phase = phase
    #expect(scene.look(at: at(0)) == 0)
    scene.wires[0].received = at(1)
    #expect(scene.look(at: at(4)) == 1)
  }

  @Test func `an accept queue that is not empty is never quiet, and quiet begins when it is seen empty`() {
    let scene = TrafficScene()
    scene.listeners = [(80, 3)]
    #expect(scene.look(at: at(0)) == nil)
    #expect(scene.look(at: at(9)) == nil)
    #expect(scene.waitingForAccept == 3)
    scene.listeners = [(80, 0)]
    #expect(scene.look(at: at(10)) == 10)
    #expect(scene.look(at: at(11)) == 10)
  }

  @Test func `the accept queues of all listeners add up, those of other ports do not`() {
    let scene = TrafficScene { $0.ports = [80, 81] }
    scene.listeners = [(80, 1), (81, 2), (9000, 5)]
    scene.look(at: at(0))
    #expect(scene.waitingForAccept == 3)
  }

  @Test func `no listening port at all is quiet`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1), port: 45_000)])
    scene.listeners = []
    scene.look(at: at(0))
    scene.wires[0].received = at(1)
    #expect(scene.look(at: at(1)) == 0, "the app's own connection to somewhere else")
    #expect(!scene.servesAny)
  }

  @Test func `connections of a port that closed still count`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1))])
    scene.look(at: at(0))
    scene.listeners = []
    scene.wires[0].received = at(1)
    #expect(scene.look(at: at(2)) == 1)
  }

  // MARK: Which ports and peers

  @Test func `only the ports asked for count, as on a node's own network`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1), port: 443), Wire(2, at: at(-1), port: 80)]) { $0.ports = [80] }
    scene.listeners = [(80, 0), (443, 7)]
    scene.look(at: at(0))
    scene.wires[0].received = at(5)
    scene.wires[1].received = at(3)
    #expect(scene.look(at: at(5)) == 3)
    #expect(scene.open == 1)
  }

  @Test func `a port asked for counts although nobody listens on it any more`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1))]) { $0.ports = [80] }
    scene.listeners = []
    scene.look(at: at(0))
    scene.wires[0].received = at(1)
    #expect(scene.look(at: at(1)) == 1)
    #expect(!scene.knowsEveryListener)
  }

  @Test func `a sidecar's pool on loopback does not count when its address is ignored`() {
    let envoy = PeerAddress(version4: 0x7f00_0006)
    for ignores in [false, true] {
      let pool = (1...10).map { Wire($0, at: at(-1), peer: envoy) }
      let scene = TrafficScene(wires: pool) {
        if ignores { $0.ignoredPeers = [PeerRange(address: envoy, prefix: 128)] }
      }
      scene.look(at: at(0))
      for index in scene.wires.indices { scene.wires[index].received = at(5) }
      #expect(scene.look(at: at(5)) == (ignores ? 0 : 5))
      #expect(scene.open == (ignores ? 0 : 10))
    }
  }

  @Test(arguments: [(span: Int64(2), isQuiet: true), (10, false)])
  func `a probe every five seconds leaves two quiet ones, not ten`(span: Int64, isQuiet: Bool) {
    let scene = TrafficScene(span: .seconds(span))
    scene.look(at: at(0))
    var wasQuiet = false
    for second in Int64(1)...60 {
      let probe = Wire(UInt64(second), at: at(milliseconds: second * 1000 - 10))
      let since = scene.look(at: at(second), ended: second % 5 == 0 ? [probe] : [])
      if let since, Double(second) - since >= Double(span) { wasQuiet = true }
    }
    #expect(wasQuiet == isQuiet)
    #expect(scene.arrivals == 12)
  }

  @Test func `probes of an ignored peer do not count`() {
    let node = PeerAddress(version4: 0x0a00_0001)
    let scene = TrafficScene { $0.ignoredPeers = [PeerRange(address: PeerAddress(version4: 0x0a00_0000), prefix: 120)] }
    scene.look(at: at(0))
    #expect(scene.look(at: at(1), ended: [Wire(1, at: at(1), peer: node)]) == 0)
    #expect(scene.arrivals == 0)
  }

  // MARK: Between two looks

  @Test func `a connection that came and went between two looks counts`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    var short = Wire(1, at: at(milliseconds: 900))
    short.phase = .over
    #expect(scene.look(at: at(1), ended: [short]) == 0.9)
    #expect(scene.lastArrival == 0.9)
    #expect(scene.movers == [Mover(port: 80, peer: client, count: 1)])
  }

  @Test func `the end of an idle connection does not count, that of a busy one is dated by its data`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-30)), Wire(2, at: at(-30))])
    scene.look(at: at(0))
    let idle = scene.wires.removeFirst()
    #expect(scene.look(at: at(3), ended: [idle]) == 0)
    var busy = scene.wires.removeFirst()
    busy.received = at(4)
    #expect(scene.look(at: at(5), ended: [busy]) == 4)
    #expect(scene.arrivals == 0)
  }

  @Test func `a connection that the app reset has no times; it counts if it is new`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-30))])
    scene.look(at: at(0))
    func reset(_ identity: UInt64, at now: Instant) -> Double? {
      scene.quiet.beginLook(at: now, opens: nil, tellsEnds: true)
      scene.quiet.listener(port: 80, waiting: 0)
      scene.quiet.beginConnections()
      var over = Wire(identity, at: now)
      over.phase = .over
      scene.quiet.connection(over.connection(at: now, hasTimes: false), hasEnded: true, at: now)
      scene.quiet.endLook(.whole, at: now)
      return scene.quietSince.map { Double(($0 - start).count) / 1000 }
    }
    #expect(reset(1, at: at(1)) == 0)
    #expect(reset(2, at: at(2)) == 2)
  }

  @Test func `ends that were lost count as traffic`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    #expect(scene.look(at: at(3), hasLost: true) == 3)
    #expect(scene.look(at: at(4)) == 3)
  }

  @Test func `an arrival is dated no later than the namespace's counter allows`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    scene.look(at: at(1), end: .partial, opens: 1)
    var talker = Wire(1, at: at(1))
    talker.received = at(8)
    scene.wires = [talker]
    scene.look(at: at(9), opens: 0)
    #expect(scene.lastArrival == 1)
  }

  // MARK: Looks that do not see everything

  @Test func `a look that did not see everything never finds quiet, and the next whole one dates it right`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1))])
    scene.look(at: at(0))
    #expect(scene.look(at: at(5), end: .partial) == nil)
    #expect(!scene.isCountWhole)
    #expect(!scene.knowsConnections)
    #expect(scene.look(at: at(6)) == 0)
  }

  @Test func `a connection that a partial look left out is not new to the next one`() {
    let wires = [Wire(1, at: at(-1)), Wire(2, at: at(-1))]
    let scene = TrafficScene(wires: wires)
    scene.look(at: at(0))
    scene.wires = [wires[0]]
    scene.look(at: at(1), end: .partial)
    scene.look(at: at(2), end: .partial)
    scene.wires = wires
    scene.look(at: at(3))
    #expect(scene.arrivals == 0)
  }

  @Test func `where nothing moved, the last look's numbers hold`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-1))])
    scene.look(at: at(0))
    scene.wires[0].received = at(1)
    scene.look(at: at(1))
    #expect(scene.knowsConnections)
    #expect(scene.look(at: at(5), end: .unchanged) == 1)
    #expect(scene.open == 1)
  }

  @Test func `the first look asks for no times, later ones do, and with drain all do`() {
    let scene = TrafficScene()
    #expect(!scene.needsTimes)
    #expect(!scene.knowsTraffic)
    scene.look(at: at(0))
    #expect(scene.needsTimes)
    #expect(TrafficScene { $0.drain = true }.needsTimes)
    #expect(TrafficScene { $0.drain = true }.quiet.drains)
  }

  @Test func `a look knows of traffic as soon as more moved than may`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9)), Wire(2, at: at(-9))]) { $0.maxOpen = 1 }
    scene.look(at: at(0))
    scene.quiet.beginLook(at: at(9), opens: nil, tellsEnds: true)
    scene.quiet.listener(port: 80, waiting: 0)
    scene.quiet.beginConnections()
    for index in 0...1 {
      #expect(!scene.knowsTraffic)
      scene.wires[index].received = at(8)
      scene.quiet.connection(scene.wires[index].connection(at: at(9)), at: at(9))
    }
    #expect(scene.knowsTraffic)
  }

  // MARK: --max-open

  @Test(arguments: [(talkers: 2, since: 0.0), (3, 9), (4, 9)])
  func `two connections may talk, a third one may not`(talkers: Int, since: Double) {
    let scene = TrafficScene(wires: (1...5).map { Wire($0, at: at(-9)) }) { $0.maxOpen = 2 }
    scene.look(at: at(0))
    for index in 0..<talkers { scene.wires[index].received = at(9) }
    #expect(scene.look(at: at(9)) == since)
  }

  @Test func `quiet begins when the first one beyond those that may talk fell silent`() {
    let scene = TrafficScene(wires: (1...3).map { Wire($0, at: at(-9)) }) { $0.maxOpen = 1 }
    scene.look(at: at(0))
    scene.wires[0].received = at(4)
    scene.wires[1].received = at(6)
    scene.wires[2].received = at(5)
    #expect(scene.look(at: at(9)) == 5)
  }

  @Test func `none may come, however many may talk`() {
    let scene = TrafficScene { $0.maxOpen = 100 }
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(3))]
    #expect(scene.look(at: at(4)) == 3)
    scene.wires[0].received = at(8)
    #expect(scene.look(at: at(8)) == 3, "once it is there, it may talk")
  }

  // MARK: --drain

  @Test func `an unanswered request is waited for, and quiet begins with the answer`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].received = at(-1)
    #expect(scene.look(at: at(0)) == nil)
    #expect(!scene.knowsConnections, "what the app does with it need not move a segment")
    #expect(scene.look(at: at(10)) == nil)
    scene.wires[0].sent = at(12)
    #expect(scene.look(at: at(13)) == 12)
  }

  @Test func `a first request is unanswered though it came in the tick of its connection`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].isFirstUnanswered = true
    #expect(scene.look(at: at(0)) == nil)
  }

  @Test func `what the app has not read is not answered`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].unread = 1
    #expect(scene.look(at: at(0)) == nil)
  }

  @Test func `without times, what has been read may have been answered`() {
    let scene = TrafficScene(isProcNet: true, wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].unread = 1
    #expect(scene.look(at: at(0)) == nil)
    scene.wires[0].unread = 0
    #expect(scene.look(at: at(1)) == 0, "when it was last seen unread")
  }

  @Test func `an answer that is going out is waited for`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.look(at: at(0))
    scene.wires[0].sent = at(3)
    scene.wires[0].unsent = 1
    #expect(scene.look(at: at(9)) == nil)
    scene.wires[0].unsent = 0
    #expect(scene.look(at: at(10)) == 9, "when it was last seen under way")
  }

  @Test func `an idle keep-alive that was answered in the tick of its request is not waited for`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    #expect(scene.look(at: at(0)) == 0)
  }

  @Test func `who has finished sending owes no answer, only what it has sent`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].received = at(-1)
    scene.wires[0].phase = .appFinished
    scene.wires[0].unsent = 1
    #expect(scene.look(at: at(0)) == 0, "its own end")
    scene.wires[0].unsent = 2
    #expect(scene.look(at: at(1)) == nil)
  }

  @Test func `a peer that has finished sending is still owed its answer`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))]) { $0.drain = true }
    scene.wires[0].received = at(-1)
    scene.wires[0].phase = .peerFinished
    #expect(scene.look(at: at(0)) == nil)
  }

  @Test func `as many as may talk need not be answered`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9)), Wire(2, at: at(-9))]) {
      $0.drain = true
      $0.maxOpen = 1
    }
    scene.wires[0].received = at(-1)
    #expect(scene.look(at: at(0)) == 0)
    scene.wires[1].received = at(-1)
    #expect(scene.look(at: at(1)) == nil)
  }

  // MARK: Without times and ends (/proc)

  @Test func `without times, a new connection counts when it is seen`() {
    let scene = TrafficScene(isProcNet: true, wires: [Wire(1, at: at(-9))])
    #expect(scene.look(at: at(0)) == 0)
    scene.wires.append(Wire(2, at: at(1)))
    #expect(scene.look(at: at(4)) == 4)
    #expect(scene.look(at: at(5)) == 4)
    #expect(scene.arrivals == 1)
  }

  @Test func `without times, data counts while the app has not read it, and the peer's end is no data`() {
    let scene = TrafficScene(isProcNet: true, wires: [Wire(1, at: at(-9))])
    scene.look(at: at(0))
    scene.wires[0].phase = .peerFinished
    scene.wires[0].unread = 1
    #expect(scene.look(at: at(3)) == 0)
    scene.wires[0].unread = 2
    #expect(scene.look(at: at(4)) == 4)
  }

  @Test func `without ends, what TIME_WAIT remembers counts once`() {
    let scene = TrafficScene(isProcNet: true)
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(1))]
    scene.wires[0].phase = .over
    #expect(scene.look(at: at(2)) == 2)
    #expect(scene.look(at: at(3)) == 2)
    #expect(scene.open == 0)
  }

  @Test func `without ends, the namespace's counter tells of connections that came and went`() {
    let scene = TrafficScene(isProcNet: true)
    scene.look(at: at(0))
    #expect(scene.look(at: at(3), opens: 2) == 3)
    #expect(scene.arrivals == 2)
    #expect(scene.look(at: at(4), opens: 0) == 3)
  }

  @Test func `without ends, a connection that is seen accounts for its count, in this look or the next`() {
    let scene = TrafficScene(isProcNet: true)
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(1))]
    scene.look(at: at(1), opens: 1)
    #expect(scene.arrivals == 1)
    // It came after the counter was read.
    scene.wires.append(Wire(2, at: at(2)))
    scene.look(at: at(2), opens: 0)
    #expect(scene.look(at: at(5), opens: 1) == 2)
    #expect(scene.arrivals == 2)
  }

  @Test func `without ends, what came and went may have been one of the peers to ignore`() {
    let scene = TrafficScene(isProcNet: true) { $0.ignoredPeers = [PeerRange(address: client, prefix: 128)] }
    scene.look(at: at(0))
    #expect(scene.look(at: at(3), opens: 2) == 0)
  }

  @Test func `without ends, connections to a sidecar's port account for their count`() {
    let scene = TrafficScene(isProcNet: true) { $0.ports = [80] }
    scene.listeners = [(80, 0), (15_090, 0)]
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(1), port: 15_090)]
    #expect(scene.look(at: at(2), opens: 1) == 0)
    #expect(scene.arrivals == 0)
  }

  @Test func `with ends, what the counter knows and nobody has told yet puts the verdict off, once and shortly`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    #expect(scene.look(at: at(1), opens: 5) == 0, "where quiet would not be complete, there is no verdict to put off")
    #expect(scene.look(at: at(3), opens: 5) == nil)
    #expect(scene.nextLook(after: .zero, at: at(3)) == at(milliseconds: 3050))
    #expect(scene.look(at: at(milliseconds: 3050), opens: 5) == 0, "they were to ports that are not served")
    #expect(scene.look(at: at(4), opens: 1) == nil)
    let late = Wire(1, at: at(3))
    #expect(scene.look(at: at(milliseconds: 4050), ended: [late], end: .unchanged, opens: 0) == 3)
  }

  @Test func `with ends, connections that are seen put nothing off`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    scene.wires = [Wire(1, at: at(1))]
    #expect(scene.look(at: at(4), opens: 1) == 1)
  }

  // MARK: The summary

  @Test func `movers are told by port and peer, and those without a place are counted`() {
    let scene = TrafficScene()
    scene.look(at: at(0))
    scene.wires = (0..<20).map { Wire(UInt64($0) + 1, at: at(1), peer: PeerAddress(version4: UInt32($0 / 2))) }
    scene.look(at: at(1))
    #expect(scene.movers.count == Quiet.mostMovers)
    #expect(scene.movers[0] == Mover(port: 80, peer: PeerAddress(version4: 0), count: 2))
    #expect(scene.otherMovers == 4)
  }

  // MARK: The rate of looks

  @Test(arguments: [
    // A look that costs nothing: four a second, or when the quiet is complete.
    (cost: Int64(0), since: Int64(-5000), next: Int64(250)), (0, -1900, 100), (0, -1000, 250), (0, -2000, 250),
    // One hundredth of the time.
    (2, -5000, 250), (20, -5000, 2000), (1000, -5000, 100_000),
    // What completes the quiet may cost a twentieth.
    (20, -1000, 1000), (20, -1950, 400), (50, -100, 1900), (150, -1900, 3000), (150, -3000, 15_000),
    // Costs from a clock that misbehaves.
    (-5, -5000, 250), (.max, -5000, 360_000_000),
  ])
  func `looks are as often as they are cheap`(cost: Int64, since: Int64, next: Int64) {
    let scene = TrafficScene()
    scene.quiet = Quiet(TrafficSettings(), span: .seconds(2), at: start + Milliseconds(since))
    scene.look(at: start)
    #expect(scene.nextLook(after: Milliseconds(cost), at: start) == start + Milliseconds(next))
  }

  @Test func `a look that ended early is followed by one when what it saw is long enough ago`() {
    let scene = TrafficScene(wires: [Wire(1, at: at(-9))])
    scene.look(at: at(0))
    scene.wires[0].received = at(9)
    #expect(scene.look(at: at(10), end: .partial) == nil)
    #expect(scene.nextLook(after: Milliseconds(20), at: at(10)) == at(11))
  }

  // MARK: Any traffic at all

  @Test(arguments: 0..<40)
  func `quiet is what a judge with all of the memory in the world says`(seed: UInt64) {
    var chance = Chance(seed: seed)
    let mayTalk = Int(seed % 3)
    let scene = TrafficScene(wires: (0..<30).map { Wire($0, at: at(-5)) }) { $0.maxOpen = mayTalk }
    var expected = start
    var now = start
    var next: UInt64 = 30
    scene.look(at: now)
    for _ in 0..<50 {
      let before = now
      now = now + chance.span(upTo: .seconds(1)) + Milliseconds(1)
      var moved: [Instant] = scene.wires.map(\.received)
      var ended: [Wire] = []
      func moment() -> Instant { before + chance.span(upTo: now - before) }
      for index in scene.wires.indices where chance.happens(onceIn: 10) {
        scene.wires[index].received = moment()
        moved[index] = scene.wires[index].received
      }
      if chance.happens(onceIn: 4) {
        let wire = Wire(next, at: moment())
        next += 1
        moved.append(wire.received)
        expected = max(expected, wire.received)
        if chance.happens(onceIn: 2) { scene.wires.append(wire) } else { ended.append(wire) }
      }
      if scene.wires.count > 1 && chance.happens(onceIn: 5) {
        ended.append(scene.wires.remove(at: Int.random(in: 0..<scene.wires.count, using: &chance)))
      }
      moved.sort(by: >)
      if moved.count > mayTalk { expected = max(expected, moved[mayTalk]) }
      scene.look(at: now, ended: ended)
      #expect(scene.quietSince == expected)
    }
  }
}
