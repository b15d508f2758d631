// Text as bytes: for people, and for machines.

import Chance
import Foundation
import Testing

@testable import Lifecycle

@Suite struct LineTests {
  private func line(_ build: (inout Line) -> Void) -> String {
    var line = Line()
    build(&line)
    return line.text
  }

  @Test func `a line is what was added, in order`() {
    var other = Line("two")
    other.add(byte: 0x21)
    #expect(
      line {
        $0.reserve(100)
        $0.add("one ")
        $0.add(other)
      } == "one two!")
    #expect(Line() == Line(""))
  }

  @Test func `a row of a table is counted from 0, and there is nothing outside of the table`() {
    for (row, expected) in [(-1, "one"), (0, "one"), (1, "two words"), (2, ""), (3, "")] {
      #expect(line { $0.add(row: row, of: "one\ntwo words\n") } == expected)
    }
    #expect(line { $0.add(row: 1, of: "one two three", separator: 0x20) } == "two")
  }

  @Test(arguments: [0, 7, 10, 109, -1, -10, Int.max, Int.min])
  func `numbers are written in full`(number: Int) {
    #expect(line { $0.add(number) } == "\(number)")
    #expect(line { $0.add(Int64(number)) } == "\(number)")
  }

  @Test func `signals have the names that the option parser reads`() {
    let names = (1...64).compactMap(Signal.init).map { signal in line { $0.add(signal) } }
    #expect(
      names.prefix(31) == [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
      ])
    #expect(names[31...35] == ["32", "33", "RTMIN", "RTMIN+1", "RTMIN+2"])
    #expect(names.last == "RTMIN+30")
    #expect(Set(names).count == 64)
  }

  @Test(
    arguments: [
      (0, "0s"), (1, "1ms"), (999, "999ms"), (1000, "1s"), (1099, "1s"), (1100, "1.1s"), (4250, "4.2s"),
      (59_999, "59.9s"),
      (60_000, "1m"), (60_999, "1m"), (61_500, "1m1.5s"), (90_000, "1m30s"), (3_600_000, "1h"), (3_600_999, "1h"),
      (3_601_000, "1h1s"), (3_660_000, "1h1m"), (3_690_500, "1h1m30.5s"), (86_400_000, "24h"), (-1, "-1ms"),
      (-1500, "-1.5s"), (.max, "for ever"), (.max - 1, "2562047788015h12m55.8s"), (.min, "-2562047788015h12m55.8s"),
    ] as [(Int64, String)])
  func `spans read as people write them, rounded down`(count: Int64, text: String) {
    #expect(line { $0.add(Milliseconds(count)) } == text)
  }

  @Test func `an exit status is half a sentence`() {
    #expect(line { $0.add(ExitStatus.exited(3)) } == "exited with 3")
    #expect(line { $0.add(ExitStatus.killed(by: .kill)) } == "was killed by KILL")
  }

  @Test func `padding fills up to a width and never cuts`() {
    var padded = Line("ab")
    padded.pad(to: 4)
    #expect(padded.text == "ab  ")
    padded.pad(to: 1)
    #expect(padded.text == "ab  ")
  }

  // MARK: Bytes from outside

  /// What comes from outside, how a person reads it, how a JSON parser gets it.
  private static let foreign: [([UInt8], String, String)] = [
    (Array("".utf8), "", "\"\""),
    (Array("nginx: worker".utf8), "nginx: worker", "\"nginx: worker\""),
    (Array(#"a"b\c"#.utf8), #"a"b\c"#, #""a\"b\\c""#),
    (Array("a\nb\u{0}\u{1b}[2J\u{7f}".utf8), #"a\x0ab\x00\x1b[2J\x7f"#, #""a\u000ab\u0000\u001b[2J\u007f""#),
    (Array("é € 😀 \u{10ffff}".utf8), "é € 😀 \u{10ffff}", "\"é € 😀 \u{10ffff}\""),
    // C1 controls: a terminal that takes U+009B for ESC [ clears its screen.
    (
      Array("\u{80}\u{9b}2J\u{9f}\u{a0}".utf8), "\\xc2\\x80\\xc2\\x9b2J\\xc2\\x9f\u{a0}",
      "\"\\u0080\\u009b2J\\u009f\u{a0}\""
    ),
    // The same as a single byte, for a terminal without UTF-8.
    ([0x9b, 0x32, 0x4a], #"\x9b2J"#, #""\ufffd2J""#),
    // Line ends of Unicode, and characters that turn around what follows them.
    (
      Array("\u{2027}\u{2028}\u{202e}\u{202f}".utf8), "\u{2027}\\xe2\\x80\\xa8\\xe2\\x80\\xae\u{202f}",
      "\"\u{2027}\\u2028\\u202e\u{202f}\""
    ),
    (
      Array("\u{2065}\u{2066}\u{2069}\u{206a}".utf8), "\u{2065}\\xe2\\x81\\xa6\\xe2\\x81\\xa9\u{206a}",
      "\"\u{2065}\\u2066\\u2069\u{206a}\""
    ),
    // Cut in the middle, as the kernel cuts a process's name.
    ([0x61, 0xe2, 0x82], #"a\xe2\x82"#, #""a\ufffd\ufffd""#),
    ([0xf0, 0x9f, 0x98], #"\xf0\x9f\x98"#, #""\ufffd\ufffd\ufffd""#),
    // A lead byte without its followers, and a follower without its lead.
    ([0xc3, 0x28], #"\xc3("#, #""\ufffd(""#),
    ([0xe2, 0x28, 0xa1], #"\xe2(\xa1"#, #""\ufffd(\ufffd""#),
    ([0xe2, 0x82, 0x28], #"\xe2\x82("#, #""\ufffd\ufffd(""#),
    ([0xbf], #"\xbf"#, #""\ufffd""#),
    // Overlong forms, which could smuggle a line end through.
    ([0xc0, 0x8a], #"\xc0\x8a"#, #""\ufffd\ufffd""#),
    ([0xe0, 0x80, 0x8a], #"\xe0\x80\x8a"#, #""\ufffd\ufffd\ufffd""#),
    ([0xf0, 0x80, 0x80, 0x8a], #"\xf0\x80\x80\x8a"#, #""\ufffd\ufffd\ufffd\ufffd""#),
    // Surrogates, and what lies beyond Unicode.
    ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#, #""\ufffd\ufffd\ufffd""#),
    ([0xed, 0xbf, 0xbf], #"\xed\xbf\xbf"#, #""\ufffd\ufffd\ufffd""#),
    ([0xf4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#, #""\ufffd\ufffd\ufffd\ufffd""#),
    ([0xf8, 0x88, 0x80, 0x80, 0x80], #"\xf8\x88\x80\x80\x80"#, #""\ufffd\ufffd\ufffd\ufffd\ufffd""#),
    ([0xff, 0xfe], #"\xff\xfe"#, #""\ufffd\ufffd""#),
  ]

  @Test(arguments: foreign)
  func `bytes from outside cannot write controls`(bytes: [UInt8], plain: String, quoted: String) {
    #expect(line { $0.add(foreign: bytes) } == plain)
    #expect(line { $0.add(quoted: bytes) } == quoted)
  }

  @Test func `whatever the bytes, a line stays one line of well-formed UTF-8`() throws {
    var chance = Chance(seed: 7)
    // Bytes near the borders of UTF-8's classes: pure chance would hardly ever form a sequence.
    let bytes: [UInt8] = [
      0x00, 0x0a, 0x1b, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8a, 0x90, 0x9b, 0x9f, 0xa0, 0xa8, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0,
      0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
    ]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...8, using: &chance)).map { _ in chance.pick(bytes) }
      for quoted in [false, true] {
        var line = Line()
        if quoted { line.add(quoted: text) } else { line.add(foreign: text) }
        guard let scalars = String(validating: line.bytes, as: UTF8.self)?.unicodeScalars else {
          Issue.record("\(text) gives no UTF-8: \(line.bytes)")
          continue
        }
        #expect(!scalars.contains(where: isEscaped), "\(text)")
        // Well-formed text without controls comes through unchanged.
        let isClean =
          String(validating: text, as: UTF8.self).map { !$0.unicodeScalars.contains(where: isEscaped) } ?? false
        if !quoted && isClean { #expect(line.bytes == text) }
        guard quoted else { continue }
        let expected = String(decoding: text, as: UTF8.self).unicodeScalars.filter { $0 != "\u{fffd}" }
        #expect(try parsed(line) == Array(expected), "\(text)")
      }
    }
  }

  private func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || (0x2028...0x202e).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
  }

  /// A JSON string's scalars as a parser reads them, less the replacements of what was no UTF-8.
  private func parsed(_ json: Line) throws -> [Unicode.Scalar] {
    let strings = try JSONDecoder().decode([String].self, from: Data([0x5b] + json.bytes + [0x5d]))
    return strings.joined().unicodeScalars.filter { $0 != "\u{fffd}" }
  }
}
