// Networks as `--ignore-peer` takes them: IPv4 and IPv6 addresses (RFC 4291 §2.2), with or without a prefix length.

import Lifecycle

extension Values {
  /// `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`, comma-separated.
  static func networks(_ text: [UInt8]) -> [PeerRange]? {
    var networks: [PeerRange] = []
    for part in list(text) {
      guard let network = network(part) else { return nil }
      networks.add(network)
    }
    return networks
  }

  static func network(_ text: [UInt8]) -> PeerRange? {
    let parts = split(text, at: 0x2f)
    guard parts.count <= 2 else { return nil }
    let isVersion4 = !parts[0].contains(0x3a)
    guard let address = isVersion4 ? mapped(version4(parts[0])) : version6(parts[0]) else { return nil }
    let longest: Int64 = isVersion4 ? 32 : 128
    var prefix = longest
    if parts.count == 2 {
      guard let given = number(parts[1], most: longest) else { return nil }
      prefix = given
    }
    return PeerRange(address: PeerAddress(bytes: address), prefix: Int(prefix + 128 - longest))
  }

  private static func version4(_ text: [UInt8]) -> [UInt8]? {
    let parts = split(text, at: 0x2e)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // As inet_pton(3): 010 would be 8 to some and 10 to others.
      guard let byte = number(part, most: 255), part.count == 1 || part[0] != 0x30 else { return nil }
      bytes.add(UInt8(truncatingIfNeeded: byte))
    }
    return bytes
  }

  private static func mapped(_ version4: [UInt8]?) -> [UInt8]? {
    version4.map { [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + $0 }
  }

  private static func version6(_ text: [UInt8]) -> [UInt8]? {
    var head: [UInt8] = []
    var tail: [UInt8] = []
    var hasGap = false
    let parts = split(text, at: 0x3a)
    for index in parts.indices {
      let part = parts[index]
      if part.isEmpty {
        // "::" shows as one empty part in the middle, or as two at an end.
        let isEdge = index == 0 || index == parts.count - 1
        if isEdge {
          guard parts.count > 2, parts[index == 0 ? 1 : index - 1].isEmpty else { return nil }
          continue
        }
        guard !hasGap else { return nil }
        hasGap = true
        continue
      }
      guard let bytes = group(part, isLast: index == parts.count - 1) else { return nil }
      if hasGap { tail += bytes } else { head += bytes }
    }
    let count = head.count + tail.count
    guard hasGap ? count <= 14 : count == 16 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - count) + tail
  }

  /// Two bytes of hexadecimal, or at the end an IPv4 address.
  private static func group(_ text: [UInt8], isLast: Bool) -> [UInt8]? {
    if isLast && text.contains(0x2e) { return version4(text) }
    guard text.count <= 4 else { return nil }
    var value: UInt16 = 0
    for byte in text {
      guard let digit = byte.hexadecimalValue else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }
}
