// catatonit 0.1.7's command line, which is podman's way to start an init.

import Lifecycle

extension Parser {
  func catatonit(_ settings: Settings) throws(UsageError) -> Invocation {
    if isOn("CATATONIT_DEBUG") { settings.verbosity = Dialect.everything }
    if variable(Line("CATATONIT_LOG").bytes) != nil {
      return .answer(catatonitError("CATATONIT_LOG is reserved for future use"), isError: true, code: 1)
    }
    var isPause = false
    var reader = OptionReader(self, letters: "ghLPV", names: "Vversion ")
    while let option = reader.next() {
      switch option.letter {
      case "g": settings.group = true
      case "P": isPause = true
      case "h":
        var line = catatonitUsage
        line.add(
          """


          options:
            -g              Forward signals to the process group of the program.
            -h              Print this help.
            -L              Print the license.
            -P              Pause: run no program, reap, and leave on SIGINT or SIGTERM.
            -V, --version   Print the version.
          """)
        return .answer(line, isError: true, code: 0)
      case "L": return .answer(Line("lastcall: Apache License, version 2.0"), isError: false, code: 0)
      case "V":
        // Named so for `docker info`, which knows but tini.
        var line = Line("tini version 0.1.7_catatonit - lastcall ")
        line.add(Help.version)
        return .answer(line, isError: false, code: 0)
      default:
        var line = reader.complaint
        line.add("\n")
        line.add(catatonitUsage)
        return .answer(line, isError: true, code: 1)
      }
    }
    if isPause { return .pause }
    var usage = catatonitError("missing program name\n")
    usage.add(catatonitUsage)
    return try run(settings, from: reader.index, usage: usage)
  }

  private func catatonitError(_ text: StaticString) -> Line {
    var line = Dialect.catatonit.prefix(level: 0, process: process)
    line.add(text)
    return line
  }

  private var catatonitUsage: Line { Line("usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]") }
}
