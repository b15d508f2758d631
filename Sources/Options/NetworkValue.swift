// Networks as `--ignore-peer` takes them: IPv4 and IPv6 addresses (RFC 4291 §2.2), with or without a prefix length.

import Lifecycle

extension Values {
  /// `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`.
  @inline(never)
  static func network(_ text: Text) -> PeerRange? {
    let given = text.head(0x2f)
    let isVersion4 = !given.contains(0x3a)
    guard let address = isVersion4 ? version4(given).map({ PeerAddress(version4: $0) }) : version6(given) else {
      return nil
    }
    let longest: Int64 = isVersion4 ? 32 : 128
    var prefix = longest
    if given.count < text.count {
      guard let given = text.from(given.count + 1).number(most: longest) else { return nil }
      prefix = given
    }
    return PeerRange(address: address, prefix: Int(prefix &+ 128 &- longest))
  }

  @inline(never)
  fileprivate static func version4(_ text: Text) -> UInt32? {
    var address: UInt32 = 0
    var count = 0
    var start = 0
    while start <= text.count {
      let part = text.from(start).head(0x2e)
      // As inet_pton(3): 010 would be 8 to some and 10 to others.
      guard let byte = part.number(most: 255), part.count == 1 || part[0] != 0x30 else { return nil }
      address = address << 8 | UInt32(truncatingIfNeeded: byte)
      count += 1
      start += part.count + 1
    }
    return count == 4 ? address : nil
  }

  private static func version6(_ text: Text) -> PeerAddress? {
    // What stands before "::" and what stands behind it, or all of it.
    var head = Groups()
    var tail = Groups()
    var hasGap = false
    var start = 0
    if text[0] == 0x3a {
      guard text[1] == 0x3a else { return nil }
      start = 1
    }
    while true {
      if text[start] == 0x3a && !hasGap {
        hasGap = true
        head = tail
        tail = Groups()
        start += 1
        if start == text.count { break }
        continue
      }
      let part = text.from(start).head(0x3a)
      start += part.count + 1
      guard tail.add(part, isLast: start > text.count) else { return nil }
      if start > text.count { break }
    }
    let count = head.count + tail.count
    guard hasGap ? count < 8 : count == 8 else { return nil }
    // Up to the top.
    while head.count < 8 { head.add(0) }
    return PeerAddress(high: head.high | tail.high, low: head.low | tail.low)
  }
}

/// Groups of 16 bits, the last one lowest.
private struct Groups {
  var high: UInt64 = 0
  var low: UInt64 = 0
  var count = 0

  @inline(never)
  mutating func add(_ group: UInt16) {
    high = high << 16 | low >> 48
    low = low << 16 | UInt64(group)
    count += 1
  }

  /// One of hexadecimal digits, or at the end an IPv4 address, which is two. Says whether it was one.
  @inline(never)
  mutating func add(_ text: Text, isLast: Bool) -> Bool {
    if isLast && text.contains(0x2e) {
      guard let address = Values.version4(text) else { return false }
      add(UInt16(truncatingIfNeeded: address >> 16))
      add(UInt16(truncatingIfNeeded: address))
      return true
    }
    guard text.count >= 1, text.count <= 4 else { return false }
    var group: UInt16 = 0
    for index in 0..<text.count {
      guard let digit = text[index].hexadecimalValue else { return false }
      group = group << 4 | UInt16(digit)
    }
    add(group)
    return true
  }
}
