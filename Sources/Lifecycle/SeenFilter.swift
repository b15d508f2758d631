// Which connections were there at the last look, in memory that does not grow with their number.

/// A pair of Bloom filters: one of the last whole look, one of the look under way.
///
/// It may take a new connection for one that it has seen, never the other way round: with 3 of 2²⁰ bits for each, at
/// most one in 30,000 with 10,000 connections, one in 60 with 100,000. 256 kB, and nothing before the first insertion.
struct SeenFilter: Sendable {
  private var last: [Int] = []
  private var current: [Int] = []

  private static let words = 1 << 14

  /// Whether the connection was there at the last whole look or came up since. Remembers it for the next one.
  @inline(never)
  mutating func insert(_ identity: UInt64) -> Bool {
    if current.isEmpty { current = [Int](repeating: 0, count: SeenFilter.words) }
    // The finisher of splitmix64: every bit of the identity moves every bit of the hash.
    var hash = identity &+ 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
    hash ^= hash >> 31
    var isInLast = !last.isEmpty
    var isInCurrent = true
    // Three times 20 bits; the one bit behind them ends the loop.
    hash |= 1 << 60
    hash &= 1 << 61 - 1
    while hash > 1 {
      let word = Int(truncatingIfNeeded: hash >> 6) & (SeenFilter.words - 1)
      let bit = 1 << Int(truncatingIfNeeded: hash & 63)
      if isInLast && last[word] & bit == 0 { isInLast = false }
      if current[word] & bit == 0 {
        isInCurrent = false
        current[word] |= bit
      }
      hash >>= 20
    }
    return isInLast || isInCurrent
  }

  /// The look that ends saw everything there is: what it did not see is forgotten. After one that did not, both are kept.
  mutating func endWholeLook() {
    swap(&last, &current)
    for index in current.indices { current[index] = 0 }
  }
}
