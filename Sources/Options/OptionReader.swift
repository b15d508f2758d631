// getopt_long(3) as the peers use it, but that options end at the first word that is none: glibc would go on and take
// the app's own options for the peer's, which no caller ever meant.

import Lifecycle

/// One option of a peer's.
struct ForeignOption {
  /// `?` for one that there is not, or that lacks its argument.
  var letter: Unicode.Scalar
  var value: [UInt8] = []
}

/// Reads a peer's options one by one.
struct OptionReader {
  /// The word that is read next; after the end, the command.
  private(set) var index = 1
  /// What was wrong with the last option, in getopt's words.
  private(set) var complaint = Line()
  private let parser: Parser
  /// Each letter, with a colon behind it if it takes an argument.
  private let letters: [UInt8]
  /// Each long name with its letter before it and a space behind it.
  private let names: [UInt8]
  /// Letters left of a word such as `-vvv`.
  private var rest: [UInt8] = []

  init(_ parser: Parser, letters: StaticString, names: StaticString = "") {
    self.parser = parser
    self.letters = Line(letters).bytes
    self.names = Line(names).bytes
  }

  /// The next option; nil at their end.
  mutating func next() -> ForeignOption? {
    if rest.isEmpty {
      guard index < parser.count else { return nil }
      let word = parser.argument(index)
      guard word.count > 1, word[0] == 0x2d else { return nil }
      index += 1
      if word.count == 2 && word[1] == 0x2d { return nil }
      if word[1] == 0x2d && !names.isEmpty { return long(Array(word[2...])) }
      rest = Array(word[1...])
    }
    let letter = rest.removeFirst()
    guard letter != 0x3a, let place = letters.firstIndex(of: letter) else {
      return fail("invalid option -- '", [letter], "'")
    }
    guard takesValue(place) else { return ForeignOption(letter: Unicode.Scalar(letter)) }
    if !rest.isEmpty {
      defer { rest = [] }
      return ForeignOption(letter: Unicode.Scalar(letter), value: rest)
    }
    return separate(letter, "option requires an argument -- '", [letter])
  }

  /// A long name, or the beginning of just one, as getopt_long takes it.
  private mutating func long(_ text: [UInt8]) -> ForeignOption {
    let end = text.firstIndex(of: 0x3d) ?? text.count
    let given = Array(text[..<end])
    var found: UInt8 = 0
    var name: [UInt8] = []
    var possibilities = Line()
    var isAmbiguous = false
    var start = 0
    while start < names.count {
      guard let stop = names[start...].firstIndex(of: 0x20) else { break }
      let candidate = Array(names[(start + 1)..<stop])
      if candidate.starts(with: given) {
        isAmbiguous = found != 0 && candidate.count > end
        found = names[start]
        name = candidate
        possibilities.add(" '--")
        possibilities.add(foreign: candidate)
        possibilities.add("'")
        if candidate.count == end { break }
      }
      start = stop + 1
    }
    if isAmbiguous {
      defer { complaint.add(possibilities) }
      return fail("option '--", given, "' is ambiguous; possibilities:")
    }
    guard let place = letters.firstIndex(of: found) else { return fail("unrecognized option '--", given, "'") }
    if end == text.count {
      if takesValue(place) { return separate(found, "option '--", name, "' requires an argument") }
      return ForeignOption(letter: Unicode.Scalar(found))
    }
    guard takesValue(place) else { return fail("option '--", name, "' doesn't allow an argument") }
    return ForeignOption(letter: Unicode.Scalar(found), value: Array(text[(end + 1)...]))
  }

  private func takesValue(_ place: Int) -> Bool { place + 1 < letters.count && letters[place + 1] == 0x3a }

  /// The option's argument is the next word.
  private mutating func separate(
    _ letter: UInt8, _ before: StaticString, _ name: [UInt8], _ behind: StaticString = "'"
  ) -> ForeignOption {
    guard index < parser.count else { return fail(before, name, behind) }
    index += 1
    return ForeignOption(letter: Unicode.Scalar(letter), value: parser.argument(index - 1))
  }

  private mutating func fail(_ before: StaticString, _ name: [UInt8], _ behind: StaticString) -> ForeignOption {
    complaint = Line()
    complaint.add(foreign: parser.argument(0))
    complaint.add(": ")
    complaint.add(before)
    complaint.add(foreign: name)
    complaint.add(behind)
    return ForeignOption(letter: "?")
  }
}
