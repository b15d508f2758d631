// What the one line at the end of a stop says.

import Foundation
import Testing

extension ChildProcess {
  /// The times and reasons of all waits that its stops have summed up, in order.
  var waits: [(milliseconds: Double, reason: String)] {
    standardError.matches(of: /stopped after .*?: waited ([0-9.]+)(ms|s) \(([^)]*)\)/).map {
      ((Double($0.1) ?? 0) * ($0.2 == "s" ? 1000 : 1), String($0.3))
    }
  }

  /// Expects one wait that took its time, and not much more.
  func expectWaited(
    _ milliseconds: Double, _ reason: String = "the wait is over", sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let waits = waits
    #expect(waits.map(\.reason) == [reason], "\(self)", sourceLocation: sourceLocation)
    guard let wait = waits.first else { return }
    #expect(wait.milliseconds >= milliseconds, "\(self)", sourceLocation: sourceLocation)
    #expect(wait.milliseconds < milliseconds + 5000, "\(self)", sourceLocation: sourceLocation)
  }
}

extension ChildProcess {
  /// The events of a log in JSON, in order.
  func events() throws -> [[String: Any]] {
    try standardError.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
  }

  /// The summary in a log in JSON.
  func summary() throws -> [String: Any] {
    try #require(try events().last { $0["event"] as? String == "stopped" }, "\(self)")
  }
}
