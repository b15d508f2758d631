// Exit codes as a shell would give them.

import Lifecycle
import Testing

@Suite struct ExitStatusTests {
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
      #expect([ExitCodeRule]().apply(to: code) == code)
      #expect([ExitCodeRule(from: 143, to: 0)].apply(to: code) == (code == 143 ? 0 : code))
    }
  }

  @Test func `the last rule for a code decides, and rules do not chain`() {
    let rules = [ExitCodeRule(from: 143, to: 1), ExitCodeRule(from: 143, to: 0), ExitCodeRule(from: 0, to: 7)]
    #expect(rules.apply(to: 143) == 0)
    #expect(rules.apply(to: 0) == 7)
  }
}
