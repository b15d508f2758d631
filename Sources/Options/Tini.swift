// tini 0.19's command line. Its texts are its own, as far as callers and its tests read them (docs/NOTICE).

import Lifecycle

extension Parser {
  func tini() -> Invocation {
    if words.count == 2 && word(1) == "--version" {
      var line = Line("tini version 0.19.0 - lastcall ")
      line.add(Help.version)
      return say(line, isError: false, code: 0)
    }
    settings.subreaper = isOn("TINI_SUBREAPER")
    if isOn("TINI_KILL_PROCESS_GROUP") { settings.set(.group) }
    settings.verbosity = 1
    while true {
      let letter = nextOption("p:hvwgle:s")
      if letter == "\0" { break }
      switch letter {
      case "h": return say(tiniUsage(), isError: false, code: 0)
      case "l": return say(Line(Parser.tiniLicense), isError: false, code: 0)
      case "s": settings.subreaper = true
      case "g": settings.set(.group)
      case "w": settings.tellsOfOrphans = true
      case "v": settings.verbosity += 1
      case "p":
        guard let signal = Values.signal(value) else { return refusal(of: letter) }
        settings.parentDeathSignal = signal
      case "e":
        guard let code = value.number(most: 255) else { return refusal(of: letter) }
        settings.exitCodes.add(from: UInt8(truncatingIfNeeded: code), to: 0)
      default:
        said.add("\n")
        said.add(tiniUsage())
        return say(said, code: 1)
      }
    }
    if let text = variable("TINI_VERBOSITY") {
      settings.verbosity = Int(text.number(most: 9) ?? 0)
    }
    return run(usage: tiniUsage())
  }

  @inline(never)
  private func refusal(of letter: Unicode.Scalar) -> Invocation {
    var line = Dialect.tini.prefix(level: 0, process: process)
    line.add("Not a valid option for -")
    line.add(byte: UInt8(truncatingIfNeeded: letter.value))
    line.add(": ")
    line.add(foreign: value)
    return say(line, code: 1)
  }

  private func tiniUsage() -> Line { filled(Parser.tiniUsage, with: word(0).lastComponent) }

  /// `%n` is the name that it was called by.
  private static let tiniUsage: StaticString = """
    %n (tini version 0.19.0)
    Usage: %n [OPTIONS] PROGRAM -- [ARGS] | --version

    Execute a program under the supervision of a valid init process (%n)

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

    """

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
