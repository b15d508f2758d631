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
    guard let log = try? Descriptor(opening: "/proc/1/fd/2", flags: O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND) else {
      return nil
    }
    return log.release()
  }
}

public enum File {
  /// The bytes of a file, at most so many; nil if it cannot be read.
  public static func read(_ path: Path, atMost limit: Int) -> [UInt8]? {
    guard let file = try? Descriptor(opening: path, flags: O_RDONLY) else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while bytes.count < limit {
      guard let count = try? file.read(into: &buffer) else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[0..<min(count, limit - bytes.count)]
    }
    return bytes
  }

  /// Writes to a file that is there and empty, and leaves any other alone.
  public static func fill(_ path: StaticString, with text: [UInt8]) {
    guard let file = try? Descriptor(opening: path, flags: O_WRONLY | O_NONBLOCK) else { return }
    var status = linux_status()
    // Safe: the calls write one status, and read the array's own bytes.
    guard unsafe linux_status_of(file.number, &status) == 0, status.size == 0 else { return }
    _ = unsafe text.withUnsafeBytes { unsafe linux_write(file.number, $0.baseAddress, $0.count) }
  }
}
