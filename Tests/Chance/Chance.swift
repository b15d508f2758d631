// Chance that repeats itself, for tests that make their input: the same in every run.

import Foundation

/// SplitMix64 from a seed.
public struct Chance: RandomNumberGenerator {
  private static let environment = ProcessInfo.processInfo.environment
  /// How many inputs a fuzz test makes; LASTCALL_FUZZ_ROUNDS makes more.
  public static let rounds = environment["LASTCALL_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 3000
  /// What a fuzz test starts from; LASTCALL_FUZZ_SEED makes other inputs.
  public static let seed = environment["LASTCALL_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_261_122

  private var state: UInt64

  public init(seed: UInt64 = Chance.seed) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  public mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  public mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &self) }

  public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }

  /// True once in `count` times.
  public mutating func happens(onceIn count: Int) -> Bool { number(1...count) == 1 }

  /// Changes one place of a text: a byte more, less, another, twice, the rest gone, or one of `pieces` put in.
  public mutating func damage(_ text: inout [UInt8], pieces: [String] = ["0"]) {
    let place = number(0...text.count)
    switch number(0...5) {
    case 0: text.insert(byte(), at: place)
    case 1: if place < text.count { text.remove(at: place) }
    case 2: if place < text.count { text[place] = byte() }
    case 3: text.insert(contentsOf: pick(pieces).utf8, at: place)
    case 4: text.removeLast(text.count - place)
    default: text.insert(contentsOf: text[0..<place], at: place)
    }
  }
}
