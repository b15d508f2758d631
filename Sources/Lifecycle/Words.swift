// The words of a command line and the variables of an environment, where they lie: one after the other, a NUL behind each.

/// The words of a command line.
public struct Words {
  let text: Text
  public let count: Int

  /// - Parameters:
  ///   - text: the words, each with a NUL behind it.
  ///   - count: how many there are.
  public init(_ text: Text, count: Int) {
    self.text = text
    self.count = count
  }

  /// Word `index`; empty where there is none.
  @inline(never)
  public subscript(index: Int) -> Text { index >= 0 && index < count ? text.part(index, 0) : Text("") }
}

/// `NAME=value`, one after the other.
public struct Variables: Sequence, IteratorProtocol {
  private var rest: Text

  public init(_ text: Text) { rest = text }

  @inline(never)
  public mutating func next() -> Text? {
    if rest.isEmpty { return nil }
    let variable = rest.head(0)
    rest = rest.from(variable.count + 1)
    return variable
  }

  /// The value of the first variable of that name; nil if it is not set.
  @inline(never)
  public func value(_ name: StaticString) -> Text? { value(Text(ended: name)) }

  @inline(never)
  public func value(_ name: Text) -> Text? {
    for variable in self where variable.starts(with: name) && variable[name.count] == 0x3d {
      return variable.from(name.count + 1)
    }
    return nil
  }
}
