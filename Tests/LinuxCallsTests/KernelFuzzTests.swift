// What the kernel tells, made by chance and then damaged: what is whole is read as it was made, and whatever comes instead
// is read to its end and no further.

import Chance
import Testing

@testable import Lifecycle
@testable import LinuxCalls

@Suite struct KernelFuzzTests {
  /// `text`, damaged more and more.
  private func damaged(_ text: [UInt8], _ chance: inout Chance) -> [[UInt8]] {
    var text = text
    return (0..<3).map { _ in
      chance.damage(&text, pieces: [" ", "\n", "(", ")", "\0", ":", "99999999999999999999", "FFFFFFFF"])
      return text
    }
  }

  private static func hexadecimal(_ number: Int, _ digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: digits - text.count) + text
  }

  // MARK: netlink

  @Test func `a datagram's messages are as many as were put in, and damage adds none`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      var datagram = Datagram()
      var expected = 0
      for _ in 0..<chance.number(0...4) {
        expected += 1
        switch chance.number(0...3) {
        case 0:
          let info = Datagram.info(
            sinceSent: .random(in: 0...(.max), using: &chance), sinceReceived: .random(in: 0...(.max), using: &chance),
            length: chance.number(0...280))
          datagram.add(
            type: 20, Datagram.socket(family: chance.pick([2, 10]), state: UInt8(chance.number(0...12)), info))
        case 1: datagram.add(type: 20, Datagram.socket(state: 10, received: .max))
        case 2: datagram.add(type: chance.pick([2, 3]), (0..<4).map { _ in chance.byte() })
        default: datagram.add(type: UInt64(chance.number(0...40)), sequence: 6, [])
        }
      }
      #expect(datagram.read().told.count == expected)
      #expect(!datagram.read().hasHoles)
      for bytes in damaged(datagram.bytes, &chance) {
        datagram.bytes = bytes
        // Each message takes at least its head.
        #expect(datagram.read().told.count <= bytes.count / 16)
      }
      datagram.bytes = (0..<chance.number(0...200)).map { _ in chance.byte() }
      #expect(datagram.read().told.count <= datagram.bytes.count / 16)
    }
  }

  // MARK: /proc/net

  @Test func `a socket's line is the socket, and a damaged one is another or none`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      let isVersion6 = chance.happens(onceIn: 2)
      let port = chance.number(0...65535)
      let unread = chance.number(0...Int(UInt32.max))
      let words = (0..<(isVersion6 ? 8 : 2)).map { _ in Self.hexadecimal(chance.number(0...Int(UInt32.max)), 8) }
      let ends = [words.prefix(words.count / 2), words.suffix(words.count / 2)].map { $0.joined() }
      let state = chance.pick([1, 4, 5, 8, 9, 10, 11])
      var text = Array(
        """
        \(String(repeating: " ", count: chance.number(0...4)))\(chance.number(0...99999)): \
        \(ends[0]):\(Self.hexadecimal(port, 4)) \(ends[1]):\(Self.hexadecimal(port, 4)) \
        \(Self.hexadecimal(state, 2)) 00000000:\(Self.hexadecimal(unread, 8)) 00:00000000
        """.utf8)
      var connection = Connection()
      switch text.withKernelBytes({ ProcNet.read($0, isVersion6: isVersion6, &connection) }) {
      case .listener: #expect(state == 10)
      case .connection: #expect(state != 10)
      default: Issue.record("\(String(decoding: text, as: UTF8.self))")
      }
      #expect(connection.port == port && connection.unread == unread)
      for text in damaged(text, &chance) {
        let start = chance.number(0...text.count)
        let end = chance.number(start...text.count)
        var part = Array(text[start..<end])
        let message = part.withKernelBytes { ProcNet.read($0, isVersion6: chance.happens(onceIn: 2), &connection) }
        #expect([.listener, .connection, .other].contains(message))
      }
    }
  }

  @Test func `counters are found in any order of columns, and never in their absence`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      var names = ["InSegs", "OutSegs", "PassiveOpens"] + (0..<chance.number(0...9)).map { "Other\($0)" }
      names.shuffle(using: &chance)
      let values = names.map { _ in UInt64.random(in: 0...(.max), using: &chance) }
      var text = Array(
        "Ip: InSegs\nIp: 1\nTcp: \(names.joined(separator: " "))\nTcp: \(values.map { "\($0)" }.joined(separator: " "))\n"
          .utf8)
      let found = TcpCounters.read(&text)
      #expect(found?.segmentsIn == names.firstIndex(of: "InSegs").map { values[$0] })
      #expect(found?.segmentsOut == names.firstIndex(of: "OutSegs").map { values[$0] })
      #expect(found?.opens == names.firstIndex(of: "PassiveOpens").map { values[$0] })
      for var text in damaged(text, &chance) {
        let isThere = text.split(separator: 0x0a).count { $0.drop { $0 == 0x20 }.starts(with: Array("Tcp:".utf8)) } > 1
        #expect(isThere || TcpCounters.read(&text) == nil)
      }
    }
  }

  // MARK: /proc/PID

  @Test func `a process's name, parent and start are read whatever the name is made of`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      let name = (0..<chance.number(0...15)).map { _ in
        chance.happens(onceIn: 3) ? chance.pick(Array(") (Z\n".utf8)) : UInt8(chance.number(1...255))
      }
      let parent = Int32(chance.number(0...4_194_304))
      let start = UInt64.random(in: 0...(.max), using: &chance)
      let isZombie = chance.happens(onceIn: 10)
      let between = [String](repeating: "-1", count: 17).joined(separator: " ")
      let text = Array("7 (".utf8) + name + Array(") \(isZombie ? "Z" : "S") \(parent) \(between) \(start) 0 0\n".utf8)
      #expect(
        ProcessTable.entry(of: 7, in: text) == (isZombie ? nil : ProcessEntry(process: 7, parent: parent, name: name)))
      #expect(ProcessTable.start(in: text) == (isZombie ? ProcessTable.ended : start))
      for text in damaged(text, &chance) {
        let entry = ProcessTable.entry(of: 7, in: text)
        #expect(entry.map { $0.parent >= 0 && $0.name.count < text.count } ?? true)
        _ = ProcessTable.start(in: text)
      }
    }
  }

  @Test func `a mask is found by its label, among lines of any kind`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      let bits = UInt64.random(in: 0...(.max), using: &chance)
      let digits = String(bits, radix: 16)
      var lines = [
        "Name:\tSigIgn:", "SigBlk:\t0000000000000001", "SigIgn:\t\(digits)", "SigCgt:\t0000000000000002", "",
      ]
      lines.shuffle(using: &chance)
      let text = Array((lines.joined(separator: "\n") + "\n").utf8)
      #expect(ProcessTable.signals("SigIgn:\t", in: text)?.bits == bits)
      for text in damaged(text, &chance) {
        let isThere = text.split(separator: 0x0a).contains { $0.starts(with: Array("SigIgn:\t".utf8)) }
        #expect(isThere || ProcessTable.signals("SigIgn:\t", in: text) == nil)
      }
    }
  }

  @Test func `a hook's words are those that it was started with`() {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      let words: [[UInt8]] = (0..<chance.number(0...6)).map { _ in
        (0..<chance.number(0...9)).map { _ in UInt8(chance.number(1...255)) }
      }
      let text: [UInt8] = words.reduce(into: []) { $0 += $1 + [0] }
      #expect(CommandLines.words(in: text) == words)
      // A process may have overwritten them: what the last NUL does not end is no word.
      for text in damaged(text, &chance) {
        #expect(CommandLines.words(in: text).count == text.filter { $0 == 0 }.count)
      }
    }
  }
}

/// The readers, over bytes that nothing keeps.
extension ProcessTable {
  private static func with<Result>(_ bytes: [UInt8], _ body: (Text) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      body(bytes.baseAddress.map { Text(immortal: $0, count: bytes.count) } ?? Text(""))
    }
  }

  fileprivate static func entry(of process: Int32, in bytes: [UInt8]) -> ProcessEntry? {
    with(bytes) { entry(of: process, in: $0) }
  }

  fileprivate static func start(in bytes: [UInt8]) -> UInt64? { with(bytes) { start(in: $0) } }

  fileprivate static func signals(_ field: StaticString, in bytes: [UInt8]) -> SignalSet? {
    with(bytes) { signals(field, in: $0) }
  }

  static func words(in bytes: [UInt8]) -> Words { with(bytes) { words(in: $0) } }
}
