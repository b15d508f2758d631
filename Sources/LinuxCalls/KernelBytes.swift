// Numbers out of the bytes that the kernel hands out.

import Lifecycle

extension [UInt8] {
  /// The number of `size` bytes (at most 8) at `offset`, in the byte order of this machine's kernel: all that we build
  /// for are little-endian. What lies outside of the bytes reads as 0.
  func littleEndian(_ offset: Int, size: Int) -> UInt64 {
    guard offset >= 0, offset <= count - size else { return 0 }
    var number: UInt64 = 0
    for index in 0..<size { number |= UInt64(self[offset + index]) << UInt64(8 * index) }
    return number
  }

  /// The same in network byte order.
  func bigEndian(_ offset: Int, size: Int) -> UInt64 {
    guard offset >= 0, offset <= count - size else { return 0 }
    var number: UInt64 = 0
    for index in 0..<size { number = number << 8 | UInt64(self[offset + index]) }
    return number
  }

  @inline(never) mutating func append(littleEndian number: UInt64, size: Int) {
    for index in 0..<size { add(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }
}
