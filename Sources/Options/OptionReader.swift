// getopt_long(3) as the peers use it, but that options end at the first word that is none: glibc would go on and take
// the app's own options for the peer's, which no caller ever meant.

import Lifecycle

extension Parser {
  /// The letter of a peer's next option, its argument in `value`; 0 at their end. `?` for one that there is not, or that
  /// lacks its argument: what was wrong is `said`, in getopt's words.
  ///
  /// - Parameters:
  ///   - letters: each letter, with a colon behind it if it takes an argument.
  ///   - names: each long name behind its letter, apart by a space.
  @inline(never)
  func nextOption(_ letters: StaticString, names: StaticString = "") -> Unicode.Scalar {
    let letters = Text(ended: letters)
    let names = Text(ended: names)
    if rest.isEmpty {
      let word = self.word(command)
      if word[0] != 0x2d || word.count == 1 { return "\0" }
      command += 1
      if word[1] == 0x2d && word.count == 2 { return "\0" }
      if word[1] == 0x2d && !names.isEmpty { return longOption(word.from(2), letters, names) }
      rest = word.from(1)
    }
    let letter = rest.upTo(1)
    rest = rest.from(1)
    guard letter[0] != 0x3a, letters.contains(letter[0]) else { return fail("invalid option -- '", letter) }
    if !takesValue(letter[0], letters) { return Unicode.Scalar(letter[0]) }
    value = rest
    rest = Text("")
    return value.isEmpty
      ? separate(letter[0], "option requires an argument -- '", letter) : Unicode.Scalar(letter[0])
  }

  /// A long name, or the beginning of just one, as getopt_long takes it.
  private func longOption(_ text: Text, _ letters: Text, _ names: Text) -> Unicode.Scalar {
    let given = text.head(0x3d)
    var found: UInt8 = 0
    var name = Text("")
    var possibilities = Line()
    var isAmbiguous = false
    var others = names
    while !others.isEmpty {
      let candidate = others.from(1).head(0x20)
      if candidate.starts(with: given) {
        isAmbiguous = found != 0 && candidate.count > given.count
        found = others[0]
        name = candidate
        possibilities.add(" '--")
        possibilities.add(candidate)
        possibilities.add("'")
        if candidate.count == given.count { break }
      }
      others = others.from(candidate.count + 2)
    }
    if isAmbiguous {
      let letter = fail("option '--", given, "' is ambiguous; possibilities:")
      said.add(possibilities)
      return letter
    }
    if found == 0 { return fail("unrecognized option '--", given) }
    let isWithValue = takesValue(found, letters)
    if given.count == text.count {
      return isWithValue
        ? separate(found, "option '--", name, "' requires an argument") : Unicode.Scalar(found)
    }
    value = text.from(given.count + 1)
    return isWithValue ? Unicode.Scalar(found) : fail("option '--", name, "' doesn't allow an argument")
  }

  private func takesValue(_ letter: UInt8, _ letters: Text) -> Bool { letters[letters.index(of: letter) + 1] == 0x3a }

  /// The option's argument is the next word.
  @inline(never)
  private func separate(_ letter: UInt8, _ before: StaticString, _ name: Text, _ behind: StaticString = "'")
    -> Unicode.Scalar
  {
    guard command < words.count else { return fail(before, name, behind) }
    command += 1
    value = word(command - 1)
    return Unicode.Scalar(letter)
  }

  @inline(never)
  private func fail(_ before: StaticString, _ name: Text, _ behind: StaticString = "'") -> Unicode.Scalar {
    said = Line()
    said.add(foreign: word(0))
    said.add(": ")
    said.add(before)
    said.add(foreign: name)
    said.add(behind)
    return "?"
  }
}
