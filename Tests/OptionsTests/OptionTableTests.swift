// The table itself, and that every option is reached in all the ways it promises.

import Lifecycle
import Testing

@testable import Options

@Suite struct OptionTableTests {
  @Test func `the table has each option at its own place`() {
    #expect(OptionTable.entries.count == Option.allCases.count)
    for option in Option.allCases { #expect(OptionTable[option].option == option) }
    #expect(Option.allCases.count <= 32, "a layer marks the options it has seen in 32 bits")
  }

  @Test func `no two options share a name, a variable or a letter`() {
    var names: Set<String> = []
    var letters: Set<UInt8> = []
    for index in OptionTable.entries.indices {
      let entry = OptionTable.entries[index]
      #expect(names.insert(entry.name.text).inserted)
      #expect(entry.letter == 0 || letters.insert(entry.letter).inserted)
      #expect(entry.name.text.allSatisfy { $0 == "-" || $0.isLowercase && $0.isASCII })
    }
  }

  @Test func `only flags have a letter, since a letter takes no value`() {
    for index in OptionTable.entries.indices where OptionTable.entries[index].letter != 0 {
      #expect(!OptionTable.entries[index].takesValue)
    }
  }

  @Test func `a variable is LASTCALL_ and the name in capitals`() {
    #expect(OptionTable[.gracePeriod].variableName == "LASTCALL_GRACE_PERIOD")
    for index in OptionTable.entries.indices {
      let entry = OptionTable.entries[index]
      let name = entry.name.text.uppercased().replacing("-", with: "_")
      #expect(entry.variableName == "LASTCALL_" + name)
    }
  }

  @Test func `no summary has a character that a shell or its completions would take for theirs`() {
    for index in OptionTable.entries.indices {
      let entry = OptionTable.entries[index]
      #expect(!entry.summary.text.contains { "\"`$\\[]".contains($0) }, "\(entry.name.text)")
      #expect(!entry.value.text.contains { "\"`$\\[]: ".contains($0) }, "\(entry.name.text)")
    }
  }

  @Test func `every option but help and version has a sample here`() {
    let sampled = Set(Sample.all.map { $0.option.rawValue })
    for option in Option.allCases {
      #expect(sampled.contains(option.rawValue) == OptionTable[option].hasVariable, "\(option)")
    }
    #expect(!OptionTable[.help].hasVariable)
    #expect(!OptionTable[.version].hasVariable)
  }

  @Test(arguments: Sample.all) func `an option is taken as two words, as one, and as a variable`(_ sample: Sample)
    throws
  {
    let name = "--" + sample.entry.name.text
    let expected = try sample.settings(["\(name)=\(sample.value)"])
    #expect(!expected.isEmpty)
    #expect(try sample.settings([], environment: [sample.entry.variableName: sample.value]) == expected)
    if sample.entry.takesValue {
      #expect(try sample.settings([name, sample.value]) == expected)
    } else {
      #expect(try sample.settings([name]) == expected)
    }
    if sample.entry.letter != 0 {
      #expect(try sample.settings(["-" + String(UnicodeScalar(sample.entry.letter))]) == expected)
    }
  }

  @Test(arguments: Sample.all) func `the command line wins over the variable`(_ sample: Sample) throws {
    let words = ["--\(sample.entry.name.text)=\(sample.other)"]
    let expected = try sample.settings(words)
    #expect(expected != (try sample.settings(["--\(sample.entry.name.text)=\(sample.value)"])))
    #expect(try sample.settings(words, environment: [sample.entry.variableName: sample.value]) == expected)
  }

  @Test(arguments: Sample.all) func `a variable that is set but empty is not set`(_ sample: Sample) throws {
    #expect(try sample.settings(alone: [], environment: [sample.entry.variableName: ""]).isEmpty)
  }

  @Test(arguments: Sample.all) func `of an option given twice the last one counts, and of a list both`(
    _ sample: Sample
  ) throws {
    let name = "--" + sample.entry.name.text
    let both = try sample.settings(["\(name)=\(sample.value)", "\(name)=\(sample.other)"])
    switch sample.option {
    case .map, .exitCode, .port, .ignorePeer, .stopOn:
      let list = try sample.settings(["\(name)=\(sample.value),\(sample.other)"])
      #expect(both == list)
      #expect(both != (try sample.settings(["\(name)=\(sample.other)"])))
    default: #expect(both == (try sample.settings(["\(name)=\(sample.other)"])))
    }
  }

  @Test(arguments: Sample.all) func `an option without its value says so`(_ sample: Sample) {
    guard sample.entry.takesValue else { return }
    let name = "--" + sample.entry.name.text
    let words = sample.command + [name]
    #expect(throws: UsageError(line: Line("\(name) needs a value"))) { try parse(words) }
  }

  @Test(arguments: Sample.all) func `an option with an empty value on the command line is an error`(_ sample: Sample) {
    #expect(throws: UsageError.self) { try sample.settings(["--\(sample.entry.name.text)="]) }
  }

  @Test(arguments: Sample.all) func `junk names the option or the variable, what was given and what is accepted`(
    _ sample: Sample
  ) {
    // A path and a process's name can be anything.
    let junk = "?\u{1b}[1m\n, 0123456789"
    let shown = "'?\\x1b[1m\\x0a, 0123456789'"
    guard sample.option != .pidFile else { return }
    for (words, environment, label) in [
      (["--\(sample.entry.name.text)", junk], [:], "--" + sample.entry.name.text),
      ([], [sample.entry.variableName: junk], sample.entry.variableName),
    ] {
      let words = sample.entry.takesValue || words.isEmpty ? words : [words.joined(separator: "=")]
      do throws(UsageError) {
        _ = try parse(sample.command + words + sample.rest, environment)
        Issue.record("accepted")
      } catch {
        let accepted = sample.entry.accepted.text
        #expect(error.line.text == "\(label): \(shown) is not accepted, but \(accepted)")
      }
    }
  }
}
