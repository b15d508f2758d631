// dumb-init 1.2.5's command line. Its texts are its own, as far as callers and its tests read them (docs/NOTICE).

import Lifecycle

extension Parser {
  func dumbInit() -> Invocation {
    settings.placement = .ownSession
    while true {
      let letter = nextOption("hvVcr:", names: "hhelp csingle-child rrewrite vverbose Vversion")
      if letter == "\0" { break }
      switch letter {
      case "h": return say(named(Parser.dumbInitHelp), code: 0)
      case "V": return say(Line("dumb-init v1.2.5"), code: 0)
      case "v": settings.verbosity = Dialect.everything
      case "c": settings.placement = .sharedGroup
      case "r": if !rewrite() { return say(Line(Parser.dumbInitRewriting), code: 1) }
      default: return say(said, code: 1)
      }
    }
    // Both variables count with these values only; every other one is as good as none.
    if variable("DUMB_INIT_DEBUG") == Text("1") {
      settings.verbosity = Dialect.everything
      settings.greeting.add("[dumb-init] Running in debug mode.")
    }
    if variable("DUMB_INIT_SETSID") == Text("0") {
      settings.placement = .sharedGroup
      if settings.verbosity > 0 {
        if !settings.greeting.bytes.isEmpty { settings.greeting.add("\n") }
        settings.greeting.add("[dumb-init] Not running in setsid mode.")
      }
    }
    if settings.placement == .ownSession {
      settings.set(.group)
      // In a session of its own nothing but STOP would stop it: it has no shell to come back from the others.
      var rules = Rules()
      rules.add(from: .terminalStop, to: .stop)
      rules.add(from: .terminalInput, to: .stop)
      rules.add(from: .terminalOutput, to: .stop)
      rules.add(settings.map)
      settings.map = rules
    }
    return run(usage: named(Parser.dumbInitUsage))
  }

  /// `15:3`, `15:0`; names too.
  private func rewrite() -> Bool {
    let left = value.head(0x3a)
    let right = value.from(left.count + 1)
    guard let from = Values.signal(left), from.number <= 31 else { return false }
    let to = Values.signal(right)
    guard let to else {
      if right.number(most: 0) == nil { return false }
      settings.map.add(from: from, to: nil)
      return true
    }
    settings.map.add(from: from, to: to)
    return to.number <= 31
  }

  private func named(_ text: StaticString) -> Line { filled(text, with: word(0)) }

  /// A text whose every `%n` is the name that we were called by.
  @inline(never)
  func filled(_ text: StaticString, with name: Text) -> Line {
    var line = Line()
    var text = Text(ended: text)
    while line.add(upToMark: &text) != 0 { line.add(foreign: name) }
    return line
  }

  private static let dumbInitRewriting: StaticString = """
    Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
    This option can be specified multiple times.
    Use --help for full usage.
    """

  private static let dumbInitUsage: StaticString = """
    Usage: %n [option] program [args]
    Try %n --help for full usage.
    """

  private static let dumbInitHelp: StaticString = """
    dumb-init v1.2.5
    Usage: %n [option] command [[arg] ...]

    dumb-init is a simple process supervisor that forwards signals to children.
    It is designed to run as PID1 in minimal container environments.

    Optional arguments:
       -c, --single-child   Run in single-child mode.
                            In this mode, signals are only proxied to the
                            direct child and not any of its descendants.
       -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.
                            To ignore (not proxy) a signal, rewrite it to 0.
                            This option can be specified multiple times.
       -v, --verbose        Print debugging information to stderr.
       -h, --help           Print this help message and exit.
       -V, --version        Print the current version and exit.

    Full help is available online at https://github.com/Yelp/dumb-init
    """
}
