// A program that makes the calls of LinuxCalls which reap, block signals or leak, and tells on its standard output what
// came of them: one scenario, named by its first word, to a process.

import CLinux
import Lifecycle
import LinuxCalls

extension CommandLine {
  fileprivate var count: Int { words.count }

  fileprivate subscript(index: Int) -> [UInt8] { Line(words[index]).bytes }

  fileprivate func variable(_ index: Int) -> [UInt8]? { variables.value(words[index]).map { Line($0).bytes } }
}

@main struct CallsProbe {
  static func main() {
    let words = CommandLine()
    let scenario = words[1]
    if isSame(scenario, "words") { tellWords(words) }
    if isSame(scenario, "start") { Starting.run(words) }
    if isSame(scenario, "queue") { Queueing.run(words) }
    if isSame(scenario, "restore") { Queueing.restore() }
    if isSame(scenario, "stop") { stop() }
    if isSame(scenario, "errors") { writeErrors() }
    if isSame(scenario, "close") { closeInherited(words) }
    if isSame(scenario, "descriptor") { openDescriptor() }
    if isSame(scenario, "fill") { File.fill("message", with: words[2]) }
    if isSame(scenario, "hold") { Holding.run(words) }
    if isSame(scenario, "terminal") { tellTerminal() }
    if isSame(scenario, "death") { die(words) }
    linux_exit(0)
  }

  /// Every argument, and the variable that each of them names.
  private static func tellWords(_ words: CommandLine) {
    say("count", words.count)
    for index in 0..<words.count {
      var line = Line("argument '")
      line.add(foreign: words[index])
      line.add("'")
      if let value = words.variable(index) {
        line.add(" is '")
        line.add(foreign: value)
        line.add("'")
      }
      StandardOutput.write(line)
    }
    if words[-1].isEmpty && words[words.count].isEmpty { StandardOutput.write(Line("nothing beyond")) }
  }

  /// Stops as Ctrl-Z would.
  private static func stop() {
    _ = SignalQueue.open()
    StandardOutput.write(Line("ready"))
    OurProcess.stopWithGroup()
    StandardOutput.write(Line("continued"))
    tellPending()
  }

  /// Which signals are left in the queue.
  static func tellPending() {
    var line = Line("pending")
    while let received = SignalQueue.next(until: Clock.now) {
      line.add(" ")
      line.add(received.signal)
    }
    StandardOutput.write(line)
  }

  /// Each line of the standard input, as a line of the standard error.
  private static func writeErrors() {
    guard let inherited = SignalQueue.open() else { return }
    while let text = readLine() {
      var line = Line()
      for byte in text { line.add(byte: byte) }
      StandardOutput.write(Line(StandardError.write(line) ? "written" : "lost"))
    }
    tellPending()
    SignalQueue.restore(inherited)
  }

  /// Closes what it inherited but the descriptor of its second word, if there is one.
  private static func closeInherited(_ words: CommandLine) {
    OurProcess.closeInherited(except: number(words[2]))
    var line = Line("open")
    for descriptor in Int32(0)..<200 {
      var entry = linux_poll_entry(descriptor: descriptor, wanted: 0, found: 0)
      // Safe: one entry of our own.
      guard unsafe linux_poll(&entry, 1, 0) >= 0, entry.found & Int16(POLLNVAL) == 0 else { continue }
      line.add(" ")
      line.add(Int(descriptor))
    }
    StandardOutput.write(line)
  }

  /// Opens one where the standard ones may be closed; told on the standard error.
  private static func openDescriptor() {
    do throws(Errno) {
      let first = try Descriptor(opening: "/dev/null", flags: O_RDONLY)
      let second = try Descriptor(opening: Path(Line("/dev/null")), flags: O_WRONLY)
      var line = Line("descriptors ")
      line.add(Int(first.number))
      line.add(" ")
      line.add(Int(second.number))
      line.add(linux_duplicate_from(0, 3) < 0 ? ", 0 is closed" : ", 0 is open")
      StandardError.write(line)
    } catch {
      StandardError.write(error.text)
    }
  }

