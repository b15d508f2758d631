// A set of ports.

/// Any of the ports 0 to 65535, in as much memory as it has ranges.
public struct PortSet: Equatable, Sendable {
  /// `first << 16 | last` of each range, ascending; between two of them is at least one port.
  private var ranges: [Int] = []

  public init() {}

  public var isEmpty: Bool { ranges.isEmpty }

  /// How many ranges there are.
  public var count: Int { ranges.count }

  /// Range `index`, 0 to `count` - 1, in ascending order.
  public func range(_ index: Int) -> PortRange {
    PortRange(
      first: UInt16(truncatingIfNeeded: ranges[index] >> 16), last: UInt16(truncatingIfNeeded: ranges[index]))
  }

  public func contains(_ port: UInt16) -> Bool { contains(PortRange(first: port, last: port)) }

  /// Whether it has every port of the range.
  @inline(never)
  func contains(_ range: PortRange) -> Bool {
    let index = index(behind: Int(range.first))
    return index > 0 && ranges[index - 1] & 0xffff >= Int(range.last)
  }

  @inline(never)
  public mutating func insert(_ port: UInt16) {
    if contains(port) { return }
    // Those that touch the new range are joined to it; behind it, each waits for the next one in its place.
    var new = Int(port) << 16 | Int(port)
    var joined: [Int] = []
    for range in ranges {
      if range & 0xffff == new >> 16 &- 1 {
        new = range & ~0xffff | new & 0xffff
      } else if range >> 16 == new & 0xffff &+ 1 {
        new = new & ~0xffff | range & 0xffff
      } else {
        joined.add(min(range, new))
        new = max(range, new)
      }
    }
    joined.add(new)
    ranges = joined
  }

  /// How many ranges begin at `port` or before it.
  private func index(behind port: Int) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle] >> 16 <= port { low = middle + 1 } else { high = middle }
    }
    return low
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
