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
    let port = Int(port)
    var index = index(behind: port)
    let last = index > 0 ? ranges[index - 1] & 0xffff : -2
    if last >= port { return }
    if last == port - 1 {
      index -= 1
      ranges[index] += 1
    } else {
      ranges.add(port << 16 | port)
      var place = ranges.count - 1
      while place > index {
        ranges.swapAt(place - 1, place)
        place -= 1
      }
    }
    // Now `port` is the last one of the range at `index`.
    guard index + 1 < ranges.count, ranges[index + 1] >> 16 == port + 1 else { return }
    ranges[index] = ranges[index] & ~0xffff | ranges[index + 1] & 0xffff
    for next in index + 2..<ranges.count { ranges.swapAt(next - 1, next) }
    ranges.removeLast()
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
