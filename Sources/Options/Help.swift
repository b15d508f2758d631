// Help texts: the option table, and what stands around it.

import Lifecycle

/// What `lastcall help` can tell of.
public enum HelpTopic: UInt8, CaseIterable, Sendable {
  case overview, run, stop, hook, traffic, presets, signals, exitCodes, environment

  /// Their names, in their order.
  static var names: Text { Text("overview run stop hook traffic presets signals exit-codes environment") }

  public var name: Text { HelpTopic.names.part(Int(rawValue)) }

  init?(named name: Text) {
    let place = HelpTopic.names.place(of: name)
    guard place >= 0, let topic = HelpTopic(rawValue: UInt8(truncatingIfNeeded: place)), topic.name == name else {
      return nil
    }
    self = topic
  }
}

public enum Help {
  public static let version: StaticString = "0.1.0"

  /// The page on a topic, without the end of its last line.
  @inline(never)
  public static func page(on topic: HelpTopic) -> Line {
    var page = Line()
    var text = Text(pages).part(Int(topic.rawValue), 0x7e)
    var letter = page.add(upToMark: &text)
    while letter != 0 {
      switch Unicode.Scalar(letter) {
      case "p": presets(&page)
      case "n": signals(&page)
      case "e": variables(&page)
      default:
        for entry in OptionTable() where isListed(entry, letter) { options(&page, entry) }
      }
      letter = page.add(upToMark: &text)
    }
    return page
  }

  /// Whether an option stands in the list of that letter: its topic's, `w` for the plan's in the hook, `o` for an overview.
  private static func isListed(_ entry: OptionEntry, _ letter: UInt8) -> Bool {
    switch Unicode.Scalar(letter) {
    case "o":
      switch entry.option {
      case .map, .group, .exitCode, .wait, .untilQuiet, .signal, .gracePeriod, .hold, .for, .explain, .verbose, .help,
        .version:
        return true
      default: return false
      }
    case "w": return entry.isOf(0x73) && entry.scope.covers(.hook)
    default: return entry.isOf(letter)
    }
  }

  private static func options(_ page: inout Line, _ entry: OptionEntry) {
    let start = page.beginLine()
    if entry.letter != 0 {
      page.add("-")
      page.add(byte: entry.letter)
      page.add(", ")
    }
    page.pad(to: start + 4)
    page.add("--")
    page.add(entry.name)
    page.add(" ")
    page.add(entry.value)
    page.pad(to: start + 31)
    page.add(entry.summary)
  }

  private static func presets(_ page: inout Line) {
    for row in Preset.rows {
      let preset = Preset(row: row)
      let start = page.beginLine()
      page.add("  ")
      page.add(preset.name)
      page.pad(to: start + 14)
      page.add(preset.reason)
    }
  }

  private static func signals(_ page: inout Line) {
    var start = 0
    for number in 1...31 {
      if number % 8 == 1 { start = page.beginLine() }
      page.pad(to: start + (number - 1) % 8 * 10)
      page.add(number)
      page.add(" ")
      if let signal = Signal(number) { page.add(signal) }
    }
  }

  private static func variables(_ page: inout Line) {
    for entry in OptionTable() where entry.hasVariable {
      let start = page.beginLine()
      page.add("  ")
      page.add(variableOf: entry)
      page.pad(to: start + 32)
      page.add(entry.summary)
    }
  }

  /// A page for each topic, in their order, with a `~` between. A `%` with a letter stands for lines of a table, each with
  /// the end of the line above it.
  private static let pages: StaticString = """
    lastcall runs a container's app as PID 1 and ends it without losing a request.

      lastcall [OPTIONS] [--] COMMAND [ARG...]   the ENTRYPOINT
      lastcall wait-then-signal [OPTIONS]        the preStop hook
      lastcall install DEST                      copy this program
      lastcall help TOPIC                        run stop hook traffic presets
                                                 signals exit-codes environment
      lastcall completions bash|zsh|fish         completions for a shell
    %o
    Options can also be set by the environment: LASTCALL_GRACE_PERIOD=30s.~\
    lastcall [OPTIONS] [--] COMMAND [ARG...]
    Runs COMMAND, passes every signal on to it, reaps orphans, and ends with its
    exit code.
    %r%g

    With an option of `lastcall help stop`, a stop signal starts the stop plan.~\
    The stop plan: wait, then signal, then wait for the end, under one deadline.
    A stop signal starts it, or the hook. It fits the wait, the schedule's times and
    the reserve into the grace period, and cuts the wait rather than the app's time.
    %s

    lastcall --explain OPTIONS prints the plan as a timeline.~\
    lastcall wait-then-signal [OPTIONS]
    As lifecycle.preStop.exec.command. Where PID 1 is lastcall, that carries the
    plan out.
    %w%h

    Exit: 0 the app ended, or only a wait was asked; 124 it was alive at the
    deadline; 125 bad input.~\
    --until-quiet TIME serves on until, for TIME, nothing new came on the ports
    served: no connection, nothing in an accept queue, no data on an open one.
    Answers still going out and idle keep-alives don't count.
    %t

    Beside a sidecar (Istio, Linkerd) or with hostNetwork, give the app's --port.
    UDP and Unix sockets are not seen: use --wait. Clients that keep a connection
    use it until the app closes it: --max-wait ends the wait, or --max-open does.~\
    %p~\
    A signal is a name or a number: TERM, SIGTERM, term, 15, RTMIN+3, RTMAX-1.
    RTMIN is 34, RTMAX 64.
    %n~\
      the app's own   as it gave it, unless --exit-code says otherwise
      128+n           signal n ended the app
      124             wait-then-signal: still alive at the deadline
      125             bad input, or a failure of lastcall before the app ran
      126             the command was found but could not be run
      127             the command was not found~\
    Each option has a variable; the command line wins. Set but empty is not set.
    %e
    """
}

extension Line {
  /// Ends the line before, if there is one; returns where the new one begins.
  @inline(never)
  fileprivate mutating func beginLine() -> Int {
    if !bytes.isEmpty { add(byte: 0x0a) }
    return bytes.count
  }
}
