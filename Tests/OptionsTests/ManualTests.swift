// The manual page is written by hand; what it lists is checked against the tables.

import Foundation
import Lifecycle
import Testing

@testable import Options

@Suite struct ManualTests {
  private let lines: [String]

  init() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: repository.appendingPathComponent("docs/lastcall.1"), encoding: .utf8)
    lines = text.split(separator: "\n").map(String.init)
  }

  @Test func `the manual has each option of the table, in its order, with its letter and placeholder`() {
    let expected = OptionTable.entries.indices.map { index in
      let entry = OptionTable.entries[index]
      let letter = entry.letter == 0 ? "" : "Fl \(Unicode.Scalar(entry.letter)) , "
      let value = entry.value.text.split(separator: "=").joined(separator: " Ns = Ns Ar ")
      return ".It \(letter)Fl Fl \(entry.name.text)\(value.isEmpty ? "" : " Ar \(value)")"
    }
    #expect(lines.filter { $0.hasPrefix(".It Fl") } == expected)
  }

  @Test func `the manual has each help topic, exit code and name`() {
    let page = lines.joined(separator: " ")
    for topic in HelpTopic.allCases where topic != .overview { #expect(page.contains(" \(topic.name.text) ")) }
    for code in [ExitCode.stillAlive, ExitCode.failure, ExitCode.notRunnable, ExitCode.notFound] {
      #expect(lines.contains(".It \(code)"))
    }
    for name in ["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init"] {
      #expect(Dialect(program: Text(name)) != .lastcall)
      #expect(lines.contains { $0.hasPrefix(".Nm \(name)") })
    }
  }

  @Test func `the manual names the defaults that the code has`() {
    let page = lines.joined(separator: " ")
    var reserve = Line()
    reserve.add(StopPlan.defaultReserve)
    #expect(page.contains("the grace period; \(String(decoding: reserve.bytes, as: UTF8.self)) if not given"))
    #expect(page.contains("The signals that ask for the end; .Li TERM,INT,QUIT if not given"))
    #expect(Supervision().stopOn == SignalSet(.terminate, .interrupt, .quit))
  }
}
