// Small files, whole.

import CLinux
import Lifecycle

/// The container's log: what PID 1 writes to its standard error.
public enum ContainerLog {
  /// A descriptor of it for another process of the container; nil if that is not permitted, or if our own standard error is
  /// the same file. Opened anew, it may be nonblocking without changing PID 1's.
  public static func open() -> Int32? {
    var theirs = linux_status()
    var ours = linux_status()
    // Safe: the calls write one status each.
    guard unsafe linux_status("/proc/1/fd/2", &theirs) == 0 else { return nil }
    if unsafe linux_status_of(2, &ours) == 0, ours.inode == theirs.inode, ours.device == theirs.device { return nil }
    let log = Descriptor.open("/proc/1/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND)
    return log >= 0 ? log : nil
  }
}

public enum File {
  /// Bytes of one call, `linux_place_size` of them.
  @inline(never)
  static var place: UnsafeMutablePointer<UInt8> { unsafe linux_place() }

  /// As many more, for a hook's words.
  static var secondPlace: UnsafeMutablePointer<UInt8> { unsafe place + Int(linux_place_size) }

  /// Behind both, `linux_entries_size` bytes for a folder's entries.
  static var entriesPlace: UnsafeMutablePointer<UInt8> { unsafe place + 2 * Int(linux_place_size) }

  /// The bytes of a file, at most so many; nil if it cannot be read.
  public static func read(_ path: Path, atMost limit: Int) -> [UInt8]? {
    guard let count = load(path, atMost: limit) else { return nil }
    // Safe: so many were read.
    return unsafe [UInt8](UnsafeRawBufferPointer(start: place, count: count))
  }

  /// Reads a file into the place; says how many bytes there are, at most so many as it holds. Nil if it cannot be read.
  @inline(never)
  static func load(_ path: Path, atMost limit: Int = Int(linux_place_size)) -> Int? {
    let file = Descriptor.open(path, O_RDONLY)
    guard file >= 0 else { return nil }
    defer { _ = linux_close(file) }
    let limit = min(limit, Int(linux_place_size))
    var count = 0
    while count < limit {
      // Safe: what is written lies within the place.
      let step = unsafe linux_read(file, place + count, limit - count)
      if step == 0 { break }
      if step == -Int(EINTR) { continue }
      guard step > 0 else { return nil }
      count += step
    }
    return count
  }

  /// Writes to a file that is there and empty, and leaves any other alone.
  public static func fill(_ path: StaticString, with text: [UInt8]) {
    let file = Descriptor.open(path, O_WRONLY | O_NONBLOCK)
    var status = linux_status()
    // Safe: the calls write one status, and read the array's own bytes.
    if unsafe linux_status_of(file, &status) == 0, status.size == 0 { _ = unsafe linux_write(file, text, text.count) }
    _ = linux_close(file)
  }
}
