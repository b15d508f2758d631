// Tables as one text: an array of StaticStrings takes 16 bytes for each beside its letters, and code to fill it.

/// Reads rows one after the other: a line each, its columns apart by one space, the last one with spaces of its own. `-`
/// is an empty column.
public struct TextTable: Sequence, IteratorProtocol {
  private var rest: Text

  /// - Parameter text: every line ended.
  public init(_ text: Text) { rest = text }

  /// The next row; nil after the last one.
  @inline(never)
  public mutating func next() -> Text? {
    if rest.isEmpty { return nil }
    let row = rest.upTo(rest.index(of: 0x0a))
    rest = rest.from(row.count + 1)
    return row
  }
}

extension Text {
  /// What stands behind so many separators; nothing, where there are fewer.
  @inline(never)
  public func behind(_ count: Int, _ separator: UInt8 = 0x20) -> Text {
    var rest = self
    var left = count
    while left > 0 {
      rest = rest.from(rest.index(of: separator) + 1)
      left -= 1
    }
    return rest
  }

  /// Part `index`, counted from 0, of those that the separator sets apart; empty where there are fewer.
  @inline(never)
  public func part(_ index: Int, _ separator: UInt8 = 0x20) -> Text { behind(index, separator).head(separator) }

  /// What stands before the first separator: all of it, where there is none.
  @inline(never)
  public func head(_ separator: UInt8) -> Text { upTo(index(of: separator)) }

  /// Column `index`, counted from 0, of a table's row.
  @inline(never)
  public func column(_ index: Int) -> Text {
    let part = part(index)
    return part == "-" ? Text("") : part
  }

  /// Which of a text's words `word` is, in capitals or not; -1 for none.
  @inline(never)
  public func place(of word: Text) -> Int {
    var rest = self
    var place = 0
    while !rest.isEmpty {
      let known = rest.head(0x20)
      if known.isWord(word) { return place }
      rest = rest.from(known.count + 1)
      place += 1
    }
    return -1
  }
}
