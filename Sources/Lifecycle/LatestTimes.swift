// The latest of many moments, in memory for a few.

/// Keeps the `count` latest of the moments it is given, and tells the earliest of these.
struct LatestTimes: Sendable {
  /// A heap with the earliest moment first. What was not given yet is before all time.
  private var heap: [Int]

  /// - Parameter count: at least 1.
  @inline(never)
  init(_ count: Int) { heap = [Int](repeating: .min, count: count) }

  /// The `count`th latest moment; before all time, if fewer were given.
  var last: Instant { Instant(Milliseconds(Int64(heap[0]))) }

  @inline(never)
  mutating func add(_ moment: Instant) {
    let time = Int(moment.sinceStart.count)
    guard time > heap[0] else { return }
    var place = 0
    while true {
      var child = 2 &* place &+ 1
      if child &+ 1 < heap.count && heap[child &+ 1] < heap[child] { child &+= 1 }
      guard child < heap.count, heap[child] < time else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = time
  }
}
