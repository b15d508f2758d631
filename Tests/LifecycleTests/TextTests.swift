// Views of bytes that stay: what lies outside of one is never read.

import Testing

@testable import Lifecycle

@Suite struct TextTests {
  private func string(_ text: Text) -> String { Line(text).text }

  @Test func `a text is the bytes that it was made of`() {
    #expect(string(Text("one")) == "one")
    #expect(string(Text(leaked: [0x61, 0xff, 0x62])) == string(Text(leaked: [0x61, 0xff, 0x62])))
    #expect(Text("").isEmpty && Text("").count == 0)
    #expect(!Text("a").isEmpty && Text("a").count == 1)
    #expect(string(Text(leaked: [])) == "")
  }

  @Test func `outside of a text there is nothing but 0`() {
    let text = Text("abc").from(1).upTo(1)
    #expect(text[0] == UInt8(ascii: "b"))
    for index in [-1, 1, 2, .max, .min] { #expect(text[index] == 0) }
  }

  @Test(arguments: [(-1, "abc"), (0, "abc"), (2, "c"), (3, ""), (4, ""), (.max, ""), (.min, "abc")])
  func `what is left from a place on is within the text`(place: Int, rest: String) {
    #expect(string(Text("abc").from(place)) == rest)
  }

  @Test(arguments: [(-1, ""), (0, ""), (2, "ab"), (3, "abc"), (4, "abc"), (.max, "abc"), (.min, "")])
  func `what stands before a place is within the text`(place: Int, beginning: String) {
    #expect(string(Text("abc").upTo(place)) == beginning)
  }

  @Test func `a byte is found where it stands first`() {
    let text = Text("a=b=c")
    #expect(text.index(of: UInt8(ascii: "=")) == 1)
    #expect(text.index(of: UInt8(ascii: "x")) == 5)
    #expect(text.from(2).index(of: UInt8(ascii: "=")) == 1)
    #expect(text.contains(UInt8(ascii: "c")) && !text.upTo(4).contains(UInt8(ascii: "c")))
    #expect(Text("").index(of: 0) == 0)
  }

  @Test func `texts are the same if their bytes are`() {
    #expect(Text("abc") == Text(leaked: Array("abc".utf8)))
    #expect(Text("abc") != Text("abd") && Text("abc") != Text("ab") && Text("ab") != Text("abc"))
    #expect(Text("abc") == ("abc" as StaticString))
    #expect(!(Text("Abc") == ("abc" as StaticString)))
    #expect(Text("") == Text(""))
  }

  @Test func `a beginning is one`() {
    #expect(Text("abc").starts(with: Text("ab")) && Text("abc").starts(with: Text("abc")))
    #expect(Text("abc").starts(with: Text("")))
    #expect(!Text("abc").starts(with: Text("abcd")) && !Text("abc").starts(with: Text("b")))
    // The 0 behind its end is no byte of it.
    #expect(!Text("abc").starts(with: Text(leaked: [0x61, 0x62, 0x63, 0])))
  }

  @Test(arguments: [("a", "a"), ("/a/b", "b"), ("a/", ""), ("", ""), ("/", ""), ("a//b", "b")])
  func `the last component stands behind the last slash`(path: String, name: String) {
    #expect(string(Text(leaked: Array(path.utf8)).lastComponent) == name)
  }

  @Test func `a word is the same in capitals`() {
    #expect(Text("Term").isWord(Text("tERM")))
    #expect(!Text("Term").isWord(Text("ter")) && !Text("ter").isWord(Text("term")))
    // Only letters have capitals: [ and { are 0x20 apart as well.
    #expect(!Text("[").isWord(Text("{")) && !Text("@").isWord(Text("`")))
  }

  @Test func `a line takes a text as it is, or as bytes from outside`() {
    var line = Line(Text("a\n"))
    line.add(foreign: Text("b\n"))
    #expect(line.text == "a\nb\\x0a")
  }
}
