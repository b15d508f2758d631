// What is said of bad input: the option, what was given, what is accepted, and the nearest name.

import Lifecycle
import Testing

@testable import Options

@Suite struct UsageErrorTests {
  @Test(arguments: [
    ("--wait", "-5s"), ("--wait", "99999999999999999999"), ("--wait", "soon"), ("--grace-period", "30 s"),
    ("--signal", "TERMM"), ("--signal", "KILL/5s/TERM"), ("--map", "KILL=TERM"), ("--map", "TERM"),
    ("--exit-code", "256=0"), ("--exit-code", "143"), ("--stop-on", "KILL"), ("--port", "0"), ("--port", "65536"),
    ("--ignore-peer", "10.0.0.0/33"), ("--max-open", "-1"), ("--max-open", "10001"), ("--for", "frobnicator"),
    ("--parent-death-signal", "0"), ("--log-format", "xml"), ("--group", "maybe"), ("--help", "maybe"),
    ("--version", ""),
  ])
  func `a bad value is answered by what is accepted`(_ option: String, _ value: String) throws {
    let entry = try #require(OptionTable.entry(named: Text(String(option.dropFirst(2)))))
    let line = try #require(complaint("\(option)=\(value)", "app"))
    #expect(line == "\(option): '\(value)' is not accepted, but \(entry.accepted.text)")
  }

  @Test(arguments: [
    ("--pid", "0"), ("--pid", "-1"), ("--pid", "4194305"), ("--pid", "4294967297"), ("--pid", "self"),
    ("--process", "1234567890123456"), ("--process", ""), ("--pid-file", ""),
  ])
  func `so is a bad target of a hook`(_ option: String, _ value: String) throws {
    let entry = try #require(OptionTable.entry(named: Text(String(option.dropFirst(2)))))
    let line = try #require(complaint("wait-then-signal", "\(option)=\(value)"))
    #expect(line == "\(option): '\(value)' is not accepted, but \(entry.accepted.text)")
  }

  @Test func `the limits that are told are the limits`() {
    #expect(complaint("--max-open=\(TrafficSettings.mostOpen)", "--until-quiet=1s", "--max-wait=1s", "app") == nil)
    #expect(complaint("wait-then-signal", "--pid=4194304") == nil)
    #expect(complaint("wait-then-signal", "--process=123456789012345") == nil)
  }

  @Test(arguments: [
    ("grace-periode", "grace-period"), ("graceperiod", "grace-period"), ("grace", "grace-period"),
    ("garce-period", "grace-period"), ("wiat", "wait"), ("waits", "wait"), ("until", "until-quiet"), ("sig", "signal"),
    ("signals", "signal"), ("exit-codes", "exit-code"), ("ports", "port"), ("ignore-peers", "ignore-peer"),
    ("verbos", "verbose"), ("halp", "help"), ("Map", "map"), ("mapp", "map"), ("stop", "stop-on"), ("drian", "drain"),
    ("log_format", "log-format"), ("max_wait", "max-wait"),
  ])
  func `a slip of the pen is told the nearest option`(_ given: String, _ meant: String) {
    #expect(complaint("--\(given)", "app") == "unknown option --\(given); did you mean --\(meant)?")
    #expect(complaint("--\(given)=5s", "app") == "unknown option --\(given); did you mean --\(meant)?")
  }

  @Test(arguments: ["frobnicate", "x", "", "kubernetes", "zzzzzzzzzzzzzzzzzzzzzzz", "é"])
  func `what is near to nothing is told where the options stand`(_ given: String) {
    guard !given.isEmpty else {
      #expect(complaint("--=5", "app") == "unknown option --; lastcall --help lists the options")
      return
    }
    #expect(complaint("--\(given)", "app") == "unknown option --\(given); lastcall --help lists the options")
  }

  @Test func `what is suggested belongs to the command`() {
    #expect(complaint("wait-then-signal", "--pidfile") == "unknown option --pidfile; did you mean --pid-file?")
    #expect(complaint("--proces", "app") == "unknown option --proces; lastcall --help lists the options")
  }

  @Test func `a name of a list is suggested too`() throws {
    #expect(try #require(complaint("--for=ngnix", "app")).hasSuffix("; did you mean nginx?"))
    #expect(try #require(complaint("--for=postgresql", "app")).hasSuffix("; did you mean postgres?"))
    #expect(try #require(complaint("--for=php", "app")).hasSuffix("; did you mean php-apache?"))
    #expect(try #require(complaint("--log-format=jsno", "app")).hasSuffix("; did you mean json?"))
    #expect(try #require(complaint("--log-format=txt", "app")).hasSuffix("; did you mean text?"))
  }

  @Test func `something huge is cut, so that what is accepted can still be read`() throws {
    let huge = String(repeating: "é", count: 100_000)
    for line in [
      complaint("--wait=\(huge)", "app"), complaint("--\(huge)", "app"), complaint("wait-then-signal", huge),
      complaint("help", huge), complaint("app", environment: ["LASTCALL_MAP": huge]),
      complaint("--for=\(huge)", "app"), complaint("-\(huge)", "app"),
    ] {
      #expect(try #require(line).utf8.count < 500)
    }
    let wait = try #require(complaint("--wait=\(huge)", "app"))
    #expect(wait.hasSuffix("...' is not accepted, but a time such as 5s, 500ms, 1m30s, or a number of seconds"))
  }

  @Test func `the distance counts letters inserted, deleted, changed and swapped`() {
    for (left, right, expected) in [
      ("", "", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "ab", 1),
      ("abc", "abcd", 1), ("abc", "acb", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ] {
      #expect(Nearest.distance(Text(left), Text(right)) == expected, "\(left) \(right)")
      #expect(Nearest.distance(Text(right), Text(left)) == expected, "\(right) \(left)")
    }
  }
}
