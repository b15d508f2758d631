// `lastcall completions SHELL`: the shells themselves complete from it.

import CHarness
import Testing

struct CompletionTests {
  private func script(for shell: String) throws -> String {
    let process = try ChildProcess(lastcall, "completions", shell)
    try process.expectExit(.code(0))
    return try TemporaryFolder().file("lastcall.\(shell)", process.standardOutput).path
  }

  /// An interactive shell on a terminal, prepared so, makes of each typed text what stands beside it.
  private func check(_ command: [String], _ preparation: String, _ completions: [(String, String)]) throws {
    let terminal = try PseudoTerminal()
    terminal.resize(rows: 60, columns: 200)
    let process = try ChildProcess(command) {
      $0.terminal = terminal
      $0.environment += ["TERM=dumb", "PS1=prompt> ", "HISTFILE=", "HOME=/nonexistent"]
    }
    try terminal.type("\(preparation); echo pre''pared\n", until: "prepared")
    for (typed, completed) in completions { try terminal.type("\(typed)\u{1}echo \n", until: completed) }
    try terminal.type("\u{15}exit 7\n")
    try process.expectExit(.code(7))
  }

  @Test(.needs("bash")) func `bash completes options, their values, commands and topics`() throws {
    let file = try script(for: "bash")
    try check(
      ["bash", "--norc", "--noprofile", "-i"], "source \(file); bind 'set bell-style none'",
      [
        ("lastcall --gra\t30s", "--grace-period 30s"), ("lastcall wait-th\t--unt\t", "wait-then-signal --until-quiet"),
        ("lastcall --for ngi\t", "--for nginx"), ("lastcall --for=post\t", "--for=postgres"),
        ("lastcall help exit\t", "help exit-codes"), ("lastcall completions fi\t", "completions fish"),
        ("lastcall wait-then-signal --pid-\t", "signal --pid-file"), ("lastcall --wait 5s --reser\t", "5s --reserve"),
      ])
  }

  @Test(.needs("zsh")) func `zsh completes options, their values, commands and topics`() throws {
    let file = try script(for: "zsh")
    try check(
      ["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; unsetopt beep; source \(file)",
      [
        ("lastcall --gra\t30s", "--grace-period=30s"), ("lastcall wait-th\t--unt\t", "wait-then-signal --until-quiet"),
        ("lastcall --for=ngi\t", "--for=nginx"), ("lastcall help exit\t", "help exit-codes"),
        ("lastcall completions fi\t", "completions fish"), ("lastcall wait-then-signal --pid-\t", "signal --pid-file"),
      ])
  }

  @Test(.needs("fish")) func `fish completes options, their values, commands and topics`() throws {
    let file = try script(for: "fish")
    for (typed, completed) in [
      ("lastcall --gra", "--grace-period"), ("lastcall wait-then-signal --unt", "--until-quiet"),
      ("lastcall wait-th", "wait-then-signal"), ("lastcall --for ngi", "nginx"), ("lastcall help exit", "exit-codes"),
      ("lastcall completions fi", "fish"), ("lastcall wait-then-signal --pid-", "--pid-file"),
    ] {
      let fish = try ChildProcess("fish", "-N", "-c", "source \(file); complete -C '\(typed)'") {
        $0.environment += ["HOME=\(try! TemporaryFolder().path)"]
      }
      try fish.expectExit(.code(0))
      #expect(fish.standardOutput.split(separator: "\n").contains { $0.hasPrefix(completed) }, "\(fish)")
      #expect(fish.standardError == "")
    }
  }

  @Test func `options of one command are not offered for the other`() throws {
    let process = try ChildProcess(
      "bash", "-c",
      "source \(try script(for: "bash")); COMP_WORDS=(lastcall wait-then-signal --); COMP_CWORD=2; _lastcall; echo ${COMPREPLY[@]}"
    )
    try process.expectExit(.code(0))
    #expect(process.standardOutput.contains("--pid-file") && !process.standardOutput.contains("--exit-code"))
  }

  @Test func `an unknown shell is refused with the three that there are`() throws {
    for words in [["completions"], ["completions", "tcsh"], ["completions", "bash", "zsh"]] {
      let process = try ChildProcess([lastcall] + words)
      try process.expectExit(.code(125))
      #expect(process.standardError == "lastcall: completions takes one argument: bash, zsh or fish\n")
    }
  }
}
