// Addresses of peers, and the ranges of them that `--ignore-peer` names.

/// An IPv6 address, or an IPv4 one as IPv6 maps it (`::ffff:a.b.c.d`, RFC 4291 2.5.5.2): so a peer has one form, whether
/// its connection came to an IPv4 or to a dual-stack socket.
public struct PeerAddress: Equatable, Sendable {
  /// The first eight bytes, most significant first.
  public var high: UInt64
  /// The last eight.
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Sixteen bytes, most significant first; those that are missing count as 0.
  public init(bytes: [UInt8]) {
    self.init(high: 0, low: 0)
    for (index, byte) in bytes.enumerated() where index < 16 {
      if index < 8 {
        high |= UInt64(byte) << UInt64(56 - 8 * index)
      } else {
        low |= UInt64(byte) << UInt64(56 - 8 * (index - 8))
      }
    }
  }

  /// `a.b.c.d` as one number, most significant first.
  public init(version4 address: UInt32) {
    self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address))
  }

  /// The IPv4 address that this one maps, if it does.
  public var version4: UInt32? {
    high == 0 && low >> 32 == 0xffff ? UInt32(truncatingIfNeeded: low) : nil
  }

  /// `0.0.0.0` or `::`: no peer.
  public var isUnspecified: Bool { high == 0 && (low == 0 || low == 0xffff_0000_0000) }

  /// Group `index`, 0 to 7, of the eight that an IPv6 address is written in.
  @inline(never)
  func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(16 * (3 - index & 3)))
  }
}

/// All addresses with one prefix.
public struct PeerRange: Equatable, Sendable {
  public var address: PeerAddress
  /// How many leading bits count, 0 to 128.
  public var prefix: Int

  /// `prefix` beyond 128 counts as 128.
  public init(address: PeerAddress, prefix: Int) {
    self.address = address
    self.prefix = max(0, min(prefix, 128))
  }

  public func contains(_ peer: PeerAddress) -> Bool {
    (peer.high ^ address.high) & PeerRange.mask(prefix) == 0
      && (peer.low ^ address.low) & PeerRange.mask(prefix - 64) == 0
  }

  @inline(never)
  private static func mask(_ bits: Int) -> UInt64 {
    bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits))
  }
}

/// The addresses of some ranges.
public struct PeerSet: Equatable, Sendable {
  /// Three for each range: both halves of its address, and its prefix.
  private var words: [Int] = []

  public init() {}

  public var isEmpty: Bool { words.isEmpty }

  public mutating func add(_ range: PeerRange) {
    words.add(Int(truncatingIfNeeded: range.address.high))
    words.add(Int(truncatingIfNeeded: range.address.low))
    words.add(range.prefix)
  }

  @inline(never)
  public func contains(_ peer: PeerAddress) -> Bool {
    var index = 0
    while index &+ 2 < words.count {
      let address = PeerAddress(
        high: UInt64(truncatingIfNeeded: words[index]), low: UInt64(truncatingIfNeeded: words[index &+ 1]))
      if PeerRange(address: address, prefix: words[index &+ 2]).contains(peer) { return true }
      index &+= 3
    }
    return false
  }
}

extension Line {
  /// `10.1.2.3`, `fd00::1`: the shortest form, as RFC 5952 has it.
  @inline(never)
  public mutating func add(_ peer: PeerAddress) {
    if let version4 = peer.version4 { return add(bytes: 4, of: version4) }
    let gap = Line.longestGap(in: peer)
    var index = 0
    while index < 8 {
      if index == gap.start {
        add("::")
        index = gap.end
        continue
      }
      if index > 0 && index != gap.end { add(byte: 0x3a) }
      add(hexadecimal: peer.group(index))
      index += 1
    }
  }

  /// The longest run of two or more zero groups, the first of equal ones. Outside the address where there is none.
  @inline(never)
  private static func longestGap(in peer: PeerAddress) -> (start: Int, end: Int) {
    var gap = (start: -1, end: -1)
    var start = 0
    while start < 8 {
      var end = start
      while end < 8 && peer.group(end) == 0 { end &+= 1 }
      if end &- start > max(1, gap.end &- gap.start) { gap = (start, end) }
      start = end &+ 1
    }
    return gap
  }

  @inline(never)
  private mutating func add(bytes count: Int, of number: UInt32) {
    if count > 1 {
      add(bytes: count &- 1, of: number >> 8)
      add(byte: 0x2e)
    }
    add(Int(number & 0xff))
  }

  private mutating func add(hexadecimal number: UInt16) {
    if number > 15 { add(hexadecimal: number >> 4) }
    let digit = UInt8(truncatingIfNeeded: number & 15)
    add(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
  }
}
