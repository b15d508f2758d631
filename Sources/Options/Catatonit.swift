// catatonit 0.1.7's command line, which is podman's way to start an init.

import Lifecycle

extension Parser {
  func catatonit() -> Invocation {
    if isOn("CATATONIT_DEBUG") { settings.verbosity = Dialect.everything }
    if variable("CATATONIT_LOG") != nil {
      return say(catatonitError("CATATONIT_LOG is reserved for future use"), code: 1)
    }
    var isPause = false
    while true {
      let letter = nextOption("ghLPV", names: "Vversion")
      if letter == "\0" { break }
      switch letter {
      case "g": settings.set(.group)
      case "P": isPause = true
      case "h":
        var line = Line(Parser.catatonitUsage)
        line.add(
          """


          options:
            -g              Forward signals to the process group of the program.
            -h              Print this help.
            -L              Print the license.
            -P              Pause: run no program, reap, and leave on SIGINT or SIGTERM.
            -V, --version   Print the version.
          """)
        return say(line, code: 0)
      case "L": return say(Line("lastcall: Apache License, version 2.0"), isError: false, code: 0)
      case "V":
        // Named so for `docker info`, which knows but tini.
        var line = Line("tini version 0.1.7_catatonit - lastcall ")
        line.add(Help.version)
        return say(line, isError: false, code: 0)
      default:
        said.add("\n")
        said.add(Parser.catatonitUsage)
        return say(said, code: 1)
      }
    }
    if isPause { return .pause }
    var usage = catatonitError("missing program name\n")
    usage.add(Parser.catatonitUsage)
    return run(usage: usage)
  }

  private func catatonitError(_ text: StaticString) -> Line {
    var line = Dialect.catatonit.prefix(level: 0, process: process)
    line.add(text)
    return line
  }

  private static let catatonitUsage: StaticString = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]"
}
