// What is told comes out of the flat form as it went in.

import Testing

@testable import Lifecycle

@Suite struct ActionTests {
  @Test func `how an app or a wait ended is told as it was`() {
    for status in [ExitStatus.exited(0), .exited(3), .killed(by: .kill)] {
      #expect(Action.appEnded(status).status == status)
    }
    for end in [WaitEnd(kind: .quiet), WaitEnd(kind: .hurried, signal: .interrupt)] {
      #expect(Action.waitEnded(end, after: .zero).waitEnd == end)
    }
  }

  @Test func `a peer is looked for in every range of a set`() {
    var set = PeerSet()
    set.add(PeerRange(address: PeerAddress(version4: 0x0a00_0000), prefix: 104))
    set.add(PeerRange(address: PeerAddress(version4: 0xc000_0207), prefix: 128))
    #expect(set.contains(PeerAddress(version4: 0x0a01_0203)))
    #expect(set.contains(PeerAddress(version4: 0xc000_0207)))
    #expect(!set.contains(PeerAddress(version4: 0xc000_0208)))
  }
}
