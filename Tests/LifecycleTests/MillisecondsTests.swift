// Time arithmetic, at its ends above all.

import Lifecycle
import Testing

private let extremes: [Int64] = [.min, .min + 1, -1001, -1, 0, 1, 999, 1000, 1001, .max - 1, .max]

@Suite struct MillisecondsTests {
  @Test(arguments: extremes, extremes)
  func `sums and differences stay at the end of the range that they pass`(left: Int64, right: Int64) {
    let (sum, sumOverflows) = left.addingReportingOverflow(right)
    #expect((Milliseconds(left) + Milliseconds(right)).count == (sumOverflows ? (left < 0 ? .min : .max) : sum))
    let (difference, differenceOverflows) = left.subtractingReportingOverflow(right)
    #expect(
      (Milliseconds(left) - Milliseconds(right)).count == (differenceOverflows ? (left < 0 ? .min : .max) : difference))
    #expect((Milliseconds(left) < Milliseconds(right)) == (left < right))
  }

  @Test func `seconds beyond the range stay at its ends`() {
    #expect(Milliseconds(seconds: 30).count == 30_000)
    #expect(Milliseconds(seconds: -30).count == -30_000)
    #expect(Milliseconds(seconds: .max) == .longest)
    #expect(Milliseconds(seconds: .min).count == .min)
  }

  @Test(
    arguments: [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (-1, 0), (-1000, -1), (-1001, -1)] as [(Int64, Int64)])
  func `whole seconds hold the span`(count: Int64, seconds: Int64) {
    #expect(Milliseconds(count).secondsRoundedUp == seconds)
  }

  @Test(arguments: extremes)
  func `whole seconds of any span can be had`(count: Int64) {
    let seconds = Milliseconds(count).secondsRoundedUp
    #expect(Milliseconds(seconds: seconds) >= Milliseconds(count))
    #expect(count == .min || Milliseconds(seconds: seconds - 1) < Milliseconds(count))
  }

  @Test(
    arguments: [
      (28_000, 60, 16_800), (28_000, 0, 0), (28_000, 100, 28_000), (1, 50, 0), (199, 99, 197), (-100, 50, -50),
    ]
      as [(Int64, Int64, Int64)])
  func `a share is so many hundredths`(count: Int64, percent: Int64, share: Int64) {
    #expect(Milliseconds(count).share(percent: percent).count == share)
  }

  @Test(arguments: extremes, extremes)
  func `a share lies between nothing and all, whatever the percentage`(count: Int64, percent: Int64) {
    let share = Milliseconds(count).share(percent: percent).count
    #expect(count < 0 ? share >= count && share <= 0 : share >= 0 && share <= count)
    if percent >= 100 { #expect(share == count) }
    if percent <= 0 { #expect(share == 0) }
  }
}

@Suite struct InstantTests {
  @Test func `moments and spans add up`() {
    #expect(at(5) + .seconds(2) == at(7))
    #expect(at(5) - .seconds(2) == at(3))
    #expect(at(5) - at(2) == .seconds(3))
    #expect(at(2) < at(3))
    #expect(!(at(3) < at(3)))
  }

  @Test func `never comes after everything and stays where it is`() {
    #expect(at(1_000_000_000) < .never)
    #expect(.never + .seconds(1) == Instant.never)
    #expect(start + .longest == .never)
    #expect(Instant(Milliseconds(-5)) + .longest < .never)
    #expect(.never - Instant(Milliseconds(.min)) == Milliseconds.longest)
  }
}
