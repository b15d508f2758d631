// dumb-init 1.2.5's command line. Its texts are its own, as far as callers and its tests read them (docs/NOTICE).

import Lifecycle

extension Parser {
  func dumbInit(_ settings: Settings) throws(UsageError) -> Invocation {
    settings.placement = .ownSession
    var reader = OptionReader(
      self, letters: "hvVcr:", names: "hhelp csingle-child rrewrite vverbose Vversion ")
    while let option = reader.next() {
      switch option.letter {
      case "h": return .answer(dumbInitHelp, isError: true, code: 0)
      case "V": return .answer(Line("dumb-init v1.2.5"), isError: true, code: 0)
      case "v": settings.verbosity = Dialect.everything
      case "c": settings.placement = .sharedGroup
      case "r":
        guard let rule = rewriting(option.value) else {
          return .answer(
            Line(
              """
              Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
              This option can be specified multiple times.
              Use --help for full usage.
              """), isError: true, code: 1)
        }
        settings.map.add(rule)
      default: return .answer(reader.complaint, isError: true, code: 1)
      }
    }
    // Both variables count with these values only; every other one is as good as none.
    if isVariable("DUMB_INIT_DEBUG", 0x31) {
      settings.verbosity = Dialect.everything
      settings.greeting.add("[dumb-init] Running in debug mode.")
    }
    if isVariable("DUMB_INIT_SETSID", 0x30) {
      settings.placement = .sharedGroup
      if settings.verbosity > 0 {
        if !settings.greeting.bytes.isEmpty { settings.greeting.add("\n") }
        settings.greeting.add("[dumb-init] Not running in setsid mode.")
      }
    }
    if settings.placement == .ownSession {
      settings.group = true
      // In a session of its own nothing but STOP would stop it: it has no shell to come back from the others.
      let stops = Values.signalRules(Line("TSTP=STOP,TTIN=STOP,TTOU=STOP").bytes)
      if let stops { settings.map = stops + settings.map }
    }
    return try run(settings, from: reader.index, usage: dumbInitUsage)
  }

  /// `15:3`, `15:0`; names too.
  private func rewriting(_ text: [UInt8]) -> SignalRule? {
    let parts = Values.split(text, at: 0x3a)
    guard parts.count == 2, let from = Values.signal(parts[0]), from.number <= 31 else { return nil }
    if let number = Values.number(parts[1], most: 31), number == 0 { return SignalRule(from: from, to: nil) }
    guard let to = Values.signal(parts[1]), to.number <= 31 else { return nil }
    return SignalRule(from: from, to: to)
  }

  private func isVariable(_ name: StaticString, _ value: UInt8) -> Bool {
    guard let text = variable(Line(name).bytes) else { return false }
    return text.count == 1 && text[0] == value
  }

  private var dumbInitUsage: Line {
    var line = Line("Usage: ")
    line.add(foreign: argument(0))
    line.add(" [option] program [args]\nTry ")
    line.add(foreign: argument(0))
    line.add(" --help for full usage.")
    return line
  }

  private var dumbInitHelp: Line {
    var line = Line("dumb-init v1.2.5\nUsage: ")
    line.add(foreign: argument(0))
    line.add(
      """
       [option] command [[arg] ...]

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
      """)
    return line
  }
}
