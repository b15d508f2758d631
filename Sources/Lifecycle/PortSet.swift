// A set of ports.

/// Any of the ports 0 to 65535, in as much memory as it has ranges.
public struct PortSet: Sendable {
  /// Ascending; between two of them is at least one port.
  private var ranges: [PortRange] = []

  public init() {}

  public func contains(_ port: UInt16) -> Bool {
    let index = index(of: port)
    return index < ranges.count && ranges[index].first <= port
  }

  public mutating func insert(_ port: UInt16) {
    let index = index(of: port)
    if index < ranges.count && ranges[index].first <= port { return }
    let follows = index > 0 && ranges[index - 1].last == port &- 1
    let precedes = index < ranges.count && ranges[index].first == port &+ 1
    if follows && precedes {
      ranges[index - 1].last = ranges[index].last
      for next in index + 1..<ranges.count { ranges[next - 1] = ranges[next] }
      ranges.removeLast()
    } else if follows {
      ranges[index - 1].last = port
    } else if precedes {
      ranges[index].first = port
    } else {
      ranges.add(PortRange(first: port, last: port))
      for next in (index + 1..<ranges.count).reversed() { ranges.swapAt(next - 1, next) }
    }
  }

  /// The first range that does not end before `port`.
  private func index(of port: UInt16) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].last < port { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The ports as ranges in ascending order; nil if these would be more than `most`.
  public func ranges(atMost most: Int) -> [PortRange]? { ranges.count <= most ? ranges : nil }
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
