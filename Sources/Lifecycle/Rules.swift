// Rules that make one number of another: `--map` and `--exit-code`.

/// FROM=TO, one behind the other: of those that name the same FROM the last one decides, and rules don't chain.
public struct Rules: Equatable, Sendable {
  /// FROM, TO, FROM, TO.
  private var numbers: [UInt8] = []

  public init() {}

  public mutating func add(from: UInt8, to: UInt8) {
    numbers.add(from)
    numbers.add(to)
  }

  /// A rule for signals; without `to` the signal is dropped.
  public mutating func add(from: Signal, to: Signal?) { add(from: from.number, to: to?.number ?? 0) }

  public mutating func add(_ other: Rules) {
    for number in other.numbers { numbers.add(number) }
  }

  /// What becomes of `number`: itself, where no rule names it.
  @inline(never)
  public func apply(to number: UInt8) -> UInt8 {
    var index = numbers.count - 2
    while index >= 0 {
      if numbers[index] == number { return numbers[index + 1] }
      index -= 2
    }
    return number
  }

  /// What the app receives for `signal`. Nil: nothing.
  public func apply(to signal: Signal) -> Signal? { Signal(Int(apply(to: signal.number))) }
}
