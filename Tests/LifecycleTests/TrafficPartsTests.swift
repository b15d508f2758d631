// The small parts that the judge of traffic is made of.

import Chance
import Testing

@testable import Lifecycle

@Suite struct PeerAddressTests {
  private func text(_ peer: PeerAddress) -> String {
    var line = Line()
    line.add(peer)
    return line.text
  }

  @Test(arguments: [
    (UInt64(0), UInt64(0), "::"), (0, 1, "::1"), (0, 0xffff_0a01_0203, "10.1.2.3"),
    (0x2001_0db8_0000_0000, 1, "2001:db8::1"), (0x2001_0db8_0001_0001, 0x0001_0001_0001_0001, "2001:db8:1:1:1:1:1:1"),
    (0x2001_0db8_0000_0001, 0x0000_0000_0000_0001, "2001:db8:0:1::1"), (0xfe80_0000_0000_0000, 0, "fe80::"),
    (0x0001_0000_0000_0002, 0x0000_0000_0003_0004, "1::2:0:0:3:4"), (0, 0xffff_ffff_ffff, "255.255.255.255"),
    (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
  ])
  func `an address is written in its shortest form`(high: UInt64, low: UInt64, form: String) {
    #expect(text(PeerAddress(high: high, low: low)) == form)
  }

  @Test func `sixteen bytes make an address, and missing ones are zero`() {
    #expect(PeerAddress(bytes: Array(1...16)) == PeerAddress(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10))
    #expect(PeerAddress(bytes: Array(repeating: 0, count: 10) + [255, 255, 10, 1, 2, 3]) == client)
    #expect(PeerAddress(bytes: [0xfd]) == PeerAddress(high: 0xfd00_0000_0000_0000, low: 0))
    #expect(PeerAddress(bytes: Array(1...30)) == PeerAddress(bytes: Array(1...16)))
  }

  @Test func `no address is that of no peer, in either family`() {
    #expect(PeerAddress(high: 0, low: 0).isUnspecified)
    #expect(PeerAddress(version4: 0).isUnspecified)
    #expect(!PeerAddress(high: 0, low: 1).isUnspecified)
    #expect(!PeerAddress(high: 1, low: 0).isUnspecified)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 96, 104, 127, 128])
  func `a range ends with the bits of its prefix`(prefix: Int) {
    let base = PeerAddress(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
    let range = PeerRange(address: base, prefix: prefix)
    #expect(range.contains(base))
    for bit in 0..<128 {
      var other = base
      if bit < 64 { other.high ^= 1 << UInt64(63 - bit) } else { other.low ^= 1 << UInt64(127 - bit) }
      #expect(range.contains(other) == (bit >= prefix), "bit \(bit)")
    }
  }

  @Test func `a prefix beyond the range stays at its ends`() {
    #expect(PeerRange(address: client, prefix: 500).prefix == 128)
    #expect(PeerRange(address: client, prefix: -1).contains(PeerAddress(high: .max, low: .max)))
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

@Suite struct PortSetTests {
  @Test(
    arguments: [
      [], [0], [65_535], [80], [80, 81, 82], [63, 64], [0, 1, 63, 64, 65, 127, 128, 65_534, 65_535],
      Array(UInt16(8000)...8200), Array(0...65_535),
    ] as [[UInt16]])
  func `ranges hold the ports and no others`(ports: [UInt16]) {
    var set = PortSet()
    for port in ports.reversed() { set.insert(port) }
    #expect(set.isEmpty == ports.isEmpty)
    #expect(set.ranges.flatMap { Array($0.first...$0.last) } == ports)
    #expect((UInt16.min ... .max).filter { set.contains($0) } == ports)
  }

  @Test func `ports in any order, and twice, join what they touch`() {
    var set = PortSet()
    for port in stride(from: UInt16(100), through: 200, by: 2) { set.insert(port) }
    #expect(set.count == 51)
    for port in (UInt16(99)...200).reversed() { set.insert(port) }
    for port in [7, 65_535, 300, 8] as [UInt16] { set.insert(port) }
    #expect(set.ranges.map(\.first) == [7, 99, 300, 65_535])
    #expect(set.ranges.map(\.last) == [8, 200, 300, 65_535])
  }

  @Test func `a range is held where each of its ports is`() {
    let set: PortSet = [1, 80, 81, 82, 65_535]
    let held = [(1, 1), (80, 82), (81, 82), (65_535, 65_535)] as [(UInt16, UInt16)]
    let others = [(0, 1), (1, 2), (79, 82), (80, 83), (83, 84), (65_534, 65_535)] as [(UInt16, UInt16)]
    for range in held { #expect(set.contains(PortRange(first: range.0, last: range.1))) }
    for range in others { #expect(!set.contains(PortRange(first: range.0, last: range.1))) }
  }
}

@Suite struct SeenFilterTests {
  @Test func `what was inserted is known in this look and the next, and forgotten after it`() {
    var filter = SeenFilter()
    var isKnown: [Bool] = []
    isKnown.append(filter.insert(7))
    isKnown.append(filter.insert(7))
    filter.endWholeLook()
    isKnown.append(filter.insert(7))
    filter.endWholeLook()
    filter.endWholeLook()
    isKnown.append(filter.insert(7))
    #expect(isKnown == [false, true, true, false])
  }

  @Test(arguments: [(count: UInt64(10_000), most: 0.0005), (100_000, 0.03)])
  func `few new connections are taken for known ones, and no known one for new`(count: UInt64, most: Double) {
    var filter = SeenFilter()
    for identity in 0..<count { _ = filter.insert(identity) }
    filter.endWholeLook()
    var forgotten = 0
    for identity in 0..<count where !filter.insert(identity) { forgotten += 1 }
    #expect(forgotten == 0)
    filter.endWholeLook()
    // One at a time, so that only the last look's connections can be mistaken for a new one.
    var mistaken = 0
    for identity in 0..<UInt64(2000) {
      var probe = filter
      if probe.insert(identity + 1 << 40) { mistaken += 1 }
    }
    #expect(Double(mistaken) / 2000 <= most)
  }
}

@Suite struct LatestTimesTests {
  @Test(arguments: [1, 2, 3, 10, 100])
  func `the last of the latest is what sorting says`(count: Int) {
    var chance = Chance(seed: UInt64(count))
    var times = LatestTimes(count)
    var all: [Int64] = []
    for _ in 0..<500 {
      let time = Int64.random(in: -50...50, using: &chance)
      all.append(time)
      times.add(Instant(Milliseconds(time)))
      let expected = all.count < count ? .min : all.sorted(by: >)[count - 1]
      #expect(times.last.sinceStart.count == expected)
    }
  }
}
