// Whom a hook alone may stop: found by pid, by file or by name, and refused where it cannot be meant.

import Lifecycle
import LinuxCalls
import Options

/// Why there is no target, and what helps.
struct TargetRefusal: Error {
  let line: Line

  init(_ text: StaticString) { line = Line(text) }

  init(_ line: Line) { self.line = line }
}

enum TargetFinder {
  /// The process that `target` names, which exists, may be signalled, and is one that can be meant.
  ///
  /// It is held first and looked at then: one that still lives after the checks is the one that they were about.
  static func find(_ target: Target) throws(TargetRefusal) -> ProcessDescriptor {
    let process: Int32
    switch target {
    case .process(let given): process = given
    case .file(let path): process = try read(path)
    case .name(let name): process = try find(name)
    }
    guard let held = try? ProcessDescriptor(process) else { throw isGone(process) }
    try check(process)
    guard !held.hasEnded else { throw isGone(process) }
    return held
  }

  private static func isGone(_ process: Int32) -> TargetRefusal {
    TargetRefusal(line(process, " is not there; accepted: the number of a running process"))
  }

  private static func read(_ path: [UInt8]) throws(TargetRefusal) -> Int32 {
    var line = Line("--pid-file ")
    line.add(foreign: path)
    guard let text = File.read(Path(path), atMost: 64) else {
      line.add(" cannot be read; accepted: a file that holds the app's process number")
      throw TargetRefusal(line)
    }
    var digits: [UInt8] = []
    for byte in text {
      if byte == 0x0a || byte == 0x20 || byte == 0x0d { break }
      digits.add(byte)
    }
    guard let number = Values.number(digits, most: 4_194_304), number > 0 else {
      line.add(" holds no process number")
      throw TargetRefusal(line)
    }
    return Int32(number)
  }

  /// The one process of that name; of a family of the same name (a server and its workers) the eldest.
  private static func find(_ name: [UInt8]) throws(TargetRefusal) -> Int32 {
    guard let table = ProcessTable.all() else {
      throw TargetRefusal("--process needs /proc, which is not there; use --pid")
    }
    var named: [ProcessEntry] = []
    for entry in table where entry.name == name && entry.process != OurProcess.identifier { named.add(entry) }
    var eldest: [ProcessEntry] = []
    for entry in named {
      var hasElder = false
      for other in named where other.process == entry.parent { hasElder = true }
      if !hasElder { eldest.add(entry) }
    }
    if eldest.count == 1 { return eldest[0].process }
    var line = Line("--process ")
    line.add(foreign: name)
    if eldest.isEmpty {
      line.add(": no process has that name")
    } else {
      line.add(": more than one has that name: ")
      line.add(eldest, atMost: 8)
      line.add("; use --pid or --pid-file")
    }
    throw TargetRefusal(line)
  }

  private static func check(_ process: Int32) throws(TargetRefusal) {
    if process == OurProcess.identifier {
      throw TargetRefusal("the hook itself cannot be what it stops; give the app's --pid")
    }
    let name = ProcessTable.name(of: process) ?? []
    if process == 1 && name == Line("pause").bytes {
      throw TargetRefusal(
        "PID 1 is the pod's pause process (shareProcessNamespace); name the app by --process or --pid-file")
    }
    // The kernel's own threads are seen from the host's PID namespace only.
    if process == 1 && ProcessTable.name(of: 2) == Line("kthreadd").bytes {
      throw TargetRefusal("PID 1 is the host's init (hostPID); name the app by --process or --pid-file")
    }
    try checkContainer(process)
    guard let reason = Processes.access(to: process), reason != .noProcess else { return }
    var line = line(process, ": ")
    line.add(reason.text)
    line.add("; run the hook as the same user as the app")
    throw TargetRefusal(line)
  }

  /// In a PID namespace that containers share, the control group tells whose a process is.
  private static func checkContainer(_ process: Int32) throws(TargetRefusal) {
    guard let ours = ProcessTable.controlGroups(of: OurProcess.identifier),
      let theirs = ProcessTable.controlGroups(of: process), ours != theirs
    else { return }
    throw TargetRefusal(line(process, " belongs to another container (its control group is not ours)"))
  }

  private static func line(_ process: Int32, _ text: StaticString) -> Line {
    var line = Line("process ")
    line.add(Int(process))
    line.add(text)
    return line
  }
}
