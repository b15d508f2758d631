// Whom a hook alone may stop: found by pid, by file or by name, and refused where it cannot be meant.

import Lifecycle
import LinuxCalls
import Options

struct TargetFinder {
  /// Where it is said why there is no target, and what helps.
  let refusal: Report

  /// The process that `target` names, which exists, may be signalled, and is one that can be meant.
  ///
  /// It is held first and looked at then: one that still lives after the checks is the one that they were about.
  @inline(never)
  func find(_ target: Target) -> ProcessDescriptor? {
    let process: Int32
    switch target {
    case .process(let given): process = given
    case .file(let path): process = read(path.bytes)
    case .name(let name): process = find(name.bytes)
    }
    if process == 0 { return nil }
    if let descriptor = try? ProcessDescriptor(process) {
      guard canBeMeant(descriptor) else { return nil }
      if !descriptor.hasEnded { return descriptor }
    }
    refusal.add(.isGone, Int(process))
    return nil
  }

  /// One more than the kernel's PID_MAX_LIMIT.
  private static let tooMany: Int32 = 4_194_305

  /// The number in a file; 0, and refused, if there is none.
  @inline(never)
  private func read(_ path: [UInt8]) -> Int32 {
    guard let text = File.read(Path(path), atMost: 64) else { return refuse(.fileUnreadable, path) }
    var number: Int32 = 0
    for byte in text {
      if byte == 0x0a || byte == 0x20 || byte == 0x0d { break }
      let digit = byte &- 0x30
      number = digit > 9 ? TargetFinder.tooMany : min(number &* 10 &+ Int32(digit), TargetFinder.tooMany)
    }
    return number > 0 && number < TargetFinder.tooMany ? number : refuse(.fileWithoutNumber, path)
  }

  /// The one process of that name; of a family of the same name (a server and its workers) the eldest.
  @inline(never)
  private func find(_ name: [UInt8]) -> Int32 {
    guard let table = ProcessTable.all() else { return refuse(.needsProcesses, name) }
    var eldest: [ProcessEntry] = []
    for entry in table where isNamed(entry, name) {
      var hasElder = false
      for other in table where other.process == entry.parent && isNamed(other, name) { hasElder = true }
      if !hasElder { eldest.add(entry) }
    }
    if eldest.count == 1 { return eldest[0].process }
    if eldest.isEmpty { return refuse(.nobodyNamed, name) }
    _ = refuse(.manyNamed, name)
    refusal.add(eldest, atMost: 8)
    return refuse(.useNumber, name)
  }

  @inline(never)
  private func isNamed(_ entry: ProcessEntry, _ name: [UInt8]) -> Bool {
    entry.process != OurProcess.identifier && entry.name == name
  }

  @inline(never)
  private func isNamed(_ process: Int32, _ name: StaticString) -> Bool {
    ProcessTable.name(of: process) == Line(name).bytes
  }

  @inline(never)
  private func refuse(_ message: Message, _ text: [UInt8]) -> Int32 {
    refusal.add(message, 0, 0, text, .none)
    return 0
  }

  @inline(never)
  private func canBeMeant(_ held: ProcessDescriptor) -> Bool {
    let process = held.process
    var reason = Errno.none
    var message = Message.isForbidden
    if process == OurProcess.identifier {
      message = .isHook
    } else if process == 1 && isNamed(process, "pause") {
      message = .isPause
    } else if process == 1 && isNamed(2, "kthreadd") {
      // The kernel's own threads are seen from the host's PID namespace only.
      message = .isHost
    } else if isElsewhere(process) && !held.hasEnded {
      // What ends leaves its control group for the first one (version 1 of them), and is told to be gone.
      message = .isElsewhere
    } else {
      guard let refused = Processes.access(to: process), refused != .noProcess else { return true }
      reason = refused
    }
    refusal.add(message, Int(process), 0, [], reason)
    return false
  }

  /// In a PID namespace that containers share, the control group tells whose a process is.
  private func isElsewhere(_ process: Int32) -> Bool {
    guard let ours = ProcessTable.controlGroups(of: OurProcess.identifier),
      let theirs = ProcessTable.controlGroups(of: process)
    else { return false }
    return ours != theirs
  }
}
