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
    moveUp(unsafe linux_open(path.utf8Start, flags))
  }

  /// The same for a path that may hold any bytes but NUL.
  @inline(never)
  static func open(_ path: Path, _ flags: Int32) -> Int32 { moveUp(unsafe linux_open(path.terminated, flags)) }

  /// Opens `path`, which may hold any bytes but NUL (openat(2); O_CLOEXEC is added).
  public init(opening path: Path, flags: Int32) throws(Errno) {
    number = try Errno.check(Descriptor.open(path, flags))
  }
}

/// A path: bytes with a NUL behind them.
public struct Path: Sendable, Equatable {
  let terminated: [UInt8]

  /// Without the NUL.
  public var bytes: [UInt8] { Array(terminated.dropLast()) }

  public init(_ bytes: [UInt8]) { terminated = bytes + [0] }

  public init(_ text: Line) {
    var text = text
    text.add(byte: 0)
    terminated = text.bytes
  }
}

extension Line {
  /// Without the NUL.
  init(_ path: Path) {
    self.init()
    for index in 0..<path.terminated.count &- 1 { add(byte: path.terminated[index]) }
  }
}
