// Exit codes as a shell would give them.

import Testing

@testable import Lifecycle

@Suite struct ExitStatusTests {
  @Test func `as a number for a format it is still the same`() {
    for code in UInt8.min...UInt8.max {
      #expect(ExitStatus(word: ExitStatus.exited(code).word) == .exited(code))
    }
    for signal in (1...64).compactMap(Signal.init) {
      #expect(ExitStatus(word: ExitStatus.killed(by: signal).word) == .killed(by: signal))
      #expect(ExitStatus.killed(by: signal).word & 0xff == 128 + Int(signal.number))
    }
  }

  @Test func `an exit has its own code`() {
    for code in UInt8.min...UInt8.max { #expect(ExitStatus.exited(code).code == code) }
  }

  @Test func `a death by signal n has 128 + n`() {
    for number in 1...64 { #expect(Signal(number).map { Int(ExitStatus.killed(by: $0).code) } == 128 + number) }
  }

  @Test func `lastcall's own codes are those of timeout and env`() {
    #expect(ExitCode.success == 0)
    #expect(ExitCode.stillAlive == 124)
    #expect(ExitCode.failure == 125)
    #expect(ExitCode.notRunnable == 126)
    #expect(ExitCode.notFound == 127)
  }
}

@Suite struct ExitCodeRuleTests {
  @Test func `a code without a rule stays what it is`() {
    for code in UInt8.min...UInt8.max {
      #expect(Rules().apply(to: code) == code)
      var rules = Rules()
      rules.add(from: 143, to: 0)
      #expect(rules.apply(to: code) == (code == 143 ? 0 : code))
    }
  }

  @Test func `the last rule for a code decides, and rules do not chain`() {
    var rules = Rules()
    for (from, to) in [(143, 1), (143, 0), (0, 7)] as [(UInt8, UInt8)] { rules.add(from: from, to: to) }
    #expect(rules.apply(to: 143) == 0)
    #expect(rules.apply(to: 0) == 7)
  }
}
