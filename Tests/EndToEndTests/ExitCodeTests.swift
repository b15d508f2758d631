// §2.6, §1.5: lastcall's exit code says how the app ended, or why it never ran.

import CHarness
import Foundation
import Testing

struct ExitCodeTests {
  @Test(arguments: [0, 1, 2, 42, 124, 125, 126, 127, 128, 143, 254, 255] as [Int32])
  func `the app's own code is lastcall's`(code: Int32) throws {
    try ChildProcess(lastcall, "--", "sh", "-c", "exit \(code)").expectExit(.code(code))
  }

  @Test func `an app that a signal ended gives 128 and its number`() throws {
    let harmless = [SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH]
    for number in Int32(1)...64 where !harmless.contains(number) {
      try ChildProcess(lastcall, "--", "sh", "-c", "ulimit -c 0; kill -\(number) $$").expectExit(.code(128 + number))
    }
  }

  @Test(.needsNamespaces) func `PID 1 gives the same codes`() throws {
    try Container(lastcall, "--", "sh", "-c", "exit 42").expectExit(.code(42))
    try Container(lastcall, "--", "sh", "-c", "kill -KILL $$").expectExit(.code(137))
    try Container(lastcall, "--", "/no/such/program").expectExit(.code(127))
  }

  @Test(
    arguments: [
      ("no-such-program", 127), ("/no/such/program", 127), ("/etc/passwd/program", 127), ("/etc", 126),
      ("/etc/passwd", 126),
    ] as [(String, Int32)])
  func `a command that cannot be run gives its code, and one line that names it`(command: String, code: Int32) throws {
    let process = try ChildProcess(lastcall, "--", command)
    try process.expectExit(.code(code))
    #expect(process.standardOutput == "")
    #expect(process.standardError.split(separator: "\n").count == 1)
    #expect(process.standardError.hasPrefix("lastcall: ") && process.standardError.contains(command))
  }

  @Test func `a script whose interpreter is missing was found but not runnable, and says so`() throws {
    let script = try TemporaryFolder().file("script", "#!/no/such/interpreter\n", mode: 0o755)
    let process = try ChildProcess(lastcall, "--", script.path)
    try process.expectExit(.code(126))
    #expect(process.standardError.contains("interpreter"))
  }

  @Test func `a script without an interpreter line is run by sh, as execvp does`() throws {
    let script = try TemporaryFolder().file("script", "echo by sh $1; exit 4\n", mode: 0o755)
    let process = try ChildProcess(lastcall, "--", script.path, "word")
    try process.expectExit(.code(4))
    #expect(process.standardOutput == "by sh word\n")
  }

  @Test func `a name that PATH finds unreadable first is found further on`() throws {
    let folder = try TemporaryFolder()
    let blocked = try folder.folder("blocked").file("tool", "exit 5", mode: 0o644)
    let good = try folder.folder("good").file("tool", "#!/bin/sh\nexit 6\n", mode: 0o755)
    let paths = [blocked, good].map { $0.deletingLastPathComponent().path }
    try ChildProcess(lastcall, "--", "tool") { $0.environment = ["PATH=\(paths.joined(separator: ":"))"] }
      .expectExit(.code(6))
    try ChildProcess(lastcall, "--", "tool") { $0.environment = ["PATH=\(paths[0])"] }.expectExit(.code(126))
  }

  @Test func `PATH means to lastcall what it means to execvp`() throws {
    let folder = try TemporaryFolder()
    try folder.file("tool", "#!/bin/sh\nexit 6\n", mode: 0o755)
    func run(_ command: String, _ environment: [String]) throws -> Exit {
      try ChildProcess(lastcall, "--", command) {
        $0.environment = environment
        $0.directory = folder.path
      }.waitForExit()
    }
    // An empty part is the current directory.
    for path in ["PATH=", "PATH=/bin:", "PATH=:/bin", "PATH=/bin::/usr/bin"] {
      #expect(try run("tool", [path]) == .code(6))
    }
    #expect(try run("tool", ["PATH=/bin"]) == .code(127))
    #expect(try run("./tool", ["PATH=/bin"]) == .code(6))
    // Without PATH there is a default one, which has the system's programs.
    #expect(try run("true", []) == .code(0))
    #expect(try run("tool", []) == .code(127))
  }

  @Test func `--exit-code gives another code for one`() throws {
    let rules = ["--exit-code", "143=0", "--exit-code=3=7"]
    func run(_ script: String) throws -> ChildProcess {
      try ChildProcess([lastcall] + rules + ["--", "sh", "-c", script])
    }
    try run("kill -TERM $$").expectExit(.code(0))
    try run("exit 3").expectExit(.code(7))
    try run("exit 4").expectExit(.code(4))
  }

  @Test func `LASTCALL_EXIT_CODE does what --exit-code does`() throws {
    try ChildProcess(lastcall, "--", "sh", "-c", "exit 3") { $0.environment.append("LASTCALL_EXIT_CODE=3=0,4=1") }
      .expectExit(.code(0))
  }

  @Test(arguments: [
    ["--mpa", "TERM=QUIT", "--", "true"], ["--map", "TERM", "--", "true"], ["--map", "TREM=QUIT", "--", "true"],
    ["--map"], ["--exit-code", "256=0", "--", "true"], ["--exit-code", "x=0", "--", "true"], ["--unknown"], [],
  ])
  func `bad input gives 125 and one line, and starts nothing`(words: [String]) throws {
    let process = try ChildProcess([lastcall] + words)
    try process.expectExit(.code(125))
    #expect(process.standardOutput == "")
    #expect(process.standardError.hasPrefix("lastcall: "), "\(process)")
    #expect(process.standardError.split(separator: "\n").count == 1, "\(process)")
  }

  @Test func `bad input names the option, what was given, and the nearest name`() throws {
    let option = try ChildProcess(lastcall, "--mpa", "TERM=QUIT", "--", "true")
    try option.expectExit(.code(125))
    #expect(option.standardError.contains("--mpa") && option.standardError.contains("--map"))
    let signal = try ChildProcess(lastcall, "--map", "TREM=QUIT", "--", "true")
    try signal.expectExit(.code(125))
    #expect(signal.standardError.contains("--map") && signal.standardError.contains("TREM"))
  }

  @Test func `options end at the command, whose own look alike`() throws {
    let process = try ChildProcess(lastcall, "sh", "-c", "echo $0 $1", "--map", "--help")
    try process.expectExit(.code(0))
    #expect(process.standardOutput == "--map --help\n")
    try ChildProcess(lastcall, "run", "--", "sh", "-c", "exit 9").expectExit(.code(9))
  }

  @Test func `--help and --version say it on standard output`() throws {
    let help = try ChildProcess(lastcall, "--help")
    try help.expectExit(.code(0))
    #expect(help.standardOutput.contains("--map") && help.lines.count <= 50 && help.standardError.isEmpty)
    let version = try ChildProcess(lastcall, "--version")
    try version.expectExit(.code(0))
    #expect(version.standardOutput.hasPrefix("lastcall "))
  }
}
