// Every value of a plan that can come in wrong: an error before anything is started, or a warning.

import Testing

struct BadPlanTests {
  /// Words, and parts of the one line that they must give.
  static let errors: [([String], [String])] = [
    (["--wait", "-1s"], ["--wait", "-1s", "500ms"]),
    (["--wait", "soon"], ["--wait", "soon"]),
    (["--wait", ""], ["--wait"]),
    (["--wait", "1s1s"], ["--wait", "1s1s"]),
    (["--wait", "99999999999999999999"], ["--wait", "99999999999999999999"]),
    (["--wait", "9223372036854775807h"], ["--wait"]),
    (["--wait"], ["--wait", "value"]),
    (["--grace-period", "0"], ["--grace-period", "30s"]),
    (["--grace-period", "-30"], ["--grace-period", "-30"]),
    (["--reserve", "2d"], ["--reserve", "2d"]),
    (["--hold", "1.2345s"], ["--hold", "1.2345s"]),
    (["--signal", "TREM"], ["--signal", "TREM"]),
    (["--signal", "TERM/"], ["--signal", "TERM/"]),
    (["--signal", "TERM//KILL"], ["--signal"]),
    (["--signal", "TERM/5s/"], ["--signal"]),
    (["--signal", "KILL/5s/TERM"], ["--signal", "KILL/5s/TERM"]),
    (["--signal", "STOP"], ["--signal", "STOP"]),
    (["--signal", "TERM/0%/KILL", "--grace-period", "9s"], ["--signal"]),
    (["--signal", "TERM/60%/INT/50%/QUIT", "--grace-period", "9s"], ["--signal"]),
    (["--signal", "TERM/60%/INT"], ["--signal", "--grace-period"]),
    (["--signal", "0"], ["--signal"]),
    (["--signal", "65"], ["--signal", "65"]),
    (["--for", "ngnix"], ["--for", "ngnix", "nginx"]),
    (["--stop-on", "KILL"], ["--stop-on", "KILL"]),
    (["--stop-on", ""], ["--stop-on"]),
    (["--until-quiet", "2s"], ["--until-quiet", "--max-wait", "--grace-period"]),
    (["--max-wait", "2s"], ["--max-wait", "--until-quiet"]),
    (["--max-wait", "1s", "--until-quiet", "1s", "--wait", "2s"], ["--max-wait", "--wait"]),
    (["--drain"], ["--drain", "--until-quiet"]),
    (["--log-format", "xml"], ["--log-format", "xml", "json"]),
    (["--port", "0"], ["--port"]),
    (["--pid", "5"], ["--pid", "wait-then-signal"]),
  ]

  @Test(arguments: errors)
  func `a value that cannot be meant is refused in one line before the app is started`(
    words: [String], parts: [String]
  ) throws {
    let process = try ChildProcess(
      [lastcall] + words + (words.count == 1 && words[0] != "--drain" ? [] : ["--", "echo", "run"]))
    try process.expectExit(.code(125))
    #expect(process.standardOutput == "")
    #expect(process.standardError.split(separator: "\n").count == 1, "\(process)")
    for part in parts { #expect(process.standardError.contains(part), "\(part) is missing: \(process)") }
  }

  static let hookErrors: [([String], [String])] = [
    (["--pid", "0"], ["--pid"]), (["--pid", "-1"], ["--pid"]), (["--pid", "99999999999"], ["--pid"]),
    (["--process", ""], ["--process"]), (["--pid-file", ""], ["--pid-file"]),
    (["--group"], ["--group", "wait-then-signal"]), (["extra"], ["extra"]), (["--", "extra"], ["extra"]),
  ]

  @Test(arguments: hookErrors)
  func `a hook's value that cannot be meant is refused in one line`(words: [String], parts: [String]) throws {
    let process = try ChildProcess([lastcall, "wait-then-signal"] + words)
    try process.expectExit(.code(125))
    #expect(process.standardError.split(separator: "\n").count == 1, "\(process)")
    for part in parts { #expect(process.standardError.contains(part), "\(part) is missing: \(process)") }
  }

  /// Plans that can be carried out, but not as they were asked.
  static let warnings: [([String], String)] = [
    (["--wait", "5m", "--grace-period", "30s"], "--wait 5m does not fit"),
    (["--wait", "9000000000s", "--grace-period", "30s"], "--wait "),
    (["--until-quiet", "1s", "--max-wait", "1m", "--grace-period", "30s"], "--max-wait 1m does not fit"),
    (["--reserve", "40s", "--grace-period", "30s"], "--reserve leaves nothing"),
    (["--signal", "QUIT/1m/KILL", "--grace-period", "30s"], "the schedule's 1m"),
    (["--hold", "40s", "--grace-period", "30s"], "--hold 40s does not fit"),
  ]

  @Test(arguments: warnings)
  func `a plan that cannot fit warns, and says the grace period that would do`(words: [String], part: String) throws {
    let explained = try ChildProcess([lastcall] + words + ["--explain"])
    try explained.expectExit(.code(1))
    #expect(explained.standardOutput.contains("warning: \(part)"), "\(explained)")
    #expect(explained.standardOutput.contains("terminationGracePeriodSeconds needed: "), "\(explained)")
  }
}
