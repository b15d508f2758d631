// The latest of many moments, in memory for a few.

/// Keeps the `count` latest of the moments it is given, and tells the earliest of these.
struct LatestTimes: Sendable {
  private let count: Int
  /// A heap with the earliest moment first.
  private var heap: [Int64] = []

  /// - Parameter count: at least 1.
  init(_ count: Int) { self.count = count }

  /// The `count`th latest moment. Nil: fewer were given.
  var last: Instant? { heap.count < count ? nil : Instant(Milliseconds(heap[0])) }

  mutating func clear() { heap = [] }

  mutating func add(_ moment: Instant) {
    let time = moment.sinceStart.count
    if heap.count < count {
      heap.add(time)
      var child = heap.count - 1
      while child > 0, heap[(child - 1) / 2] > heap[child] {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    } else if time > heap[0] {
      heap[0] = time
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < heap.count else { return }
        if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < heap[parent] else { return }
        heap.swapAt(child, parent)
        parent = child
      }
    }
  }
}
