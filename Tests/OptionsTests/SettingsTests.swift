// What follows from the options together: the plan, the traffic, the rules, and what contradicts itself.

import Lifecycle
import Testing

@testable import Options

@Suite struct SettingsTests {
  @Test func `without an option of the plan there is none`() throws {
    #expect(try settings("app").plan == nil)
    #expect(
      try settings("-gv", "--map=TERM=QUIT", "--exit-code=143=0", "--parent-death-signal=TERM", "app").plan == nil)
  }

  @Test(arguments: [
    ["--wait=1s"], ["--until-quiet=1s", "--max-wait=1s"], ["--signal=QUIT"], ["--grace-period=30s"], ["--reserve=1s"],
    ["--hold=1s"], ["--stop-on=TERM"], ["--for=nginx"], ["--port=80"], ["--ignore-peer=::1"], ["--wait=0"],
  ])
  func `any option of the plan makes one`(_ words: [String]) throws {
    guard case .run(let settings, _) = try parse(words + ["app"]) else {
      Issue.record("no command")
      return
    }
    #expect(settings.plan != nil)
  }

  private func isSame(_ left: StopPlan, _ right: StopPlan) -> Bool {
    left.wait == right.wait && left.untilQuiet == right.untilQuiet && left.maxWait == right.maxWait
      && left.schedule == right.schedule && left.gracePeriod == right.gracePeriod && left.reserve == right.reserve
      && left.hold == right.hold
  }

  @Test func `the plan has what was given, and the defaults`() throws {
    let plain = try settings("wait-then-signal").stopPlan
    #expect(isSame(plain, StopPlan()))
    #expect(plain.reserve == .seconds(2))
    let full = try settings(
      "--wait=1s", "--until-quiet=2s", "--max-wait=3s", "--signal=QUIT", "--grace-period=40s", "--reserve=5s",
      "--hold=6s",
      "app"
    ).stopPlan
    let expected = StopPlan()
    expected.wait = .seconds(1)
    expected.untilQuiet = .seconds(2)
    expected.maxWait = .seconds(3)
    expected.schedule = .steps([Step(signal: .quit)])
    expected.gracePeriod = .seconds(40)
    expected.reserve = .seconds(5)
    expected.hold = .seconds(6)
    #expect(isSame(full, expected))
  }

  @Test func `the traffic has what was given, and the defaults`() throws {
    #expect(try settings("app").traffic == TrafficSettings())
    let given = try settings(
      "--until-quiet=1s", "--max-wait=9s", "--port=80", "--port=443", "--ignore-peer=::1", "--max-open=3", "--drain",
      "app"
    ).traffic
    #expect((0..<given.ports.count).map { given.ports.range($0).first } == [80, 443])
    var peers = PeerSet()
    peers.add(PeerRange(address: PeerAddress(high: 0, low: 1), prefix: 128))
    #expect(given.ignoredPeers == peers)
    #expect(given.maxOpen == 3)
    #expect(given.drain)
  }

  @Test func `the preset's rules come first, so that what is written out wins`() throws {
    let rules = try settings("--for=httpd", "--map=TERM=INT", "app").signalRules
    #expect(rules.apply(to: .terminate) == .interrupt)
    #expect(rules.apply(to: .windowChange) == nil)
    #expect(try settings("--for=nginx", "app").signalRules.apply(to: .terminate) == .quit)
    #expect(try settings("app").signalRules == Rules())
  }

  @Test func `a preset's schedule is for a known grace period, and gives way to a signal or a map of the user's`()
    throws
  {
    func schedule(_ words: String...) throws -> Schedule {
      guard case .run(let settings, _) = try parse(["--for=postgres"] + words + ["app"]) else { return .nothing }
      return settings.stopPlan.schedule
    }
    guard case .steps(let steps) = try schedule("--grace-period=60s") else {
      Issue.record("no steps")
      return
    }
    #expect(steps.map { $0.signal } == [.terminate, .interrupt, .quit])
    #expect(try schedule() == .asReceived)
    #expect(try schedule("--grace-period=60s", "--signal=INT") == .steps([Step(signal: .interrupt)]))
    #expect(try schedule("--grace-period=60s", "--map=TERM=INT") == .asReceived)
    #expect(try settings("--for=nginx", "--grace-period=60s", "app").stopPlan.schedule == .asReceived)
  }

  @Test(arguments: [
    (["--map=INT=none"], true), (["--map=TSTP=none"], true), (["--for=httpd"], true), (["--for=nginx"], false),
    (["--map=TERM=QUIT,HUP=none"], false), ([], false),
  ])
  func `a rule for what the terminal sends is known`(words: [String], isOver: Bool) throws {
    guard case .run(let settings, _) = try parse(words + ["app"]) else { throw UsageError(line: Line("no run")) }
    #expect(settings.rulesOverKeys == isOver)
  }

  @Test func `the last of the targets counts`() throws {
    #expect(try settings("wait-then-signal").target == nil)
    #expect(try settings("wait-then-signal", "--pid=1", "--process=x").target == .name(Text("x")))
    #expect(
      try settings("wait-then-signal", "--pid=4194304", environment: ["LASTCALL_PROCESS": "x"]).target
        == .process(4_194_304))
  }

  @Test(arguments: [
    ("--max-wait=5s", "--max-wait bounds --until-quiet, which is not given"),
    ("--max-open=5", "--max-open belongs to --until-quiet, which is not given"),
    ("--drain", "--drain belongs to --until-quiet, which is not given"),
    ("--until-quiet=5s", "--until-quiet needs a bound: give --max-wait or --grace-period as well"),
    ("--grace-period=0", "--grace-period: 0 leaves no time at all; accepted: a time such as 30s"),
    ("--signal=TERM/5s/INT/60%/KILL", "--signal: percentages need --grace-period"),
  ])
  func `an option that makes no sense by itself says what it lacks`(_ word: String, _ expected: String) {
    #expect(complaint(word, "app") == expected)
  }

  @Test func `times that contradict each other are refused`() {
    #expect(
      complaint("--wait=9s", "--until-quiet=1s", "--max-wait=5s", "app") == "--max-wait is shorter than --wait")
    #expect(complaint("--wait=5s", "--until-quiet=1s", "--max-wait=5s", "app") == nil)
    #expect(complaint("--until-quiet=1s", "--grace-period=30s", "app") == nil)
    #expect(complaint("--signal=TERM/60%/KILL", "--grace-period=30s", "app") == nil)
    #expect(complaint("--signal=TERM/5s/KILL", "app") == nil)
    #expect(complaint("--signal=none", "app") == nil)
  }

  @Test func `the log is text unless json is asked for`() throws {
    #expect(try settings("app").logFormat == .text)
    #expect(try settings("--log-format=JSON", "app").logFormat == .json)
    #expect(try settings("--log-format=text", "app", environment: ["LASTCALL_LOG_FORMAT": "json"]).logFormat == .text)
  }
}
