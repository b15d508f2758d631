// One format, two forms: text and JSON.

import Foundation
import Testing

@testable import Lifecycle

@Suite struct EntryTests {
  private func add(
    _ format: StaticString, _ first: Int = 0, _ second: Int = 0, _ foreign: String = "", _ reason: String = "",
    to entry: Entry = Entry()
  ) -> Entry {
    var entry = entry
    entry.add(row: Text(format), first, second, Array(foreign.utf8), Array(reason.utf8))
    return entry
  }

  @Test(
    arguments: [
      ("%n", 7, "7", "7"), ("%t", 1500, "1.5s", "1500"), ("%u", 1001, "2", "1001"), ("%s", 15, "TERM", "\"TERM\""),
      ("%s", 0, "", "\"\""), ("%x", 3, "exited with 3", "3"), ("%x", 9 << 8 | 137, "was killed by KILL", "137"),
      ("%N", 7, "", "7"), ("%S", 15, "", "\"TERM\""),
    ] as [(String, Int, String, String)])
  func `a number is shown as what its letter says`(letter: String, number: Int, shown: String, field: String) {
    var entry = Entry()
    let format = Array("+(\(letter){key})".utf8)
    format.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return }
      // Safe: the view is gone before the bytes are.
      entry.add(row: unsafe Text(immortal: start, count: bytes.count), number, 0, [], [])
    }
    #expect(entry.text.text == "(\(shown))")
    #expect(entry.fields.text == ",\"key\":\(field)")
  }

  @Test func `numbers come one after the other, and texts where their letters stand`() {
    let entry = add("+%n from %f{peer} to %n{port}: %r", 2, 80, "a\n", "why\n")
    #expect(entry.text.text == #"2 from a\x0a to 80: why\x0a"#)
    #expect(entry.fields.text == #","peer":"a\u000a","port":80"#)
  }

  @Test func `a reason is a number in JSON`() {
    let entry = add("+cannot do{attempt=do}: %r{errno}", 5, 0, "", "broken")
    #expect(entry.text.text == "cannot do: broken")
    #expect(entry.fields.text == #","attempt":"do","errno":5"#)
  }

  @Test func `what follows goes on with both, and a begun line has its first text to the brace`() {
    var entry = add("+left over")
    entry.begin()
    entry.fields.add("{\"event\":\"")
    entry = add("0began}it %s{signal}", 15, to: entry)
    entry = add("+%lends %N{after}", 3, to: entry)
    #expect(entry.text.text == "it TERM\nends ")
    #expect(entry.fields.text == #"{"event":"began","signal":"TERM","after":3"#)
  }

  @Test func `the first field of an object has no comma before it`() {
    var entry = Entry()
    entry.fields.add("{")
    entry = add("+%N{a}%N{b}", 1, 2, to: entry)
    #expect(entry.fields.text == #"{"a":1,"b":2"#)
  }

  @Test func `a line of a table is found by its number`() {
    let table = Text("one\n\nthree")
    #expect((0...4).map { Line(table.line($0)).text } == ["one", "", "three", "", ""])
  }
}
