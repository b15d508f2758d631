// The values of options: what is one, what is none, and nothing in between.

import Lifecycle
import Testing

@testable import Options

@Suite struct ValuesTests {
  static let huge = String(repeating: "9", count: 400)

  @Test func `a number is decimal digits up to its limit`() {
    #expect(Values.number(bytes("0"), most: 5) == 0)
    #expect(Values.number(bytes("5"), most: 5) == 5)
    #expect(Values.number(bytes("0005"), most: 5) == 5)
    #expect(Values.number(bytes("9223372036854775807"), most: .max) == nil, "the very last ones are given up")
    #expect(Values.number(bytes("9223372036854775799"), most: .max) == 9_223_372_036_854_775_799)
    for none in ["", "6", "-1", "+1", " 1", "1 ", "1_0", "0x1", "1e3", "१", "\0", "1\0", ValuesTests.huge] {
      #expect(Values.number(bytes(none), most: 5) == nil, "\(none)")
    }
    for none in ["9223372036854775808", "18446744073709551617", ValuesTests.huge] {
      #expect(Values.number(bytes(none), most: .max) == nil, "\(none)")
    }
  }

  @Test(arguments: [
    ("0", 0), ("5", 5000), ("05", 5000), ("5s", 5000), ("500ms", 500), ("1m30s", 90_000), ("2m", 120_000),
    ("1h", 3_600_000), ("1h30m", 5_400_000), ("1h1m1s1ms", 3_661_001), ("1m90s", 150_000), ("1.5s", 1500),
    ("0.25", 250), ("1.5", 1500), ("1.005s", 1005), ("0.5h", 1_800_000), ("1.5m", 90_000), ("1.9ms", 1), ("0s", 0),
    ("1h500ms", 3_600_500), ("2562047788015s", 2_562_047_788_015_000),
    ("2562047788015h", 9_223_372_036_854_000_000),
  ])
  func `a time is`(_ text: String, _ milliseconds: Int) {
    #expect(Values.duration(bytes(text)) == Milliseconds(Int64(milliseconds)))
  }

  @Test(
    arguments: [
      "", " ", "s", "ms", "-5", "-5s", "+5s", "5S", "5 s", " 5s", "5s ", "5sec", "5d", "5us", "5m5", "1s1s", "1s1m",
      "1ms1s", "1m1h", ".5s", "5.s", "5.", "5..5s", "1.2345s", "1,5s", "1e3s", "0x5s", "5\0", "5s\0", "∞", "inf", "nan",
      "2562047788016", "2562047788016h", "9223372036854775807", "9223372036854775807h", "99999999999999999999s",
      "1.5.5s", "5m 30s", "5:30", "PT5S", "--5", "5s5",
    ] + [huge, huge + "h"])
  func `no time is`(_ text: String) {
    #expect(Values.duration(bytes(text)) == nil)
  }

  @Test func `the largest times add up without a trap`() {
    let most = "2562047788015h2562047788015m2562047788015s2562047788015ms"
    #expect(Values.duration(bytes(most)) == .longest)
    #expect(Values.duration(bytes("2562047788015.999h")) == .longest)
  }

  @Test(arguments: [
    ("TERM", 15), ("SIGTERM", 15), ("term", 15), ("sigterm", 15), ("SigTerm", 15), ("15", 15), ("015", 15), ("1", 1),
    ("64", 64), ("32", 32), ("RTMIN", 34), ("RTMIN+3", 37), ("rtmin+3", 37), ("SIGRTMIN+03", 37), ("RTMIN+30", 64),
    ("RTMAX", 64), ("RTMAX-1", 63), ("SIGRTMAX-30", 34), ("RTMIN+0", 34), ("CLD", 17), ("IOT", 6), ("POLL", 29),
    ("SYS", 31), ("KILL", 9),
  ])
  func `a signal is`(_ text: String, _ number: Int) {
    #expect(Values.signal(bytes(text)) == Signal(number))
  }

  @Test(
    arguments: [
      "", "0", "65", "-15", "+15", "15 ", " 15", "SIG", "SIG15", "SIGSIGTERM", "TERMX", "TER", "RTMIN+31", "RTMAX-31",
      "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN3", "RTMIN+3x", "RTMIN+-3", "RTMIN+003", "RTMI", "RT", "4294967311",
      "TERM\0",
      "ＴＥＲＭ", "TERM,INT", "0xf", "RTMIN+99999999999999999999",
    ] + [huge])
  func `no signal is`(_ text: String) {
    #expect(Values.signal(bytes(text)) == nil)
  }

  private static func rule(_ from: Signal, _ to: Signal?) -> SignalRule { SignalRule(from: from, to: to) }

  @Test(arguments: [
    ("TERM=QUIT", [rule(.terminate, .quit)]), ("15=3", [rule(.terminate, .quit)]), ("HUP=none", [rule(.hangUp, nil)]),
    ("HUP=NONE", [rule(.hangUp, nil)]), ("TERM=KILL", [rule(.terminate, .kill)]),
    ("TERM=QUIT,WINCH=none", [rule(.terminate, .quit), rule(.windowChange, nil)]),
    ("TERM=TERM", [rule(.terminate, .terminate)]),
  ])
  func `a signal rule is`(_ text: String, _ rules: [SignalRule]) {
    #expect(Values.signalRules(bytes(text)) == Rules(rules))
  }

