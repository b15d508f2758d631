// §1.2, §2.1: the app finds what it would have found without lastcall. Each test starts the echo both ways and compares.

import CHarness
import Foundation
import Testing

struct InheritanceTests {
  /// What the echo says of itself when started directly, and under lastcall with `options`.
  private func inherited(
    _ options: [String] = [], _ configure: (inout Setup) -> Void
  ) throws -> (directly: [String], supervised: [String]) {
    func shown(_ command: [String]) throws -> [String] {
      let process = try ChildProcess(command + [echo, "show"], configure: configure)
      try process.waitForLine(containing: "ready")
      // Whether it is the terminal's, whose child it is, and when it dies with its parent differ as they should.
      let differing = ["ready", "foreground", "parent-death"]
      return process.lines.filter { line in !differing.contains { line.hasPrefix($0) } }
    }
    return (try shown([]), try shown([lastcall] + options + ["--"]))
  }

  @Test func `the app starts with nothing blocked or ignored when lastcall was`() throws {
    let (directly, supervised) = try inherited { _ in }
    #expect(supervised == directly)
    #expect(supervised.prefix(2) == ["mask ", "ignored "])
  }

  @Test func `signals blocked in lastcall's parent are blocked in the app`() throws {
    let (directly, supervised) = try inherited {
      $0.blockedSignals = [SIGHUP, SIGTERM, SIGCHLD, SIGTTOU, 32, 33, 34, 64]
    }
    #expect(supervised == directly)
    #expect(supervised.first == "mask HUP TERM CHLD TTOU 32 33 RTMIN RTMIN+30")
  }

  @Test(arguments: [[SIGHUP], [SIGPIPE], [SIGCHLD], [SIGINT, SIGQUIT], [SIGTTIN, SIGTTOU, SIGTSTP], Array(32...64)])
  func `signals ignored by lastcall's parent are ignored by the app`(ignored: [Int32]) throws {
    let (directly, supervised) = try inherited { $0.ignoredSignals = ignored }
    #expect(supervised == directly)
    #expect(supervised[1].split(separator: " ").count == 1 + ignored.count)
  }

  @Test func `descriptors reach the app, and lastcall's own do not`() throws {
    let (reading, writing) = try makePipe()
    defer {
      close(reading)
      close(writing)
    }
    let (directly, supervised) = try inherited {
      $0.descriptors = [(number: 3, ours: reading), (number: 9, ours: writing)]
    }
    #expect(supervised == directly)
    #expect(supervised.contains("descriptors 0 1 2 3 9"))
  }

  @Test(arguments: [[Int32(0)], [2], [0, 2]])
  func `closed standard descriptors are closed in the app, and no other stands in their place`(closed: [Int32]) throws {
    let (directly, supervised) = try inherited(["-v"]) { $0.closed = closed }
    #expect(supervised == directly)
  }

  @Test func `lastcall holds no pipe open that the app has closed`() throws {
    let (reading, writing) = try makePipe()
    let process = try ChildProcess(lastcall, "--", "sh", "-c", "exec 7>&-; echo closed; read line") {
      $0.standardInput = .pipe
      $0.descriptors = [(number: 7, ours: writing)]
    }
    close(writing)
    try process.waitForLine(containing: "closed")
    // An end-of-file, or a test that hangs.
    let pipe = CapturedOutput(reading)
    try Waiting.wait(on: [pipe], or: nil) { pipe.hasEnded ? () : nil }
    #expect(process.exit == nil)
  }

  @Test func `words of any bytes reach the app unchanged`() throws {
    let words: [[UInt8]] = [[0xff, 0xfe], [], Array("--map".utf8), [0x0a], Array("ä €".utf8), Array(1...255)]
    let (directly, supervised) = try inherited { $0.rawArguments = words }
    #expect(supervised == directly)
    #expect(supervised.contains("word fffe") && supervised.contains("word "))
  }

  @Test func `variables of any bytes reach the app unchanged, in order, twice if they are there twice`() throws {
    let variables = ["BYTES=\u{1}", "TWICE=1", "TWICE=2", "no equals sign", "LASTCALL_MAP=USR1=USR2", "EMPTY="]
    let (directly, supervised) = try inherited {
      $0.environment += variables
      $0.rawEnvironment = [[0x41, 0x3d, 0xff, 0xc0], Array(128...255)]
    }
    #expect(supervised == directly)
    #expect(supervised.contains("variable 413dffc0"))
  }

  @Test func `a command line and environment of a megabyte reach the app`() throws {
    let long = [UInt8](repeating: 0x61, count: 100_000)
    let (directly, supervised) = try inherited {
      $0.rawArguments = Array(repeating: long, count: 5)
      $0.rawEnvironment = Array(repeating: Array("B=".utf8) + long, count: 5)
    }
    // Not compared in the expectation, which would print both.
    let isSame = supervised == directly
    #expect(isSame)
  }

  @Test func `the app starts in lastcall's directory`() throws {
    let (directly, supervised) = try inherited { $0.directory = "/usr/share" }
    #expect(supervised == directly)
    #expect(supervised.contains("directory /usr/share"))
  }

  @Test(.needsRoot) func `the app starts in a directory that lastcall may enter but not read`() throws {
    let folder = try TemporaryFolder()
    try #require(chmod(folder.path, 0o711) == 0)
    let (directly, supervised) = try inherited {
      $0.directory = folder.path
      $0.user = 65534
    }
    #expect(supervised == directly)
    #expect(supervised.contains { $0.hasPrefix("directory ") && $0.hasSuffix(folder.url.lastPathComponent) })
  }

  @Test func `the app starts in a directory that has been removed`() throws {
    let folder = try TemporaryFolder()
    let script = "cd \(folder.path) && rmdir \(folder.path) && exec \(lastcall) -- sh -c 'exit 4'"
    try ChildProcess("sh", "-c", script).expectExit(.code(4))
  }

  @Test func `lastcall's own directory keeps nothing from being unmounted`() throws {
    let process = try ChildProcess(lastcall, "--", echo) { $0.directory = "/usr/share" }
    try process.waitForLine(containing: "ready")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.pid)/cwd") == "/")
  }

  @Test func `a parent that ignores CHLD hides no exit code`() throws {
    try ChildProcess(lastcall, "--", "sh", "-c", "exit 3") { $0.ignoredSignals = [SIGCHLD] }.expectExit(.code(3))
  }

  @Test(.needsNamespaces) func `PID 1 with CHLD ignored knows its app's exit code`() throws {
    try Container(lastcall, "--", "sh", "-c", "exit 3") { $0.ignoredSignals = [SIGCHLD] }.expectExit(.code(3))
  }

  @Test func `the app dies by a broken pipe as it would without lastcall`() throws {
    let (reading, writing) = try makePipe()
    close(reading)
    let process = try ChildProcess(lastcall, "--", "sh", "-c", "while echo y; do :; done") {
      $0.standardOutput = .descriptor(writing)
    }
    close(writing)
    try process.expectExit(.code(128 + SIGPIPE))
  }
}
