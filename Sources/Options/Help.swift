// Help texts: the option table, and what stands around it.

import Lifecycle

/// What `lastcall help` can tell of.
public enum HelpTopic: Equatable, CaseIterable, Sendable {
  case overview, run, stop, hook, traffic, presets, signals, exitCodes, environment

  public var name: StaticString {
    switch self {
    case .overview: "overview"
    case .run: "run"
    case .stop: "stop"
    case .hook: "hook"
    case .traffic: "traffic"
    case .presets: "presets"
    case .signals: "signals"
    case .exitCodes: "exit-codes"
    case .environment: "environment"
    }
  }
}

public enum Help {
  public static let version: StaticString = "0.1.0"

  /// The lines of a topic.
  @inline(never)
  public static func lines(of topic: HelpTopic) -> [Line] {
    var page = Page()
    switch topic {
    case .overview: overview(&page)
    case .run: run(&page)
    case .stop: stop(&page)
    case .hook: hook(&page)
    case .traffic: traffic(&page)
    case .presets: presets(&page)
    case .signals: signals(&page)
    case .exitCodes: exitCodes(&page)
    case .environment: environment(&page)
    }
    return page.lines
  }

  @inline(never)
  private static func overview(_ page: inout Page) {
    page.say("lastcall runs a container's app as PID 1 and ends it without losing a request.")
    page.say("")
    page.say("  lastcall [OPTIONS] [--] COMMAND [ARG...]   the ENTRYPOINT")
    page.say("  lastcall wait-then-signal [OPTIONS]        the preStop hook")
    page.say("  lastcall install DEST                      copy this program")
    page.say("  lastcall help TOPIC                        run stop hook traffic presets")
    page.say("                                             signals exit-codes environment")
    page.say("  lastcall completions bash|zsh|fish         completions for a shell")
    page.say("")
    page.options([.map, .group, .exitCode, .wait, .untilQuiet, .signal, .gracePeriod, .hold, .for])
    page.options([.explain, .verbose, .help, .version])
    page.say("Options can also be set by the environment: LASTCALL_GRACE_PERIOD=30s.")
  }

  @inline(never)
  private static func run(_ page: inout Page) {
    page.say("lastcall [OPTIONS] [--] COMMAND [ARG...]")
    page.say("Runs COMMAND, passes every signal on to it, reaps orphans, and ends with its")
    page.say("exit code.")
    page.say("")
    page.options(in: .run)
    page.options(in: .general)
    page.say("")
    page.say("With an option of `lastcall help stop`, a stop signal starts the stop plan.")
  }

  @inline(never)
  private static func stop(_ page: inout Page) {
    page.say("The stop plan: wait, then signal, then wait for the end, under one deadline.")
    page.say("A stop signal starts it, or the hook. It fits the wait, the schedule's times and")
    page.say("the reserve into the grace period, and cuts the wait rather than the app's time.")
    page.say("")
    page.options(in: .stop)
    page.say("")
    page.say("lastcall --explain OPTIONS prints the plan as a timeline.")
  }

  @inline(never)
  private static func hook(_ page: inout Page) {
    page.say("lastcall wait-then-signal [OPTIONS]")
    page.say("As lifecycle.preStop.exec.command. Where PID 1 is lastcall, that carries the")
    page.say("plan out.")
    page.say("")
    page.options(in: .stop, scope: .hook)
    page.options(in: .hook)
    page.say("")
    page.say("Exit: 0 the app ended, or only a wait was asked; 124 it was alive at the")
    page.say("deadline; 125 bad input.")
  }

  @inline(never)
  private static func traffic(_ page: inout Page) {
    page.say("--until-quiet TIME serves on until, for TIME, nothing new came on the ports")
    page.say("served: no connection, nothing in an accept queue, no data on an open one.")
    page.say("Answers still going out and idle keep-alives don't count.")
    page.say("")
    page.options(in: .traffic)
    page.say("")
    page.say("Beside a sidecar (Istio, Linkerd) or with hostNetwork, give the app's --port.")
    page.say("UDP and Unix sockets are not seen: use --wait. Clients that keep a connection")
    page.say("use it until the app closes it: --max-wait ends the wait, or --max-open does.")
  }

  @inline(never)
  private static func presets(_ page: inout Page) {
    for preset in Preset.all {
      var line = Line("  ")
      line.add(preset.name)
      line.pad(to: 14)
      line.add(preset.reason)
      page.add(line)
    }
  }

  @inline(never)
  private static func signals(_ page: inout Page) {
    page.say("A signal is a name or a number: TERM, SIGTERM, term, 15, RTMIN+3, RTMAX-1.")
    page.say("RTMIN is 34, RTMAX 64.")
    page.say("")
    var line = Line()
    for number in 1...31 {
      if number % 8 == 1 && number > 1 {
        page.add(line)
        line = Line()
      }
      guard let signal = Signal(number) else { continue }
      line.pad(to: (number - 1) % 8 * 10)
      line.add(number)
      line.add(" ")
      line.add(signal)
    }
    page.add(line)
  }

  @inline(never)
  private static func exitCodes(_ page: inout Page) {
    page.say("  the app's own   as it gave it, unless --exit-code says otherwise")
    page.say("  128+n           signal n ended the app")
    page.say("  124             wait-then-signal: still alive at the deadline")
    page.say("  125             bad input, or a failure of lastcall before the app ran")
    page.say("  126             the command was found but could not be run")
    page.say("  127             the command was not found")
  }

  @inline(never)
  private static func environment(_ page: inout Page) {
    page.say("Each option has a variable; the command line wins. Set but empty is not set.")
    page.say("")
    for entry in OptionTable() where entry.hasVariable {
      var line = Line("  ")
      line.add(foreign: entry.variable)
      line.pad(to: 32)
      line.add(entry.summary)
      page.add(line)
    }
  }
}

/// Lines being collected.
private struct Page {
  var lines: [Line] = []

  mutating func say(_ text: StaticString) { lines.add(Line(text)) }
  mutating func add(_ line: Line) { lines.add(line) }

  @inline(never)
  mutating func options(_ options: [Option]) {
    for entry in OptionTable() where options.contains(entry.option) { add(row(entry)) }
  }

  @inline(never)
  mutating func options(in topic: OptionTopic, scope: OptionScope = .both) {
    for entry in OptionTable() where entry.topic == topic && entry.scope.covers(scope) { add(row(entry)) }
  }

  @inline(never)
  private func row(_ entry: OptionEntry) -> Line {
    var line = Line()
    if entry.letter != 0 {
      line.add("-")
      line.add(byte: entry.letter)
      line.add(", ")
    }
    line.pad(to: 4)
    line.add("--")
    line.add(entry.name)
    if entry.takesValue {
      line.add(" ")
      line.add(entry.value)
    }
    line.pad(to: 31)
    line.add(entry.summary)
    return line
  }
}
