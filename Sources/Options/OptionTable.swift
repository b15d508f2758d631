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

  func covers(_ command: OptionScope) -> Bool { self == .both || command == .both || self == command }
}

/// The part of the help in which an option stands.
public enum OptionTopic: UInt8, Equatable, Sendable {
  case run, stop, traffic, hook, general
}

/// What is to be known of an option.
public struct OptionEntry: Sendable {
  public let option: Option
  /// Without the dashes.
  public let name: StaticString
  /// The letter of the short form; 0 if there is none.
  public let letter: UInt8
  /// The placeholder of its value; empty for a flag.
  public let value: StaticString
  public let topic: OptionTopic
  public let scope: OptionScope
  /// One line for the help, at most 48 columns.
  public let summary: StaticString

  public var takesValue: Bool { value.utf8CodeUnitCount > 0 }
  /// Whether the environment can set it: all but those that stand for a command of their own.
  public var hasVariable: Bool { option != .help && option != .version }
}

public enum OptionTable {
  public static let entries: [25 of OptionEntry] = [
    entry(.map, "map", "FROM=TO", .run, .both, "pass signal FROM on as TO; TO none drops it"),
    entry(.group, "group", letter: 0x67, "", .run, .run, "signal the app's whole process group"),
    entry(.exitCode, "exit-code", "FROM=TO", .run, .run, "leave with code TO where the app gave FROM"),
    entry(.parentDeathSignal, "parent-death-signal", "SIG", .run, .run, "what comes when our own parent dies"),
    entry(.wait, "wait", "TIME", .stop, .both, "serve on this long before the app is signalled"),
    entry(.untilQuiet, "until-quiet", "TIME", .stop, .both, "then until there was no traffic for TIME"),
    entry(.maxWait, "max-wait", "TIME", .stop, .both, "but not longer (half of the time there is)"),
    entry(.signal, "signal", "SCHEDULE", .stop, .both, "QUIT, QUIT/20s/TERM/5s/KILL, or none"),
    entry(.gracePeriod, "grace-period", "TIME", .stop, .both, "the pod's terminationGracePeriodSeconds"),
    entry(.reserve, "reserve", "TIME", .stop, .both, "be done this long before its end (2s)"),
    entry(.hold, "hold", "TIME", .stop, .both, "keep the address this long after the app's end"),
    entry(.stopOn, "stop-on", "SIGNALS", .stop, .run, "what starts the stop (TERM,INT,QUIT)"),
    entry(.for, "for", "NAME", .stop, .both, "what a known server needs; see help presets"),
    entry(.port, "port", "PORTS", .traffic, .both, "count traffic on these (all listened on)"),
    entry(.ignorePeer, "ignore-peer", "CIDRS", .traffic, .both, "don't count these peers: probes, scrapers"),
    entry(.maxOpen, "max-open", "NUMBER", .traffic, .both, "connections that may go on talking (0)"),
    entry(.drain, "drain", "", .traffic, .both, "answers still going out count as traffic"),
    entry(.pid, "pid", "PID", .hook, .hook, "whom to stop where PID 1 is not lastcall (1)"),
    entry(.pidFile, "pid-file", "PATH", .hook, .hook, "the same, from a file"),
    entry(.process, "process", "NAME", .hook, .hook, "the same, by the process's name"),
    entry(.explain, "explain", "", .general, .both, "print the plan as a timeline and run nothing"),
    entry(.verbose, "verbose", letter: 0x76, "", .general, .both, "tell what happens"),
    entry(.logFormat, "log-format", "FORMAT", .general, .both, "text or json"),
    entry(.help, "help", letter: 0x68, "", .general, .both, "this help; more: lastcall help TOPIC"),
    entry(.version, "version", letter: 0x56, "", .general, .both, "the version"),
  ]

  private static func entry(
    _ option: Option, _ name: StaticString, letter: UInt8 = 0, _ value: StaticString, _ topic: OptionTopic,
    _ scope: OptionScope, _ summary: StaticString
  ) -> OptionEntry {
    OptionEntry(
      option: option, name: name, letter: letter, value: value, topic: topic, scope: scope, summary: summary)
  }

  static subscript(option: Option) -> OptionEntry { entries[Int(option.rawValue)] }
}

extension OptionTable {
  /// What the names of lastcall's variables begin with.
  public static let variablePrefix: StaticString = "LASTCALL_"
}

extension OptionEntry {
  /// `LASTCALL_GRACE_PERIOD`.
  public var variable: [UInt8] {
    var name = Line(OptionTable.variablePrefix).bytes
    for byte in Line(self.name).bytes { name.append(byte == 0x2d ? 0x5f : byte & 0xdf) }
    return name
  }
}
