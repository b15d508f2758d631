// §2.4: an entrypoint.sh that starts the app without exec, and what lastcall says of it when it stops.

import CHarness
import Testing

struct ShellEntrypointTests {
  private func start(_ script: String, _ options: [String] = []) throws -> Container {
    let file = try TemporaryFolder().file("entrypoint.sh", "#!/bin/sh\n\(script)\n", mode: 0o755)
    let container = try Container([lastcall] + options + ["--", file.path])
    try container.waitForLine(containing: "ready")
    return container
  }

  @Test(.needsNamespaces) func `a shell that keeps TERM from its child is told of in one line, with the remedy`() throws
  {
    let container = try start("\(echo) exit=15:3; exit $?")
    try container.send(SIGTERM)
    try container.expectExit(.code(143))
    let lines = container.standardError.split(separator: "\n")
    #expect(lines.count == 1, "\(container)")
    for part in ["lastcall: ", "sh", "SignalEcho", "TERM", "exec"] {
      #expect(lines.first?.contains(part) == true, "\(part) is missing: \(container)")
    }
  }

  @Test(.needsNamespaces) func `it is told of without /proc in no line, and the signal goes on`() throws {
    let file = try TemporaryFolder().file("entrypoint.sh", "#!/bin/sh\n\(echo); exit\n", mode: 0o755)
    let container = try Container(lastcall, "--", file.path) { $0.proc = false }
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(143))
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `it is told of once, whatever comes after`() throws {
    let container = try start("trap '' INT; \(echo) exit=16:3; exit $?")
    for _ in 0..<3 {
      try container.send(SIGINT)
      try container.exec("kill", "-0", "1").expectExit(.code(0))
    }
    try container.send(SIGTERM)
    try container.expectExit(.code(143))
    #expect(container.standardError.split(separator: "\n").count == 1, "\(container)")
  }

  @Test(.needsNamespaces) func `a shell that execs its app is no such shell`() throws {
    let container = try start("exec \(echo) exit=15:3")
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `a shell that traps TERM is trusted to pass it on`() throws {
    let container = try start("trap 'kill -TERM $!; wait $!; exit $?' TERM; \(echo) exit=15:3 & wait")
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `with --group the child hears, and nothing is said`() throws {
    // The trap keeps the shell until its child has ended.
    let container = try start("trap : TERM; \(echo) exit=15:3; exit $?", ["--group"])
    try container.send(SIGTERM)
    try container.expectExit(.code(3))
    #expect(container.standardOutput.contains("15 TERM"))
    #expect(container.standardError == "")
  }

  @Test(.needsNamespaces) func `a signal that stops nothing is not commented on`() throws {
    let container = try start("\(echo); exit $?")
    try container.send(SIGWINCH)
    try container.send(SIGUSR1)
    try container.expectExit(.code(128 + SIGUSR1))
    #expect(container.standardError == "")
  }
}
