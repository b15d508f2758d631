// Small files, whole.

import CLinux
import Lifecycle

public enum File {
  /// The bytes of a file, at most so many; nil if it cannot be read.
  public static func read(_ path: Path, atMost limit: Int) -> [UInt8]? {
    guard let file = try? Descriptor(opening: path, flags: O_RDONLY) else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while bytes.count < limit {
      guard let count = try? file.read(into: &buffer) else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[0..<count]
    }
    return bytes
  }

  /// Writes to a file that is there and empty, and leaves any other alone.
  public static func fill(_ path: StaticString, with text: [UInt8]) {
    guard let file = try? Descriptor(opening: path, flags: O_WRONLY | O_NONBLOCK) else { return }
    var status = stat()
    // Safe: the calls write one stat, and read the array's own bytes.
    guard unsafe fstat(file.number, &status) == 0, status.st_size == 0 else { return }
    _ = unsafe text.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
  }
}
