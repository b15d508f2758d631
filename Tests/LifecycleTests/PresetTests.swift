// What known servers need: every row is the server's own, so what can be checked is that the table holds together.

import Lifecycle
import Testing

@Suite struct PresetTests {
  private var all: [Preset] { Preset.all }

  private func preset(_ name: StaticString) throws -> Preset {
    try #require(all.first { $0.name == Text(name) })
  }

  @Test func `every name is there once, in small letters, with a reason`() {
    let names = all.map { $0.name.text }
    #expect(Set(names).count == names.count)
    for preset in all {
      #expect(preset.name.bytes.allSatisfy { $0 == 0x2d || $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x7a })
      #expect(!preset.reason.bytes.isEmpty)
    }
  }

  @Test func `names tell presets apart`() throws {
    #expect(try preset("nginx") == preset("nginx"))
    #expect(try preset("nginx") != preset("kong"))
  }

  @Test(
    arguments: [
      ("nginx", Signal.quit), ("openresty", .quit), ("kong", .quit), ("httpd", .windowChange), ("php-fpm", .quit),
      ("haproxy", .user1), ("unicorn", .quit), ("resque", .quit), ("postgres", .interrupt), ("nats", .user2),
      ("redis", .terminate), ("caddy", .terminate), ("sidekiq", .terminate),
    ] as [(StaticString, Signal)])
  func `a server gets the signal that lets it finish`(name: StaticString, signal: Signal) throws {
    #expect(try preset(name).map.apply(to: .terminate) == signal)
  }

  @Test func `systemd gets RTMIN+3 as glibc counts`() throws {
    #expect(try preset("systemd").map.apply(to: .terminate) == Signal(37))
  }

  @Test(arguments: ["httpd", "apache2", "php-apache"] as [StaticString])
  func `a terminal's resize does not stop httpd, and its stop still is one`(name: StaticString) throws {
    let map = try preset(name).map
    #expect(map.apply(to: .windowChange) == nil)
    #expect(map.apply(to: .terminate) == .windowChange)
  }

  @Test func `only httpd is kept from a signal`() {
    for preset in all where (1...64).compactMap(Signal.init).contains(where: { preset.map.apply(to: $0) == nil }) {
      #expect(preset.map.apply(to: .terminate) == .windowChange)
    }
  }

  @Test func `a schedule is given where one signal is not all`() throws {
    #expect(try preset("postgres").schedule.text == "TERM/60%/INT/30%/QUIT")
    #expect(try preset("sidekiq").schedule.text == "TSTP/25%/TERM")
    #expect(try preset("nginx").schedule.bytes.isEmpty)
  }
}
