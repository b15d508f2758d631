// A program that looks at the traffic of its network namespace, once for each line it reads, and tells what it found. In
// a process of its own, the looks can be measured, and be put into namespaces and sandboxes.
//
//   TrafficProbe wait-then-signal --until-quiet 2s [--port …] [--ignore-peer …] [--max-open …] [--drain]

import CLinux
import Lifecycle
import LinuxCalls
import Options

@main struct TrafficProbe {
  static func main() {
    let parser = Parser(CommandLine().words, Variables(Text("")))
    guard parser.parse() == .waitThenSignal else {
      StandardOutput.write(parser.said)
      linux_exit(125)
    }
    look(parser.settings)
  }

  private static func look(_ settings: Settings) {
    var monitor = TrafficMonitor()
    monitor.open()
    let quiet = Quiet(settings.traffic, span: settings.stopPlan.untilQuiet ?? .zero, at: Clock.now)
    StandardOutput.write(Line("ready"))
    while readLine() {
      var slices = 0
      while true {
        slices += 1
        switch monitor.look(quiet) {
        case .unfinished: continue
        case .blind: StandardOutput.write(Line("blind"))
        case .finished(let cost): report(quiet, monitor, cost: cost, slices: slices)
        }
        break
      }
    }
  }

  /// Takes one line from the standard input. False: there is no more.
  private static func readLine() -> Bool {
    var byte: UInt8 = 0
    while true {
      // Safe: the call writes one byte.
      guard unsafe linux_read(0, &byte, 1) == 1 else { return false }
      if byte == 0x0a { return true }
    }
  }

  private static func report(
    _ quiet: Quiet, _ monitor: borrowing TrafficMonitor, cost: Milliseconds, slices: Int
  ) {
    let now = Clock.now
    var line = Line()
    switch monitor.source {
    case .socketDiagnostics: line.add("source=sock_diag")
    case .procNet: line.add("source=proc")
    case .nothing: line.add("source=nothing")
    }
    add(" open=", quiet.open, &line)
    add(" arrivals=", quiet.arrivals, &line)
    add(" waiting=", quiet.waitingForAccept, &line)
    line.add(" whole=")
    line.add(quiet.isCountWhole ? "yes" : "no")
    line.add(" quiet=")
    if quiet.quietSince == .never { line.add("no") } else { line.add((now - quiet.quietSince).count) }
    line.add(" arrival=")
    if let arrival = quiet.lastArrival { line.add((now - arrival).count) } else { line.add("no") }
    line.add(" next=")
    line.add((quiet.nextLook(after: cost, at: now) - now).count)
    line.add(" cost=")
    line.add(cost.count)
    add(" slices=", slices, &line)
    for index in 0..<Quiet.mostMovers {
      let mover = quiet.mover(index)
      if mover.count == 0 { break }
      line.add(" mover=")
      line.add(mover.peer)
      add(">", mover.port, &line)
      add("*", mover.count, &line)
    }
    add(" others=", quiet.otherMovers, &line)
    StandardOutput.write(line)
  }

  private static func add(_ name: StaticString, _ number: Int, _ line: inout Line) {
    line.add(name)
    line.add(number)
  }
}
