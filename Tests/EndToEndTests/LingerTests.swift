// §3.5: the app is gone, and others are alive: they are asked, waited for, and killed at the deadline.

import CHarness
import Foundation
import Testing

struct LingerTests {
  /// The shell dies of its stop signal, and what it ran becomes an orphan.
  private func start(_ script: String, _ options: [String] = [], first: Bool = true) throws -> ChildProcess {
    let command = [lastcall, "--grace-period", "20s"] + options + ["--", "sh", "-c", script]
    let process = first ? try Container(command) : try ChildProcess(command)
    try process.waitForLine(containing: "ready")
    return process
  }

  private func signals(_ process: ChildProcess) -> [String] { process.lines.filter { $0.contains(" from ") } }

  @Test(.needsNamespaces, arguments: [true, false])
  func `the orphan of a shell gets its TERM and the time to end`(asFirst: Bool) throws {
    let process = try start("\(echo) exit=10:0; exit $?", first: asFirst)
    let server = try #require(ProcessEntry.descendants(of: process.pid).last)
    try process.send(SIGTERM)
    try process.waitForLine(containing: "15 TERM")
    // It still had something to finish.
    kill(server.pid, SIGUSR1)
    try process.expectExit(.code(143))
    #expect(signals(process).count == 2)
  }

  @Test(.needsNamespaces, arguments: [true, false])
  func `a process that has left the app's group and session is found too`(asFirst: Bool) throws {
    let process = try start("setsid \(echo) exit=15:0; exit $?", first: asFirst)
    try process.send(SIGTERM)
    try process.expectExit(.code(143))
    #expect(signals(process).count == 1)
  }

  @Test(.needsNamespaces) func `a server's workers are the server's to end, not ours`() throws {
    let process = try start("\(echo) children=1 exit=10:0; exit $?")
    let shell = try #require(ProcessEntry.children(of: process.pid).first)
    let server = try #require(ProcessEntry.children(of: shell.pid).first)
    try process.send(SIGTERM)
    try process.waitForLine(containing: "15 TERM")
    kill(server.pid, SIGUSR1)
    // The worker is an orphan only now, and asked; it never ends.
    try process.waitForLine(containing: "child 1 15 TERM")
    #expect(signals(process).map { $0.split(separator: " from")[0] } == ["15 TERM", "10 USR1", "child 1 15 TERM"])
    try process.send(SIGKILL)
    try process.waitForExit()
  }

  @Test(.needsNamespaces) func `an orphan's orphan is asked when its turn comes`() throws {
    let process = try start("sh -c '\(echo) exit=15:0; exit $?'; exit $?")
    try process.send(SIGTERM)
    try process.expectExit(.code(143))
    #expect(signals(process).count == 1)
  }

  @Test(.needsNamespaces) func `an orphan gets the signal that the shell died of`() throws {
    let process = try start("\(echo) exit=10:0; exit $?", ["--signal", "USR1/10s/TERM"])
    try process.send(SIGTERM)
    try process.expectExit(.code(128 + SIGUSR1))
    #expect(signals(process).map { $0.prefix(2) } == ["10"])
  }

  @Test(.needsNamespaces) func `after an app that ended by itself the others get TERM`() throws {
    let process = try start("\(echo) exit=15:0 & wait")
    let shell = try #require(ProcessEntry.children(of: process.pid).first)
    kill(shell.pid, SIGKILL)
    try process.waitForLine(containing: "15 TERM")
    try process.expectExit(.code(137))
  }

  @Test(.needsNamespaces) func `at the deadline the rest is killed and named, and the exit code is the app's`() throws {
    let container = try Container(
      lastcall, "--grace-period", "1s", "--reserve", "500ms", "--", "sh", "-c", "\(echo); exit $?")
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(143))
    #expect(container.standardError.contains("alive at the deadline: SignalEcho (3)"), "\(container)")
    #expect(signals(container).count == 1)
  }

  @Test(.needsNamespaces) func `without /proc PID 1 asks all at once`() throws {
    let container = try Container(lastcall, "--grace-period", "20s", "--", "sh", "-c", "\(echo) exit=15:0; exit $?") {
      $0.proc = false
    }
    try container.waitForLine(containing: "ready")
    try container.send(SIGTERM)
    try container.expectExit(.code(143))
    #expect(signals(container).count == 1)
  }

  @Test(.needsNamespaces) func `processes that were put into the container beside the app are left alone`() throws {
    let process = try #require(try start("\(echo) exit=10:0; exit $?") as? Container)
    let visitor = try process.exec(echo)
    try visitor.waitForLine(containing: "ready")
    let server = try #require(ProcessEntry.descendants(of: process.pid).last)
    try process.send(SIGTERM)
    try process.waitForLine(containing: "15 TERM")
    kill(server.pid, SIGUSR1)
    // PID 1's end is complete when the visitor, whom it kills, has been reaped.
    try visitor.expectExit(.signal(SIGKILL))
    try process.expectExit(.code(143))
    #expect(signals(visitor) == [])
  }

  // MARK: Real servers behind a shell

  @Test(.needsNamespaces, .needs("nginx"), .needs("bash"))
  func `nginx behind sh -c finishes a response`() throws {
    let configuration = try Download.nginxConfiguration()
    let nginx = try Container.nginx(
      [lastcall, "--for", "nginx", "--grace-period", "30s", "--", "sh", "-c", "nginx -c \(configuration); exit $?"])
    let download = try Download(from: nginx)
    try nginx.send(SIGTERM)
    try nginx.waitForLine(containing: "gracefully shutting down", of: .standardError)
    #expect(try download.finish())
    try nginx.expectExit(.code(128 + SIGQUIT))
  }

  @Test(.needsNamespaces, .needs("gunicorn"), .needs("curl"))
  func `gunicorn behind an entrypoint.sh finishes its requests`() throws {
    let site = try GatedSite()
    let script = try site.folder.file(
      "entrypoint.sh", "#!/bin/sh\n\(GatedSite.gunicorn.joined(separator: " "))\nexit $?\n", mode: 0o755)
    try site.expectAnswer(from: [lastcall, "--grace-period", "30s", "--", script.path], thenExit: .code(143))
  }
}
