// A file descriptor with one owner.

import CLinux
import Lifecycle

/// An open descriptor of our own: close-on-exec, never 0, 1 or 2 (those are the app's), closed with its owner.
@frozen public struct Descriptor: ~Copyable {
  /// The number, for the calls of this module.
  public let number: Int32

  /// Takes ownership of a descriptor that was opened close-on-exec. One that landed on 0 to 2, because those were
  /// closed when we started, is moved up: what the app or a hook writes to its output must never go there.
  ///
  /// - Throws: what fcntl(2) F_DUPFD_CLOEXEC says.
  public init(owning opened: Int32) throws(Errno) {
    number = try Errno.check(Descriptor.moveUp(opened))
  }

  /// The same for a number without an owner, or for what a call that failed returned.
  @inline(never)
  static func moveUp(_ opened: Int32) -> Int32 {
    guard opened >= 0 && opened <= 2 else { return opened }
    let moved = linux_duplicate_from(opened, 3)
    _ = linux_close(opened)
    return moved
  }

  // close(2) is never retried: Linux frees the number even when it is interrupted.
  deinit { _ = linux_close(number) }

  /// Gives up the ownership: the number stays open and is the caller's.
  consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// Opens `path` with `flags` (openat(2); O_CLOEXEC is added).
  public init(opening path: StaticString, flags: Int32) throws(Errno) {
    number = try Errno.check(Descriptor.open(path, flags))
  }

  /// The same without an owner. Less than 0: failed, and why.
  @inline(never)
  static func open(_ path: StaticString, _ flags: Int32) -> Int32 {
    // Safe: a StaticString ends with a NUL and lives as long as the program.
    moveUp(
      unsafe path.utf8Start.withMemoryRebound(to: CChar.self, capacity: path.utf8CodeUnitCount + 1) {
        unsafe linux_open($0, flags)
      })
  }

  /// Opens `path`, which may hold any bytes but NUL (openat(2); O_CLOEXEC is added).
  public init(opening path: Path, flags: Int32) throws(Errno) {
    self = try Descriptor(owning: unsafe path.withPointer { unsafe linux_open($0, flags) })
  }

  /// read(2) into the buffer's start, retried when interrupted. Returns the number of bytes, 0 at the end.
  public func read(into buffer: inout [UInt8]) throws(Errno) -> Int {
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe linux_read(number, bytes.baseAddress, bytes.count)
      }
      if count >= 0 { return count }
      let reason = Errno(of: count)
      guard reason == .interrupted else { throw reason }
    }
  }
}

/// A path: bytes with a NUL behind them.
public struct Path: Sendable, Equatable {
  /// Without the NUL.
  public private(set) var bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public init(_ text: Line) { bytes = text.bytes }

  /// A copy with a NUL behind it, which nobody frees.
  func copy() -> UnsafeMutablePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    // Safe: room for every byte and the NUL.
    for index in bytes.indices { unsafe copy[index] = CChar(bitPattern: bytes[index]) }
    unsafe copy[bytes.count] = 0
    return unsafe copy
  }

  func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    var terminated = bytes
    terminated.add(0)
    // Safe: the array outlives the call.
    return unsafe terminated.withUnsafeBufferPointer { bytes in
      var empty: UInt8 = 0
      return unsafe withUnsafePointer(to: &empty) { nothing in
        // Safe: CChar and UInt8 have the same layout.
        unsafe body(UnsafeRawPointer(bytes.baseAddress ?? nothing).assumingMemoryBound(to: CChar.self))
      }
    }
  }
}
