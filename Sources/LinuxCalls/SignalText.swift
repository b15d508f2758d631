// What the C library calls a signal.

import CLinux
import Lifecycle

extension Signal {
  /// `Terminated`: strsignal(3).
  public var text: Line {
    var line = Line()
    // Safe: strsignal's text is a constant of the C library, or a buffer of the one thread.
    if let text = unsafe strsignal(Int32(number)) {
      var position = unsafe text
      while unsafe position.pointee != 0 {
        line.add(byte: UInt8(bitPattern: unsafe position.pointee))
        unsafe position += 1
      }
    }
    return line
  }
}
