// What the completions are filled with; that shells take them is tested end to end.

import Lifecycle
import Testing

@testable import Options

@Suite struct CompletionsTests {
  @Test(arguments: [Shell.bash, .zsh, .fish]) func `every option, preset, topic and command is in it`(_ shell: Shell) {
    let script = Completions.script(for: shell).text
    for index in OptionTable.entries.indices {
      let entry = OptionTable.entries[index]
      let name = shell == .fish ? "-l \(entry.name.text)" : "--\(entry.name.text)"
      #expect(script.contains(name), "\(name)")
      #expect(shell == .bash || script.contains(entry.summary.text))
      let letter = (shell == .fish ? " -s " : "\"-") + "\(UnicodeScalar(entry.letter))"
      #expect(entry.letter == 0 || shell == .bash || script.contains(letter))
    }
    for preset in Preset.all { #expect(script.contains("\(preset.name.text) ")) }
    for topic in HelpTopic.allCases { #expect(script.contains("\(topic.name.text) ")) }
    for word in ["run", "wait-then-signal", "install", "help", "completions"] { #expect(script.contains(word)) }
    #expect(!script.contains("%"), "every place is filled")
  }
}
