// A process that is not our child, held so that its pid cannot come to mean another.

import CLinux
import Lifecycle

/// A process by descriptor: pidfd_open(2), Linux 5.3. Where that is missing or refused, by its pid and the time of its
/// start, which two processes of one pid do not share. A class, so that it goes from hand to hand in one register.
public final class ProcessDescriptor {
  public let process: Int32
  /// The next one, where several are held: an array would be 600 bytes of code.
  public var next: ProcessDescriptor?
  /// Nil where the kernel has none to give.
  private let number: Int32?
  /// In the kernel's ticks; nil with a descriptor, and without /proc.
  private let start: UInt64?

  /// - Throws: `noProcess` if there is none of that pid.
  public init(_ process: Int32) throws(Errno) {
    self.process = process
    number = (try? Descriptor(owning: linux_pidfd_open(process)))?.release()
    start = number == nil ? ProcessTable.start(of: process) : nil
    // To kill(2), 0 is our own group and -1 everybody.
    if number == nil && (process <= 0 || !Processes.exists(process) || start == ProcessTable.ended) { throw .noProcess }
  }

  deinit { if let number { _ = linux_close(number) } }

  /// Whether the kernel tells of the end; otherwise it can only be asked again and again.
  public var tellsEnd: Bool { number != nil }

  /// Whether it has ended. A zombie has.
  public var hasEnded: Bool { waitForEnd(until: Clock.now) }

  /// Waits for the end, at most until `deadline`; says whether it came. ppoll(2) on the descriptor; without one, by
  /// looking every 20 ms.
  public func waitForEnd(until deadline: Instant) -> Bool {
    while true {
      let left = max(.zero, deadline - Clock.now)
      if let number {
        var entry = linux_poll_entry(descriptor: number, wanted: Int16(POLLIN), found: 0)
        // Safe: one entry of our own.
        let count = unsafe linux_poll(&entry, 1, deadline == .never ? -1 : left.count)
        if count == 1 { return true }
        if count < 0 && count != -EINTR && !isStill(until: deadline) { return true }
      } else if !isStill(until: deadline) {
        return true
      }
      if Clock.now >= deadline { return false }
    }
  }

  /// Whether it is still there, and if so some time later, but not after `deadline`.
  @inline(never)
  private func isStill(until deadline: Instant) -> Bool {
    guard isSame else { return false }
    Clock.wait(until: min(deadline, Clock.now + Milliseconds(20)))
    return true
  }

  /// Without asking the descriptor: whether the process is still the one that was meant. A zombie is not: kill(2) would
  /// find it.
  private var isSame: Bool {
    guard Processes.exists(process) else { return false }
    // Where /proc cannot be read just now (EMFILE), it exists all the same.
    guard let current = ProcessTable.start(of: process) else { return true }
    return current != ProcessTable.ended && (start == nil || current == start)
  }

  /// pidfd_send_signal(2) (Linux 5.1), else kill(2): old seccomp profiles refuse the one and not the other.
  public func send(_ signal: Signal) throws(Errno) {
    if let number {
      let result = linux_pidfd_send_signal(number, Int32(signal.number), nil)
      if result == 0 { return }
      guard result != -ESRCH else { throw .noProcess }
    } else if !isSame {
      throw .noProcess
    }
    try Processes.send(signal, to: process)
  }

  /// Queues `signal` with a value: pidfd_send_signal(2), else rt_sigqueueinfo(2).
  public func queue(_ signal: Signal, value: UInt64) throws(Errno) {
    if let number {
      let result = Processes.queue(signal, value: value, to: process, descriptor: number)
      if result == 0 { return }
      guard result != -ESRCH else { throw .noProcess }
    } else if !isSame {
      throw .noProcess
    }
    try Errno.check(Processes.queue(signal, value: value, to: process))
  }
}
