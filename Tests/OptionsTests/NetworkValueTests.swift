// Networks of --ignore-peer, against inet_pton(3).

import Foundation
import Lifecycle
import Testing

@testable import Options

/// What the C library makes of an address, IPv4 as IPv6 maps it.
func systemAddress(_ text: String) -> PeerAddress? {
  if text.contains("\0") { return nil }
  var four = in_addr()
  if inet_pton(AF_INET, text, &four) == 1 { return PeerAddress(version4: UInt32(bigEndian: four.s_addr)) }
  var six = in6_addr()
  guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
  return withUnsafeBytes(of: &six) { PeerAddress(bytes: Array($0)) }
}

@Suite struct NetworkValueTests {
  @Test(arguments: [
    "0.0.0.0", "127.0.0.6", "255.255.255.255", "10.0.0.1", "::", "::1", "1::", "fd00::8", "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8", "ABCD:ef01::", "::ffff:10.1.2.3", "1:2:3:4:5:6:7.8.9.10", "::1.2.3.4",
    "64:ff9b::192.0.2.33", "0000:0000::0001",
  ])
  func `an address is what inet_pton says`(_ text: String) throws {
    let address = try #require(systemAddress(text))
    #expect(Values.networks(bytes(text)) == [PeerRange(address: address, prefix: 128)])
  }

  @Test(arguments: [
    "", " ", ".", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.-4", "1.2.3.", ".1.2.3", "1..2.3",
    "0001.2.3.4", "010.0.0.1", "1.2.3.4 ", "0x7f.0.0.1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1::", ":1",
    "1:", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "12345::", "g::", "1.2.3.4::", "::1.2.3", "::1.2.3.4.5",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "[::1]", "localhost", "::256.1.1.1", "1::\0",
    "1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1", "::ffff:010.1.2.3",
  ])
  func `no address is what inet_pton says is none`(_ text: String) {
    #expect(systemAddress(text) == nil)
    #expect(Values.networks(bytes(text)) == nil)
  }

  @Test func `a prefix is counted in the family's own bits`() {
    #expect(Values.network(bytes("10.0.0.0/8"))?.prefix == 104)
    #expect(Values.network(bytes("10.0.0.0/0"))?.prefix == 96)
    #expect(Values.network(bytes("10.0.0.0/32"))?.prefix == 128)
    #expect(Values.network(bytes("fd00::/8"))?.prefix == 8)
    #expect(Values.network(bytes("::/0"))?.prefix == 0)
    #expect(Values.network(bytes("::1/128"))?.prefix == 128)
    for none in [
      "10.0.0.0/33", "::/129", "10.0.0.0/", "/8", "10.0.0.0/8/8", "10.0.0.0/-1", "::/a", "10.0.0.0/255.0.0.0", "/",
      "10.0.0.0/18446744073709551624",
    ] {
      #expect(Values.network(bytes(none)) == nil, "\(none)")
    }
  }

  @Test func `a network holds the addresses of its prefix and no others`() throws {
    let network = try #require(Values.network(bytes("10.1.0.0/16")))
    #expect(network.contains(try #require(systemAddress("10.1.255.255"))))
    #expect(network.contains(try #require(systemAddress("::ffff:10.1.0.1"))))
    #expect(!network.contains(try #require(systemAddress("10.0.255.255"))))
    #expect(!network.contains(try #require(systemAddress("10.2.0.0"))))
    #expect(!network.contains(try #require(systemAddress("::10.1.0.1"))))
    let everyFour = try #require(Values.network(bytes("0.0.0.0/0")))
    #expect(everyFour.contains(try #require(systemAddress("255.1.2.3"))))
    #expect(!everyFour.contains(try #require(systemAddress("fd00::1"))))
  }

  @Test func `a list of networks has no empty element`() {
    #expect(Values.networks(bytes("10.0.0.0/8,fd00::/8"))?.count == 2)
    for none in ["", ",", "10.0.0.1,", ",::1", "10.0.0.1,,::1", "10.0.0.1 ::1"] {
      #expect(Values.networks(bytes(none)) == nil, "\(none)")
    }
  }
}
