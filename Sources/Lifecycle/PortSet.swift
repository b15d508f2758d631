// A set of ports.

/// Any of the ports 0 to 65535, in 8 kB whatever their number; none at all in nothing.
public struct PortSet: Sendable {
  private var words: [UInt64] = []

  public init() {}

  public func contains(_ port: UInt16) -> Bool {
    !words.isEmpty && words[Int(port >> 6)] >> UInt64(port & 63) & 1 != 0
  }

  public mutating func insert(_ port: UInt16) {
    if words.isEmpty { words = [UInt64](repeating: 0, count: 1024) }
    words[Int(port >> 6)] |= 1 << UInt64(port & 63)
  }

  /// The ports as ranges in ascending order; nil if these would be more than `most`.
  public func ranges(atMost most: Int) -> [PortRange]? {
    var ranges: [PortRange] = []
    var first: UInt16?
    for (index, word) in words.enumerated() {
      // Most words are empty, or full behind a range that goes on.
      if word == (first == nil ? 0 : .max) { continue }
      for bit in 0..<64 {
        let port = UInt16(truncatingIfNeeded: index * 64 + bit)
        let isIn = word >> UInt64(bit) & 1 != 0
        if let start = first, !isIn {
          guard ranges.count < most else { return nil }
          ranges.add(PortRange(first: start, last: port &- 1))
          first = nil
        } else if first == nil && isIn {
          first = port
        }
      }
    }
    if let start = first {
      guard ranges.count < most else { return nil }
      ranges.add(PortRange(first: start, last: .max))
    }
    return ranges
  }
}

/// The ports from `first` to `last`, both included.
public struct PortRange: Equatable, Sendable {
  public var first: UInt16
  public var last: UInt16

  public init(first: UInt16, last: UInt16) {
    self.first = first
    self.last = last
  }
}