  private static func tellTerminal() {
    _ = SignalQueue.open()
    guard let terminal = Terminal.controlling() else {
      StandardOutput.write(Line("no terminal"))
      return
    }
    say("keep", Int(terminal.descriptorToKeep ?? -1))
    StandardOutput.write(Line(terminal.isOurs ? "ours" : "another's"))
    StandardOutput.write(Line(terminal.setForeground(group: linux_group()) ? "taken" : "not taken"))
    StandardOutput.write(Line(terminal.isOurs ? "ours" : "another's"))
    StandardOutput.write(Line(OurProcess.leadsSession ? "leads its session" : "leads no session"))
    StandardOutput.write(Line(terminal.giveUp() ? "given up, and hung up" : "given up, or not"))
    tellPending()
  }

  /// Asks for a signal at its parent's death, or learns that this was before.
  private static func die(_ words: CommandLine) {
    _ = SignalQueue.open()
    if OurProcess.setParentDeathSignal(.user1, parent: number(words[2]) ?? OurProcess.parent) {
      return StandardOutput.write(Line("the parent is gone"))
    }
    StandardOutput.write(Line("ready"))
    guard let received = SignalQueue.next(until: .never) else { return }
    var line = Line("came ")
    line.add(received.signal)
    StandardOutput.write(line)
  }
}

/// `start PLACEMENT COMMAND…`: starts it, and tells what becomes of it and of every orphan.
enum Starting {
  static func run(_ words: CommandLine) {
    if isSame(words[2], "ignoring") { _ = linux_set_handler(SIGCHLD, 1) }
    guard let inherited = SignalQueue.open() else { return }
    var launch = Launch(inherited: inherited)
    if isSame(words[2], "shared") { launch.placement = .sharedGroup }
    if isSame(words[2], "session") { launch.placement = .ownSession }
    if isSame(words[2], "terminal") { launch.terminal = Terminal.controlling() }
    if isSame(words[2], "elsewhere") { launch.directory = OurProcess.leaveDirectory() }
    if isSame(words[2], "death") { launch.parentDeathSignal = .kill }
    if isSame(words[2], "subreaper") {
      do throws(Errno) {
        try Reaper.becomeSubreaper()
      } catch {
        StandardOutput.write(error.text)
      }
    }
    do throws(LaunchFailure) {
      let app = try words.program(at: 3).start(launch)
      follow(app)
    } catch {
      tell(error)
    }
    if let terminal = launch.terminal { StandardOutput.write(Line(terminal.isOurs ? "ours" : "another's")) }
    // Only so can the reader see the end of the output that the app shares.
    linux_exit(0)
  }

  private static func follow(_ app: Int32) {
    say("app", Int(app))
    while true {
      let change = Reaper.next()
      if change.process < 0 { return StandardOutput.write(Line("none left")) }
      if change.process == 0 {
        _ = SignalQueue.next(in: SignalSet(.child), until: .never)
      } else if let signal = change.stoppedBy {
        var line = Line(change.process == app ? "app stopped by " : "orphan stopped by ")
        line.add(signal)
        StandardOutput.write(line)
        _ = linux_kill(change.process, SIGCONT)
      } else {
        var line = Line(change.process == app ? "app " : "orphan ")
        line.add(change.end)
        StandardOutput.write(line)
      }
    }
  }

  private static func tell(_ failure: LaunchFailure) {
    var line = Line()
    switch failure {
    case .noProcess(let reason):
      line.add("no process: ")
      line.add(reason.text)
    case .notFound(let reason):
      line.add("not found: ")
      line.add(reason.text)
    case .notRunnable(let reason):
      line.add("not runnable: ")
      line.add(reason.text)
    case .noInterpreter: line.add("no interpreter")
    }
    StandardOutput.write(line)
  }
}

