// What a process has written so far to one descriptor, in lines.

import CHarness

/// The reading end of a pipe or of a terminal.
final class CapturedOutput {
  let descriptor: Int32
  private(set) var bytes: [UInt8] = []
  private(set) var hasEnded = false
  private var isOpen = true
  /// Where the next wait starts to look.
  private var position = 0

  /// Takes the descriptor over.
  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    _ = harness_no_block(descriptor)
  }

  deinit { end() }

  /// Closes the reading end: whoever writes finds nobody there.
  func end() {
    if isOpen { close(descriptor) }
    isOpen = false
    hasEnded = true
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Reads what is there.
  func drain() {
    var chunk = [UInt8](repeating: 0, count: 65536)
    while !hasEnded {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        bytes += chunk[..<count]
        continue
      }
      let error = harness_errno()
      // A terminal whose other end is closed everywhere says EIO.
      if count == 0 || (error != EAGAIN && error != EINTR) { hasEnded = true }
      if error != EINTR { return }
    }
  }

  /// The next line after the last one waited for, without its end; nil while it is not complete.
  func nextLine() -> String? {
    guard let end = bytes[position...].firstIndex(of: 10) else { return nil }
    let line = String(decoding: bytes[position..<end], as: UTF8.self)
    position = end + 1
    return line
  }

  /// Passes over everything up to the end of `part`, if that is there.
  func passOver(_ part: String) -> Bool {
    let wanted = Array(part.utf8)
    guard bytes.count - position >= wanted.count else { return false }
    for start in position...(bytes.count - wanted.count) where bytes[start] == wanted.first {
      guard bytes[start..<(start + wanted.count)].elementsEqual(wanted) else { continue }
      position = start + wanted.count
      return true
    }
    return false
  }
}
