// The one table of options. Parser, help, environment variables, man page and completions all come from it.

import Lifecycle

/// Every option, in the order in which help shows them.
public enum Option: UInt8, CaseIterable, Sendable {
  case map, group, exitCode, parentDeathSignal
  case wait, untilQuiet, maxWait, signal, gracePeriod, reserve, hold, stopOn, `for`
  case port, ignorePeer, maxOpen, drain
  case pid, pidFile, process
  case explain, verbose, logFormat, help, version
}

/// The command that an option belongs to.
public enum OptionScope: Equatable, Sendable {
  case both
  case run
  case hook

  /// `run`, `hook`; anything else is both.
  init(named name: Line) {
    switch name.bytes.first {
    case UInt8(ascii: "r"): self = .run
    case UInt8(ascii: "h"): self = .hook
    default: self = .both
    }
  }

  func covers(_ command: OptionScope) -> Bool { self == .both || command == .both || self == command }
}

/// The part of the help in which an option stands.
public enum OptionTopic: UInt8, Equatable, Sendable {
  case run, stop, traffic, hook, general

  /// By its own name; anything else is general.
  init(named name: Line) {
    switch name.bytes.first {
    case UInt8(ascii: "r"): self = .run
    case UInt8(ascii: "s"): self = .stop
    case UInt8(ascii: "t"): self = .traffic
    case UInt8(ascii: "h"): self = .hook
    default: self = .general
    }
  }
}

/// What is to be known of an option.
public struct OptionEntry: Sendable {
  public let option: Option
  /// Without the dashes.
  public let name: Line
  /// The letter of the short form; 0 if there is none.
  public let letter: UInt8
  /// The placeholder of its value; empty for a flag.
  public let value: Line
  public let topic: OptionTopic
  public let scope: OptionScope
  /// One line for the help, at most 48 columns.
  public let summary: Line

  public var takesValue: Bool { !value.bytes.isEmpty }
  /// Whether the environment can set it: all but those that stand for a command of their own.
  public var hasVariable: Bool { option != .help && option != .version }
}

/// The table, entry by entry.
public struct OptionTable: Sequence, IteratorProtocol {
  private var rows = TextTable(text, columns: 6)
  private var number: UInt8 = 0

  public init() {}

  @inline(never)
  public mutating func next() -> OptionEntry? {
    guard let option = Option(rawValue: number), let row = rows.next() else { return nil }
    number += 1
    return OptionEntry(
      option: option, name: row[0], letter: row[1].bytes.first ?? 0, value: row[2],
      topic: OptionTopic(named: row[3]), scope: OptionScope(named: row[4]), summary: row[5])
  }

  /// Name, letter, placeholder of the value, topic, scope, summary; in the order of `Option`.
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
}

extension OptionEntry {
  /// `LASTCALL_GRACE_PERIOD`.
  public var variable: [UInt8] {
    var variable = Line(OptionTable.variablePrefix)
    for byte in name.bytes { variable.add(byte: byte == 0x2d ? 0x5f : byte & 0xdf) }
    return variable.bytes
  }
}