  @Test(arguments: [
    "", "TERM", "TERM=", "=TERM", "=", "TERM=QUIT=INT", "TERM=QUIT,", ",TERM=QUIT", "TERM=QUIT,,HUP=none", "KILL=TERM",
    "STOP=TERM", "CHLD=TERM", "none=TERM", "TERM=nothing", "TERM:QUIT", "TERM==QUIT", "0=15", "65=15", "15=65",
    "TERM = QUIT", "TERM=0",
  ])
  func `no signal rule is`(_ text: String) {
    #expect(Values.signalRules(bytes(text)) == nil)
  }

  @Test func `an exit code rule is two codes of one byte`() {
    #expect(
      Values.exitCodeRules(bytes("143=0,0=255"))
        == Rules([ExitCodeRule(from: 143, to: 0), ExitCodeRule(from: 0, to: 255)]))
    for none in ["", "143", "143=", "=0", "256=0", "0=256", "-1=0", "0=-1", "1=2=3", "1=2,", "a=b", "143=TERM"] {
      #expect(Values.exitCodeRules(bytes(none)) == nil, "\(none)")
    }
  }

  @Test func `a set of signals holds what can be caught`() {
    #expect(Values.signalSet(bytes("TERM,INT,15")) == SignalSet(.terminate, .interrupt))
    #expect(Values.signalSet(bytes("1,64"))?.bits == 0x8000_0000_0000_0001)
    for none in ["", ",", "TERM,", ",TERM", "KILL", "STOP", "CHLD", "TERM,KILL", "none", "TERM INT"] {
      #expect(Values.signalSet(bytes(none)) == nil, "\(none)")
    }
  }

  private static let five = StepTime.span(Milliseconds(seconds: 5))

  @Test(
    arguments: [
      ("QUIT", .steps([Step(signal: .quit)])),
      ("none", .nothing), ("None", .nothing),
      ("QUIT/5s", .steps([Step(signal: .quit, time: five)])),
      ("QUIT/5", .steps([Step(signal: .quit, time: five)])),
      (
        "QUIT/5s/TERM/5/KILL",
        .steps([Step(signal: .quit, time: five), Step(signal: .terminate, time: five), Step(signal: .kill)])
      ),
      ("KILL/5s", .steps([Step(signal: .kill, time: five)])),
      (
        "TERM/60%/INT/30%/QUIT",
        .steps([
          Step(signal: .terminate, time: .percent(60)), Step(signal: .interrupt, time: .percent(30)),
          Step(signal: .quit),
        ])
      ),
      ("TERM/100%/KILL", .steps([Step(signal: .terminate, time: .percent(100)), Step(signal: .kill)])),
      ("TERM/0/KILL", .steps([Step(signal: .terminate, time: .span(.zero)), Step(signal: .kill)])),
      ("TERM/5s/TERM", .steps([Step(signal: .terminate, time: five), Step(signal: .terminate)])),
    ] as [(String, Schedule)])
  func `a schedule is`(_ text: String, _ schedule: Schedule) {
    #expect(Values.schedule(bytes(text)) == schedule)
  }

  @Test(arguments: [
    "", "/", "QUIT/", "/QUIT", "QUIT//TERM", "QUIT/TERM", "QUIT/5s/", "QUIT/5s/none", "none/5s", "KILL/5s/TERM",
    "TERM/5s/KILL/5s/TERM", "STOP", "CHLD", "TERM/5s/STOP", "TERM/-5s/KILL", "TERM/0%/KILL", "TERM/101%/KILL",
    "TERM/60%/INT/41%/QUIT", "TERM/%/KILL", "TERM/5%%/KILL", "TERM/5 %/KILL", "TERM/-5%/KILL", "QUIT/5s/5s",
    "TERM,QUIT", "TERM/99999999999999999999%/KILL", "TERM/5s /KILL",
  ])
  func `no schedule is`(_ text: String) {
    #expect(Values.schedule(bytes(text)) == nil)
  }

  @Test func `ports are numbers of two bytes but 0`() {
    #expect(Values.ports(bytes("1,80,65535,80")) == PortSet([1, 80, 65535]))
    for none in ["", "0", "65536", "-80", "80,", ",80", "80-90", "http", "80;443", "80 443", "4294967376"] {
      #expect(Values.ports(bytes(none)) == nil, "\(none)")
    }
  }

  @Test func `a flag is a yes or a no in four ways each`() {
    for yes in ["1", "true", "yes", "on", "TRUE", "Yes"] { #expect(Values.flag(bytes(yes)) == true) }
    for no in ["0", "false", "no", "off", "FALSE", "Off"] { #expect(Values.flag(bytes(no)) == false) }
    for none in ["", "2", "-1", "y", "n", "t", "truee", "o", "enable", "00", "1 "] {
      #expect(Values.flag(bytes(none)) == nil, "\(none)")
    }
  }

  @Test func `a preset is a name that the help lists, in capitals or not`() {
    for preset in Preset.all { #expect(Values.preset(preset.name.bytes) == preset) }
    #expect(Values.preset(bytes("PHP-FPM"))?.name.text == "php-fpm")
    for none in ["", "ngin", "nginxx", "nginx,httpd", "apache", "@GINX", "php\u{0d}fpm"] {
      #expect(Values.preset(bytes(none)) == nil, "\(none)")
    }
  }

  @Test func `every preset's schedule is one`() {
    for preset in Preset.all where !preset.schedule.bytes.isEmpty {
      #expect(Values.schedule(preset.schedule.bytes) != nil, "\(preset.name.text)")
    }
  }

  @Test func `capitals are those of ASCII, and their neighbours are themselves`() {
    #expect(Values.isWord(bytes("AZaz"), "azAZ"))
    #expect(!Values.isWord(bytes("@["), "`{"))
    #expect(!Values.isWord(bytes("a"), "ab"))
  }
}
