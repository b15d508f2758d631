// Signals by number.

import Testing

@testable import Lifecycle

@Suite struct SignalTests {
  @Test func `every number from 1 to 64 is a signal`() {
    for number in 1...64 { #expect(Signal(number)?.number == UInt8(number)) }
  }

  @Test(arguments: [Int.min, -1, 0, 65, 128, 257, Int.max])
  func `no number outside 1 to 64 is one`(number: Int) {
    #expect(Signal(number) == nil)
  }

  @Test(arguments: [
    (Signal.hangUp, 1), (.interrupt, 2), (.quit, 3), (.kill, 9), (.user1, 10), (.user2, 12), (.pipe, 13),
    (.terminate, 15), (.child, 17), (.continue, 18), (.stop, 19), (.terminalStop, 20), (.terminalInput, 21),
    (.terminalOutput, 22), (.windowChange, 28),
  ])
  func `the constants have Linux's numbers`(signal: Signal, number: Int) {
    #expect(signal == Signal(number))
  }

  @Test func `only KILL and STOP cannot be caught`() {
    for number in 1...64 { #expect(Signal(number)?.isUncatchable == (number == 9 || number == 19)) }
  }

  @Test func `a terminal stops with TSTP, TTIN and TTOU`() {
    for number in 1...64 { #expect(Signal(number)?.isTerminalStop == [20, 21, 22].contains(number)) }
  }

  @Test func `a terminal sends INT, QUIT, WINCH and its stops`() {
    for number in 1...64 { #expect(Signal(number)?.isFromTerminal == [2, 3, 20, 21, 22, 28].contains(number)) }
  }

  // MARK: Names

  @Test func `every signal with a name is read back by it`() {
    for signal in (1...64).compactMap(Signal.init) where signal.number != 32 && signal.number != 33 {
      var line = Line()
      line.add(signal)
      #expect(Signal(name: Text(leaked: line.bytes)) == signal)
    }
  }

  @Test(arguments: [
    ("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31), ("RTMIN", 34), ("RTMIN+0", 34), ("RTMIN+3", 37),
    ("RTMIN+03", 37), ("RTMIN+30", 64), ("RTMAX", 64), ("RTMAX-0", 64), ("RTMAX-1", 63), ("RTMAX-30", 34),
    ("term", 15), ("RtMax-1", 63),
  ])
  func `further names are known`(name: String, number: Int) {
    #expect(Signal(name: Text(leaked: Array(name.utf8))) == Signal(number))
  }

  @Test(arguments: [
    "", "T", "TER", "TERMS", "SIGTERM", "15", "RTMIN+", "RTMAX-", "RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1",
    "RTMIN+1x", "RTMIN+x", "RTMIN+001", "RTMIN33", "RTMID", "RTMID+1", "RTMI", "RTMAX--1", "RTMIN+99", "RT", "EXIT",
  ])
  func `no other name is a signal's`(name: String) {
    #expect(Signal(name: Text(leaked: Array(name.utf8))) == nil)
  }

  @Test func `the further names stand for signals that have a first name`() {
    #expect(Signal.names.text.split(separator: " ").count == Signal.nameCount + Signal.synonyms.count)
    for number in Signal.synonyms.bytes { #expect((1...Signal.nameCount).contains(Int(number))) }
  }
}

@Suite struct SignalSetTests {
  @Test func `a set holds what was put into it and nothing else`() {
    for number in 1...64 {
      guard let signal = Signal(number) else { continue }
      var set = SignalSet.none
      set.insert(signal)
      for other in 1...64 { #expect(Signal(other).map(set.contains) == (other == number)) }
    }
  }

  @Test func `what was taken out of a set is not in it, and the rest is`() {
    for number in 1...64 {
      guard let signal = Signal(number) else { continue }
      var set = SignalSet.all
      set.remove(signal)
      for other in 1...64 { #expect(Signal(other).map(set.contains) == (other != number)) }
    }
  }

  @Test func `bit n - 1 stands for signal n, as in the kernel's mask`() {
    #expect(SignalSet(.hangUp).bits == 1)
    #expect(SignalSet(.terminate, .interrupt).bits == 1 << 14 | 1 << 1)
    #expect(Signal(64).map { SignalSet($0).bits } == 1 << 63)
    #expect(SignalSet(bits: 1 << 14) == SignalSet(.terminate))
  }

  @Test func `the full set has the signals that C libraries keep for themselves`() {
    for number in [32, 33, 34] { #expect(Signal(number).map(SignalSet.all.contains) == true) }
  }

  @Test func `the empty set has none`() {
    for number in 1...64 { #expect(Signal(number).map(SignalSet.none.contains) == false) }
    #expect(SignalSet(.none) == .none)
  }
}

@Suite struct SignalRuleTests {
  @Test func `without a rule a signal stays what it is`() {
    #expect(Rules().apply(to: .terminate) == .terminate)
    #expect(([SignalRule(from: .quit, to: .terminate)] as Rules).apply(to: .terminate) == .terminate)
  }

  @Test func `a rule without a target drops`() {
    #expect(([SignalRule(from: .windowChange, to: nil)] as Rules).apply(to: .windowChange) == nil)
  }

  @Test func `the last rule for a signal decides`() {
    let rules: Rules = [
      SignalRule(from: .terminate, to: nil), SignalRule(from: .terminate, to: .quit),
      SignalRule(from: .interrupt, to: .quit), SignalRule(from: .interrupt, to: nil),
    ]
    #expect(rules.apply(to: .terminate) == .quit)
    #expect(rules.apply(to: .interrupt) == nil)
  }

  @Test func `rules do not chain, so that two signals can change places`() {
    let rules: Rules = [SignalRule(from: .terminate, to: .quit), SignalRule(from: .quit, to: .terminate)]
    #expect(rules.apply(to: .terminate) == .quit)
    #expect(rules.apply(to: .quit) == .terminate)
  }
}
