// The help fits where it is read, and leaves nothing out.

import Foundation
import Lifecycle
import Testing

@testable import Options

@Suite struct HelpTests {
  private func text(_ topic: HelpTopic) -> [String] { Help.page(on: topic).text.components(separatedBy: "\n") }

  @Test func `the overview fits a screen of 24 lines`() {
    // The last line is the prompt's.
    #expect(text(.overview).count <= 23)
  }

  @Test(arguments: HelpTopic.allCases) func `no line is longer than 80 columns`(_ topic: HelpTopic) {
    #expect(!text(topic).isEmpty)
    for line in text(topic) {
      #expect(line.utf8.count <= 80, "\(line)")
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "\(line)")
      #expect(line.last != " ", "\(line)")
    }
  }

  @Test func `every option stands in a topic of its command, with its value and its words`() {
    let pages: [(OptionScope, [HelpTopic])] = [
      (.run, [.run, .stop, .traffic]), (.hook, [.hook, .traffic, .run]),
    ]
    for (scope, topics) in pages {
      let lines = topics.flatMap { text($0) }
      for index in OptionTable.entries.indices where OptionTable.entries[index].scope.covers(scope) {
        let entry = OptionTable.entries[index]
        let start = "--\(entry.name.text)" + (entry.takesValue ? " \(entry.value.text)" : "")
        let row = lines.first { $0.dropFirst(4).hasPrefix(start + " ") }
        #expect(row?.hasSuffix(" " + entry.summary.text) == true, "\(start)")
        if entry.letter != 0 { #expect(row?.hasPrefix("-\(UnicodeScalar(entry.letter)), ") == true) }
      }
    }
  }

  @Test func `every variable is listed`() {
    let lines = text(.environment)
    for index in OptionTable.entries.indices {
      let entry = OptionTable.entries[index]
      let row = lines.first { $0.hasPrefix("  \(entry.variableName) ") }
      #expect((row != nil) == entry.hasVariable, "\(entry.variableName)")
      #expect(row == nil || row?.hasSuffix(" " + entry.summary.text) == true)
    }
  }

  @Test func `every preset and every signal is listed`() {
    for preset in Preset.all { #expect(text(.presets).contains { $0.hasPrefix("  \(preset.name.text) ") }) }
    let words = text(.signals).joined(separator: " ").split(separator: " ")
    for number in 1...31 {
      guard let place = words.firstIndex(of: Substring(String(number))) else {
        Issue.record("\(number)")
        continue
      }
      #expect(Values.signal(Array(words[place + 1].utf8)) == Signal(number))
    }
  }

  @Test func `the overview names every topic`() {
    let words = text(.overview).joined(separator: " ").split(separator: " ")
    for topic in HelpTopic.allCases where topic != .overview {
      #expect(words.contains(Substring(topic.name.text)), "\(topic)")
    }
  }

  @Test func `every option that a help text names exists`() {
    for topic in HelpTopic.allCases {
      for line in text(topic) {
        for word in line.split(whereSeparator: { !$0.isLetter && $0 != "-" })
        where word.hasPrefix("--") && word.count > 2 {
          #expect(OptionTable.entry(named: Text(String(word.dropFirst(2)))) != nil, "\(word) in \(topic)")
        }
      }
    }
  }
}
