// tini 0.19's command line. Its texts are its own, as far as callers and its tests read them (docs/NOTICE).

import Lifecycle

extension Parser {
  func tini(_ settings: Settings) throws(UsageError) -> Invocation {
    if count == 2 && isSame(argument(1), "--version") {
      var line = Line("tini version 0.19.0 - lastcall ")
      line.add(Help.version)
      return .answer(line, isError: false, code: 0)
    }
    settings.subreaper = isOn("TINI_SUBREAPER")
    settings.group = settings.group || isOn("TINI_KILL_PROCESS_GROUP")
    settings.verbosity = 1
    var reader = OptionReader(self, letters: "p:hvwgle:s")
    while let option = reader.next() {
      switch option.letter {
      case "h": return .answer(tiniUsage, isError: false, code: 0)
      case "l": return .answer(Line(Parser.tiniLicense), isError: false, code: 0)
      case "s": settings.subreaper = true
      case "g": settings.group = true
      case "w": settings.tellsOfOrphans = true
      case "v": settings.verbosity += 1
      case "p":
        guard let signal = Values.signal(option.value) else { return refusal(of: option) }
        settings.parentDeathSignal = signal
      case "e":
        guard let code = Values.number(option.value, most: 255) else { return refusal(of: option) }
        settings.exitCodes.add(ExitCodeRule(from: UInt8(truncatingIfNeeded: code), to: 0))
      default:
        var line = reader.complaint
        line.add("\n")
        line.add(tiniUsage)
        return .answer(line, isError: true, code: 1)
      }
    }
    if let text = variable(Line("TINI_VERBOSITY").bytes) {
      settings.verbosity = Int(Values.number(text, most: 9) ?? 0)
    }
    return try run(settings, from: reader.index, usage: tiniUsage)
  }

  private func refusal(of option: ForeignOption) -> Invocation {
    var line = Dialect.tini.prefix(level: 0, process: process)
    line.add("Not a valid option for -")
    line.add(byte: UInt8(truncatingIfNeeded: option.letter.value))
    line.add(": ")
    line.add(foreign: option.value)
    return .answer(line, isError: true, code: 1)
  }

  private var tiniUsage: Line {
    let name = Dialect.lastComponent(argument(0))
    var line = Line()
    line.add(foreign: name)
    line.add(" (tini version 0.19.0)\nUsage: ")
    line.add(foreign: name)
    line.add(
      " [OPTIONS] PROGRAM -- [ARGS] | --version\n\nExecute a program under the supervision of a valid init process (")
    line.add(foreign: name)
    line.add(
      """
      )

      Command line options:

        --version: Show version and exit.
        -h: Show this help message and exit.
        -s: Register as a process subreaper (requires Linux >= 3.4).
        -p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL".
        -v: Generate more verbose output. Repeat up to 3 times.
        -w: Print a warning when processes are getting reaped.
        -g: Send signals to the child's process group.
        -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.
        -l: Show license and exit.

      Environment variables:

        TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
        TINI_VERBOSITY: Set the verbosity level (default: 1).
        TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.

      """)
    return line
  }

  private static let tiniLicense: StaticString = """
    The MIT License (MIT)

    Copyright (c) 2015 Thomas Orozco <thomas@orozco.fr>

    Permission is hereby granted, free of charge, to any person obtaining a copy
    of this software and associated documentation files (the "Software"), to deal
    in the Software without restriction, including without limitation the rights
    to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
    copies of the Software, and to permit persons to whom the Software is
    furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in
    all copies or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
    IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
    FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
    AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
    LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
    OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
    THE SOFTWARE.
    """
}
