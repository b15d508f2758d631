// Arrays in little code.

extension Array {
  /// `append(_:)`, as one function: the standard library's is copied into each caller, 60 bytes every time.
  @inline(never)
  public mutating func add(_ element: Element) { append(element) }
}