/// `queue`: every signal that comes, until one that asks for the end. `queue CHLD`: only of that set.
enum Queueing {
  static func run(_ words: CommandLine) {
    guard let inherited = SignalQueue.open() else { return }
    StandardOutput.write(Line(inherited.ignoresChildren ? "ready, ignoring CHLD" : "ready"))
    while true {
      guard let received = SignalQueue.next(until: .never) else {
        StandardOutput.write(Line("interrupted"))
        continue
      }
      var line = Line()
      line.add(received.signal)
      line.add(
        received.sender == OurProcess.parent
          ? " from the test" : received.sender == 0 ? " from nobody" : " from another")
      if received.user == linux_getuid() { line.add(" as this user") }
      if received.isOurOwn { line.add(", our own") }
      if received.isFromKernel { line.add(", of the kernel") }
      if let value = received.value {
        line.add(", value ")
        line.add(Int(truncatingIfNeeded: value))
      }
      StandardOutput.write(line)
      if received.signal == .terminate { return }
      // One of our own, by kill(2).
      if received.signal == .hangUp { _ = linux_kill(linux_getpid(), SIGUSR2) }
    }
  }

  /// Gives the mask back at the first line of input: what waited acts then.
  static func restore() {
    guard let inherited = SignalQueue.open() else { return }
    StandardOutput.write(Line("ready"))
    _ = readLine()
    SignalQueue.restore(inherited)
    StandardOutput.write(Line("restored"))
    _ = readLine()
    StandardOutput.write(Line("alive"))
  }
}

/// `hold PID`: holds the process, and does with it what each line of input says. `hold PID scarce`: with no descriptor left
/// to do it by.
enum Holding {
  static func run(_ words: CommandLine) {
    if isSame(words[3], "scarce") { while linux_duplicate_from(0, 3) >= 0 {} }
    do throws(Errno) {
      let process = try ProcessDescriptor(number(words[2]) ?? 0)
      StandardOutput.write(Line(process.tellsEnd ? "held by descriptor" : "held by pid"))
      while let order = readLine() { obey(order, process) }
    } catch {
      StandardOutput.write(error.text)
    }
  }

  private static func obey(_ order: [UInt8], _ process: ProcessDescriptor) {
    do throws(Errno) {
      if isSame(order, "look") {
        StandardOutput.write(Line(process.hasEnded ? "ended" : "alive"))
      } else if isSame(order, "wait") {
        StandardOutput.write(Line(process.waitForEnd(until: .never) ? "ended" : "alive"))
      } else if isSame(order, "wait a little") {
        let start = Clock.now
        let hasEnded = process.waitForEnd(until: start + Milliseconds(30))
        let isEarly = !hasEnded && Clock.now < start + Milliseconds(30)
        StandardOutput.write(Line(hasEnded ? "ended" : isEarly ? "too early" : "alive"))
      } else if isSame(order, "signal") {
        try process.send(.user1)
        StandardOutput.write(Line("sent"))
      } else {
        try process.queue(.user2, value: 77)
        StandardOutput.write(Line("queued"))
      }
    } catch {
      StandardOutput.write(error.text)
    }
  }
}

func isSame(_ word: [UInt8], _ text: StaticString) -> Bool { Line(text).bytes == word }

func say(_ what: StaticString, _ number: Int) {
  var line = Line(what)
  line.add(" ")
  line.add(number)
  StandardOutput.write(line)
}

func number(_ text: [UInt8]) -> Int32? {
  guard !text.isEmpty else { return nil }
  var value: Int32 = 0
  var isNegative = false
  for byte in text {
    if byte == 0x2d { isNegative = true }
    if byte >= 0x30 && byte <= 0x39 { value = value &* 10 &+ Int32(byte - 0x30) }
  }
  return isNegative ? 0 &- value : value
}

/// One line of the standard input; nil at its end.
func readLine() -> [UInt8]? {
  var line: [UInt8] = []
  var byte: UInt8 = 0
  // Safe: the call writes one byte.
  while unsafe linux_read(0, &byte, 1) == 1 {
    if byte == 0x0a { return line }
    line.append(byte)
  }
  return nil
}
