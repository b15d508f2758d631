// The one table of options. Parser, help, environment variables, man page and completions all come from it.

import Lifecycle

/// Every option, in the order in which help shows them.
public enum Option: UInt8, CaseIterable, Sendable {
  case map, group, exitCode, parentDeathSignal
  case wait, untilQuiet, maxWait, signal, gracePeriod, reserve, hold, stopOn, `for`
  case port, ignorePeer, maxOpen, drain
  case pid, pidFile, process
  case explain, verbose, logFormat, help, version

  /// One bit of a set of options.
  var bit: UInt32 { 1 << UInt32(rawValue) }
}

/// The command that an option belongs to.
public enum OptionScope: Equatable, Sendable {
  case both
  case run
  case hook

  func covers(_ command: OptionScope) -> Bool { self == .both || command == .both || self == command }
}

/// What is to be known of an option: a row of the table.
public struct OptionEntry: Sendable {
  public let option: Option
  private let row: Text

  fileprivate init(_ option: Option, _ row: Text) {
    self.option = option
    self.row = row
  }

  /// Without the dashes.
  public var name: Text { row.column(0) }
  /// The letter of the short form; 0 if there is none.
  public var letter: UInt8 { row.column(1)[0] }
  /// The placeholder of its value; empty for a flag.
  public var value: Text { row.column(2) }
  public var summary: Text { row.behind(5) }

  /// Whether it stands in the part of the help that begins with that letter: run, stop, traffic, hook, general.
  func isOf(_ topic: UInt8) -> Bool { row.column(3)[0] == topic }

  public var scope: OptionScope {
    let letter = row.column(4)[0]
    return letter == 0x72 ? .run : letter == 0x68 ? .hook : .both
  }

  public var takesValue: Bool { !value.isEmpty }
  /// Whether the environment can set it: all but those that stand for a command of their own.
  public var hasVariable: Bool { option != .help && option != .version }

  /// Whether `name` is the name of its variable, without the prefix.
  @inline(never)
  func hasVariable(named name: Text) -> Bool {
    let own = self.name
    guard name.count == own.count, hasVariable else { return false }
    for index in 0..<name.count where name[index] != OptionEntry.capital(own[index]) { return false }
    return true
  }

  fileprivate static func capital(_ byte: UInt8) -> UInt8 { byte == 0x2d ? 0x5f : byte & 0xdf }
}

/// The table, entry by entry.
public struct OptionTable: Sequence, IteratorProtocol {
  private var rows = TextTable(Text(text))
  private var number: UInt8 = 0

  public init() {}

  @inline(never)
  public mutating func next() -> OptionEntry? {
    guard let option = Option(rawValue: number), let row = rows.next() else { return nil }
    number += 1
    return OptionEntry(option, row)
  }

  /// Name, letter, placeholder of the value, topic, scope, summary (at most 48 columns); in the order of `Option`.
  private static let text: StaticString = """
    map - FROM=TO run both pass signal FROM on as TO; TO none drops it
    group g - run run signal the app's whole process group
    exit-code - FROM=TO run run leave with code TO where the app gave FROM
    parent-death-signal - SIG run run what comes when our own parent dies
    wait - TIME stop both serve on this long before the app is signalled
    until-quiet - TIME stop both then until there was no traffic for TIME
    max-wait - TIME stop both but not longer (half of the time there is)
    signal - SCHEDULE stop both QUIT, QUIT/20s/TERM/5s/KILL, or none
    grace-period - TIME stop both the pod's terminationGracePeriodSeconds
    reserve - TIME stop both be done this long before its end (2s)
    hold - TIME stop both keep the address this long after the app's end
    stop-on - SIGNALS stop run what starts the stop (TERM,INT,QUIT)
    for - NAME stop both what a known server needs; see help presets
    port - PORTS traffic both count traffic on these (all listened on)
    ignore-peer - CIDRS traffic both don't count these peers: probes, scrapers
    max-open - NUMBER traffic both connections that may go on talking (0)
    drain - - traffic both answers still going out count as traffic
    pid - PID hook hook whom to stop where PID 1 is not lastcall (1)
    pid-file - PATH hook hook the same, from a file
    process - NAME hook hook the same, by the process's name
    explain - - general both print the plan as a timeline and run nothing
    verbose v - general both tell what happens
    log-format - FORMAT general both text or json
    help h - general both this help; more: lastcall help TOPIC
    version V - general both the version

    """
}

extension OptionTable {
  /// What the names of lastcall's variables begin with.
  public static let variablePrefix: StaticString = "LASTCALL_"

  @inline(never)
  static func entry(of option: Option) -> OptionEntry {
    OptionEntry(option, Text(text).part(Int(option.rawValue), 0x0a))
  }

  @inline(never)
  static func entry(named name: Text) -> OptionEntry? {
    for entry in OptionTable() where entry.name == name { return entry }
    return nil
  }

  static func entry(lettered letter: UInt8) -> OptionEntry? {
    for entry in OptionTable() where entry.letter == letter { return entry }
    return nil
  }
}

extension Line {
  /// `LASTCALL_GRACE_PERIOD`.
  @inline(never)
  mutating func add(variableOf entry: OptionEntry) {
    add(OptionTable.variablePrefix)
    let name = entry.name
    for index in 0..<name.count { add(byte: OptionEntry.capital(name[index])) }
  }
}
