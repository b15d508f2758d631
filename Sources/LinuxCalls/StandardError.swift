// Writing a line where a person will read it, without ever waiting for that person.

import CLinux
import Lifecycle

/// For what was asked for: help, a version, a timeline. Written with write(2), waiting for the reader if need be.
public enum StandardOutput {
  public static func write(_ line: Line) {
    var line = line
    line.add(byte: 0x0a)
    let bytes = line.bytes
    // Safe: the call reads the array's own bytes.
    unsafe bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count, let start = bytes.baseAddress {
        let step = unsafe linux_write(1, start + written, bytes.count - written)
        if step == -Int(EINTR) { continue }
        guard step > 0 else { return }
        written += step
      }
    }
  }
}

public enum StandardError {
  /// Writes the line and a newline by one write(2); says whether it did. A pipe that is full or dead, or a closed descriptor, loses the
  /// line: PID 1 must not wait for a reader. Lines above PIPE_BUF are cut, so that they stay whole among others'.
  ///
  /// O_NONBLOCK belongs to the open file, which the app shares, so it is not ours to set. RWF_NOWAIT says the same for
  /// one call (pipes: Linux 6.4), MSG_DONTWAIT for sockets. For the rest, terminals above all, there is a second open file
  /// of our own; without /proc only ppoll(2), which says that there is room, but not for how much. A regular file never
  /// waits, and has a position that a second open file would not share.
  @discardableResult
  public static func write(_ line: Line, to descriptor: Int32 = 2) -> Bool {
    var bytes = line.bytes
    if bytes.count >= Int(PIPE_BUF) { bytes.removeLast(bytes.count - Int(PIPE_BUF) + 1) }
    bytes.add(0x0a)
    let count = bytes.count
    // Safe: the calls read the array's own bytes.
    let written = unsafe linux_write_now(descriptor, bytes, count)
    if written >= 0 { return true }
    if written == -Int(EAGAIN) && isFull(descriptor) { return false }
    let sent = unsafe linux_send_now(descriptor, bytes, count)
    if sent >= 0 { return true }
    guard sent == -Int(ENOTSOCK), !isFull(descriptor) else { return false }
    var own: Int32 = -1
    if !isRegular(descriptor) {
      var path = Line("/proc/self/fd/")
      path.add(Int(descriptor))
      own = Descriptor.open(Path(path), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND)
    }
    let last = unsafe linux_write(own < 0 ? descriptor : own, bytes, count)
    _ = linux_close(own)
    return last >= 0
  }

  private static func isRegular(_ descriptor: Int32) -> Bool {
    var status = linux_status()
    // Safe: the call writes one status.
    return unsafe linux_status_of(descriptor, &status) == 0 && status.mode & UInt32(S_IFMT) == S_IFREG
  }

  private static func isFull(_ descriptor: Int32) -> Bool {
    var entry = linux_poll_entry(descriptor: descriptor, wanted: Int16(POLLOUT), found: 0)
    // Safe: one entry of our own.
    return unsafe linux_poll(&entry, 1, 0) == 1 ? entry.found & Int16(POLLOUT) == 0 : true
  }
}
