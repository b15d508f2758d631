// Tables as one text: an array of StaticStrings takes 16 bytes for each beside its letters, and code to fill it.

/// Reads rows one after the other: a line each, its columns apart by one space, the last one with spaces of its own. `-`
/// is an empty column.
public struct TextTable: Sequence, IteratorProtocol {
  private let text: [UInt8]
  private let columns: Int
  private var position = 0

  /// - Parameter text: every line ended.
  public init(_ text: StaticString, columns: Int) {
    self.text = Line(text).bytes
    self.columns = columns
  }

  /// The next row, with `columns` columns; nil after the last one.
  @inline(never)
  public mutating func next() -> [Line]? {
    var row: [Line] = []
    var word = Line()
    while position < text.count {
      let byte = text[position]
      position += 1
      guard byte == 0x0a || byte == 0x20 && row.count < columns - 1 else {
        word.add(byte: byte)
        continue
      }
      row.add(word == Line("-") ? Line() : word)
      if byte == 0x0a { return row }
      word = Line()
    }
    return nil
  }
}
