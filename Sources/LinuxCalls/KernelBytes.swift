// Bytes that the kernel hands out, and those that it is handed.

import CLinux
import Lifecycle

/// A view of bytes in memory that somebody else owns and keeps as long as the view is used. Numbers are in the byte order of
/// this machine's kernel: all that we build for are little-endian.
///
/// Safe: who makes a view says how long it is; who reads has compared with `count` before. The builds that are tested and
/// fuzzed look again.
@safe struct KernelBytes {
  private let start: UnsafeMutableRawPointer
  let count: Int

  @unsafe init(_ start: UnsafeMutableRawPointer, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  /// Memory of its own, for `giveBack`. Nil: there is none (mmap(2)).
  static func make(_ count: Int) -> KernelBytes? {
    guard let memory = unsafe linux_map(count) else { return nil }
    return unsafe KernelBytes(memory, count: count)
  }

  func giveBack() { _ = unsafe linux_munmap(start, count) }

  /// The part from `first` up to `end`.
  func part(from first: Int, to end: Int) -> KernelBytes {
    assert(first >= 0 && first <= end && end <= count)
    return unsafe KernelBytes(start + first, count: end &- first)
  }

  private func load<Number: BitwiseCopyable>(_ offset: Int) -> Number {
    assert(offset >= 0 && offset <= count - MemoryLayout<Number>.size)
    return unsafe start.loadUnaligned(fromByteOffset: offset, as: Number.self)
  }

  func one(_ offset: Int) -> UInt8 { load(offset) }
  func two(_ offset: Int) -> UInt16 { load(offset) }
  func four(_ offset: Int) -> UInt32 { load(offset) }
  func eight(_ offset: Int) -> UInt64 { load(offset) }

  /// Writes a number.
  func store<Number: BitwiseCopyable>(_ number: Number, at offset: Int) {
    assert(offset >= 0 && offset <= count - MemoryLayout<Number>.size)
    unsafe start.storeBytes(of: number, toByteOffset: offset, as: Number.self)
  }

  /// Moves the bytes from `first` on to the start.
  func move(from first: Int, to end: Int) {
    assert(first >= 0 && first <= end && end <= count)
    unsafe start.copyMemory(from: start + first, byteCount: end &- first)
  }

  // MARK: Calls

  /// read(2), behind the bytes that are there already. Less than 0: failed, and why.
  func read(_ descriptor: Int32, behind first: Int) -> Int {
    unsafe linux_read(descriptor, start + first, count &- first)
  }

  /// pread(2), from `offset` of the file on.
  func read(_ descriptor: Int32, from offset: Int) -> Int {
    unsafe linux_pread(descriptor, start, count, Int64(offset))
  }

  /// recvfrom(2), without waiting. The length of the whole message, also where that is longer. Less than 0: failed, and why.
  func receive(_ socket: Int32) -> Int { unsafe linux_receive_now(socket, start, count) }

  /// sendto(2) of the first bytes, without waiting. Less than 0: failed, and why.
  func send(_ length: Int, to socket: Int32) -> Int { unsafe linux_send_now(socket, start, length) }
}
