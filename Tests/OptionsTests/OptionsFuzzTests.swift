// Words made by chance from what is valid and then damaged: whatever comes, the parsers answer, and as another reading of
// the same text does.

import Chance
import Lifecycle
import Testing

@testable import Options

@Suite struct OptionsFuzzTests {
  /// Runs `body` with texts of `grammar`, each of them also damaged.
  private func fuzz(_ grammar: (inout Chance) -> String, _ body: ([UInt8]) throws -> Void) rethrows {
    var chance = Chance()
    for _ in 0..<Chance.rounds {
      var text = bytes(grammar(&chance))
      try body(text)
      for _ in 0..<chance.number(1...3) { chance.damage(&text, pieces: Grammar.pieces) }
      try body(text)
    }
  }

  @Test func `a number is what Int64 reads, of digits alone`() {
    fuzz(Grammar.number) { text in
      let isDigits = !text.isEmpty && text.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      let value = isDigits ? Int64(String(decoding: text, as: UTF8.self)) : nil
      // The last nine are given up.
      if let value, value > .max - 9 { return }
      #expect(Values.number(text, most: .max) == value)
      #expect(Values.number(text, most: 255) == value.flatMap { $0 <= 255 ? $0 : nil })
    }
  }

  @Test func `a time is the sum of its parts`() {
    fuzz(Grammar.duration) { text in
      guard let expected = Oracle.duration(text) else {
        #expect(Values.duration(text) == nil, "\(String(decoding: text, as: UTF8.self))")
        return
      }
      #expect(Values.duration(text) == expected, "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test func `a signal is one of a list of all its spellings`() {
    fuzz(Grammar.signal) { text in
      #expect(Values.signal(text) == Oracle.signal(text), "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test func `an address is what inet_pton reads`() {
    fuzz(Grammar.address) { text in
      let shown = String(decoding: text, as: UTF8.self)
      guard !text.contains(0x2f), Array(shown.utf8) == text else { return }
      #expect(Values.network(text)?.address == systemAddress(shown), "\(shown)")
    }
  }

  @Test func `a list is right if each of its elements is`() {
    fuzz({ Grammar.list(&$0, Grammar.signalRule) }) { text in
      let parts = text.split(separator: 0x2c, omittingEmptySubsequences: false).map { Values.signalRules(Array($0)) }
      #expect(Values.signalRules(text) == (parts.contains(nil) ? nil : Rules(all: parts.compactMap { $0 })))
    }
    fuzz({ Grammar.list(&$0, Grammar.address) }) { text in
      let parts = text.split(separator: 0x2c, omittingEmptySubsequences: false).map { Values.networks(Array($0)) }
      #expect(Values.networks(text) == (parts.contains(nil) ? nil : parts.flatMap { $0 ?? [] }))
    }
  }

  @Test func `a schedule keeps its rules`() {
    fuzz(Grammar.schedule) { text in
      guard case .steps(let steps)? = Values.schedule(text) else { return }
      #expect(!steps.isEmpty)
      #expect(steps.dropLast().allSatisfy { $0.signal != .kill && $0.time != .toDeadline })
      #expect(steps.allSatisfy { $0.signal != .stop && $0.signal != .child })
      var percents: Int64 = 0
      for step in steps where step.time.kind == .percent {
        #expect(step.time.amount > 0)
        percents += step.time.amount
      }
      #expect(percents <= 100)
      // Written out and read again it is the same.
      var line = Line()
      for (index, step) in steps.enumerated() {
        if index > 0 { line.add("/") }
        line.add(step.signal)
        switch step.time.kind {
        case .toDeadline: continue
        case .span:
          line.add("/")
          line.add(step.time.amount)
          line.add("ms")
          // Longer times than a text may hold.
          if step.time.amount > 2_562_047_788_015 { return }
        case .percent:
          line.add("/")
          line.add(step.time.amount)
          line.add("%")
        }
      }
      #expect(Values.schedule(line.bytes) == .steps(steps))
    }
  }

  @Test func `a set of signals is the union of its elements`() {
    fuzz({ Grammar.list(&$0, Grammar.signal) }) { text in
      guard let set = Values.signalSet(text) else { return }
      var expected = SignalSet.none
      for part in text.split(separator: 0x2c) {
        if let signal = Values.signal(Array(part)) { expected.insert(signal) }
      }
      #expect(set == expected)
      #expect(!set.contains(.kill) && !set.contains(.stop) && !set.contains(.child))
    }
  }

  // MARK: Whole command lines

  @Test func `every command line is understood or answered by one short line`() {
    var chance = Chance()
    var understood = 0
    for _ in 0..<Chance.rounds {
      let line = CommandWords(&chance)
      do throws(UsageError) {
        let invocation = try line.parser.reading()
        understood += 1
        check(line, invocation)
      } catch {
        let said = error.line.bytes
        #expect(said.count > 10 && said.count < 900)
        #expect(said.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "no control reaches a terminal: \(error.line.text)")
      }
      _ = try? line.parser.settings(over: Settings())
    }
    #expect(understood > Chance.rounds / 10, "the grammar still makes what the parser knows")
  }

  /// What holds of every command line that was understood.
  private func check(_ line: CommandWords, _ invocation: Reading) {
    switch invocation {
    case .run(let settings, let command):
      #expect(command >= 1 && command <= line.words.count)
      guard command >= 1, command <= line.words.count else { return }
      #expect(!line.words[command - 1].isEmpty)
      // The app's own words have no say.
      var shorter = line
      shorter.words = Array(line.words[..<command])
      #expect(shorter.description == description(settings))
      // Where the options end can be said.
      var marked = line
      if command < 2 || line.words[command - 2] != bytes("--") {
        marked.words.insert(bytes("--"), at: command - 1)
        guard case .run(let same, command + 1)? = try? marked.parser.reading() else {
          Issue.record("with -- it is something else")
          return
        }
        #expect(description(same) == description(settings))
      }
    case .waitThenSignal(let settings):
      #expect(line.words.first == bytes("wait-then-signal"))
      // The supervisor reads from the hook's words what the hook does, given the same variables.
      let base = CommandWords(words: [bytes("wait-then-signal")], environment: line.environment)
      guard case .waitThenSignal(let own)? = try? base.parser.reading(), settings.contradiction() == nil else { return }
      guard let merged = try? line.parser.settings(over: own) else {
        Issue.record("the supervisor does not understand the hook")
        return
      }
      #expect(description(merged) == description(settings))
    case .explain(let settings, _): #expect(settings.explain)
    case .install(let destination): #expect(!destination.isEmpty)
    case .answer(let answer, _, let code):
      #expect(line.name != "lastcall" && !answer.bytes.isEmpty && code <= 1)
    case .pause: #expect(line.name.hasSuffix("catatonit"))
    case .help, .completions, .version: break
    }
  }
}

/// A command line and its variables.
private struct CommandWords {
  /// What it was called by.
  var name = "lastcall"
  var words: [[UInt8]]
  var environment: [String: [UInt8]]

  init(words: [[UInt8]], environment: [String: [UInt8]]) {
    self.words = words
    self.environment = environment
  }

  init(_ chance: inout Chance) {
    words = []
    environment = [:]
    let command = chance.pick([
      "", "", "", "run", "wait-then-signal", "wait-then-signal", "install", "help", "completions",
    ])
    if !command.isEmpty { words.append(bytes(command)) }
    if chance.happens(onceIn: 4) { name = chance.pick(["/sbin/docker-init", "tini", "dumb-init", "/run/catatonit"]) }
    for _ in 0..<chance.number(0...5) {
      words += name == "lastcall" ? CommandWords.option(&chance, for: command) : CommandWords.foreignOption(&chance)
    }
    if command != "wait-then-signal" || chance.happens(onceIn: 10) {
      words += chance.pick([["app"], ["--", "app", "-v"], ["app", "--wait", "x"], [], ["bash"], [""]]).map { bytes($0) }
    }
    for _ in 0..<chance.number(0...2) {
      let entry = OptionTable.entries[chance.number(0...OptionTable.entries.count - 1)]
      var value = bytes(Grammar.value(of: entry.option, &chance))
      if chance.happens(onceIn: 10) { chance.damage(&value, pieces: Grammar.pieces) }
      environment[entry.variableName] = value
    }
    while chance.happens(onceIn: 5), !words.isEmpty {
      let index = chance.number(0...words.count - 1)
      chance.damage(&words[index], pieces: Grammar.pieces)
    }
  }

  private static func foreignOption(_ chance: inout Chance) -> [[UInt8]] {
    let signal = Grammar.signal(&chance)
    let code = String(chance.number(0...260))
    return chance.pick([
      ["-v"], ["-g"], ["-s"], ["-w"], ["-gvs"], ["-p", signal], ["-p" + signal], ["-e", code], ["-e" + code], ["-c"],
      ["--single-child"], ["--sing"], ["-r", "\(signal):\(Grammar.signal(&chance))"], ["--rewrite=15:\(code)"], ["-h"],
      ["-l"], ["-L"], ["-P"], ["-V"], ["--version"], ["--v"], ["--verbose"], ["-x"], ["-r"],
    ]).map { bytes($0) }
  }

  private static func option(_ chance: inout Chance, for command: String) -> [[UInt8]] {
    if chance.happens(onceIn: 12) {
      return [bytes(chance.pick(["-v", "-g", "-gv", "-h", "-V", "--version", "-x", "--bogus"]))]
    }
    let scope = command == "wait-then-signal" ? OptionScope.hook : .run
    var entry = OptionTable.entries[chance.number(0...OptionTable.entries.count - 3)]
    while !entry.scope.covers(scope), !chance.happens(onceIn: 20) {
      entry = OptionTable.entries[chance.number(0...OptionTable.entries.count - 3)]
    }
    let name = bytes("--") + entry.name.bytes
    let value = bytes(Grammar.value(of: entry.option, &chance))
    if chance.happens(onceIn: 2) { return [name + [0x3d] + value] }
    return entry.takesValue ? [name, value] : [name]
  }

  var parser: Parser {
    let all = [bytes(name)] + words
    return Parser(all: all, environment.map { ($0.key, $0.value) })
  }

  /// The settings as the parser reads them.
  var description: [String: String]? {
    guard case .run(let settings, _)? = try? parser.reading() else { return nil }
    return OptionsTests.description(settings)
  }
}
