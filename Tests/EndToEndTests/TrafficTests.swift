// Waiting until traffic has moved away: real servers and clients in a network namespace of their own.

import CHarness
import Foundation
import Testing

@Suite(.needs("python3"), .needsNamespaces) struct TrafficTests {
  /// A server under lastcall, ready for requests on port 8000.
  private func startServer(_ options: String...) throws -> Container {
    let server = try Container([lastcall, "--log-format", "json", "-v"] + options + ["--"] + Self.server) {
      $0.network = true
    }
    try server.waitForLine(containing: "serving")
    return server
  }

  private static let server = [
    "python3", "-c",
    """
    import http.server
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"done\\n")
        def log_message(self, *words): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Answer)
    print("serving", flush=True)
    server.serve_forever()
    """,
  ]

  /// Asks again and again, each time by a new connection, for `seconds` or until the server is gone.
  private func startClient(of server: Container, seconds: Double) throws -> ChildProcess {
    let program = """
      import sys, time, urllib.request
      end = time.monotonic() + \(seconds)
      count = 0
      try:
          while time.monotonic() < end:
              assert urllib.request.urlopen("http://127.0.0.1:8000/").read() == b"done\\n"
              count += 1
              if count == 1: print("asking", flush=True)
          print("all answered", flush=True)
      except Exception:
          print("refused", flush=True)
      """
    let client = try ChildProcess("python3", "-c", program) { $0.networkOf = server }
    try client.waitForLine(containing: "asking")
    return client
  }

  /// The JSON of the last line that tells of this event.
  private func event(_ name: String, of container: Container) throws -> [String: Any] {
    let lines = container.standardError.split(separator: "\n").filter { $0.contains("\"event\":\"\(name)\"") }
    let line = try #require(lines.last, "\(container)")
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func `without traffic the wait ends as soon as that is certain`() throws {
    let server = try startServer("--until-quiet", "300ms", "--max-wait", "30s", "--grace-period", "60s")
    try server.send(SIGTERM)
    try server.expectExit(.code(143))
    let summary = try event("stopped", of: server)
    #expect(summary["wait_end"] as? String == "quiet")
    #expect(summary["new_connections"] as? Int == 0)
  }

  @Test func `traffic prolongs the wait, and every request of it is answered`() throws {
    let server = try startServer("--until-quiet", "400ms", "--max-wait", "30s", "--grace-period", "60s")
    let client = try startClient(of: server, seconds: 1.2)
    try server.send(SIGTERM)
    try client.expectExit(.code(0))
    #expect(client.standardOutput.contains("all answered"))
    try server.expectExit(.code(143))
    let summary = try event("stopped", of: server)
    #expect(summary["wait_end"] as? String == "quiet", "\(server)")
    let last = try #require(summary["last_connection_ms"] as? Int)
    #expect(try #require(summary["waited_ms"] as? Int) >= last + 400)
    #expect(try #require(summary["new_connections"] as? Int) > 0)
  }

  @Test func `where traffic never ends the wait does, and the summary says so`() throws {
    let server = try startServer("--until-quiet", "300ms", "--max-wait", "600ms", "--grace-period", "60s")
    let client = try startClient(of: server, seconds: 60)
    try server.send(SIGTERM)
    try server.expectExit(.code(143))
    try client.expectExit(.code(0))
    let summary = try event("stopped", of: server)
    #expect(summary["wait_end"] as? String == "not-quiet", "\(server)")
    #expect((summary["message"] as? String)?.contains("not quiet, but no more time") == true)
  }

  @Test func `after a fixed wait the summary says when the last connection came`() throws {
    let server = try startServer("--wait", "2s", "--grace-period", "30s")
    try server.send(SIGTERM)
    try server.waitForLine(containing: "stop-began", of: .standardError)
    let client = try startClient(of: server, seconds: 0.02)
    try client.expectExit(.code(0))
    try server.expectExit(.code(143))
    let summary = try event("stopped", of: server)
    #expect(summary["wait_end"] as? String == "over")
    let last = try #require(summary["last_connection_ms"] as? Int, "\(server)")
    let total = try #require(summary["total_ms"] as? Int)
    #expect(last > 0 && last <= total)
  }

  @Test func `peers that are ignored prolong nothing`() throws {
    let server = try startServer(
      "--until-quiet", "300ms", "--max-wait", "30s", "--grace-period", "60s", "--ignore-peer", "127.0.0.0/8")
    let client = try startClient(of: server, seconds: 60)
    try server.send(SIGTERM)
    try server.expectExit(.code(143))
    try client.expectExit(.code(0))
    #expect(try event("stopped", of: server)["wait_end"] as? String == "quiet", "\(server)")
  }

  @Test func `a person's second INT ends the wait for quiet`() throws {
    let server = try startServer("--until-quiet", "300ms", "--max-wait", "30s", "--grace-period", "60s")
    let client = try startClient(of: server, seconds: 60)
    try server.send(SIGINT)
    try server.waitForLine(containing: "stop-began", of: .standardError)
    try server.send(SIGINT)
    _ = try server.waitForExit()
    try client.expectExit(.code(0))
    #expect(try event("stopped", of: server)["wait_end"] as? String == "hurried", "\(server)")
  }

  @Test func `a hook alone waits for quiet as well`() throws {
    let server = try Container(Self.server) { $0.network = true }
    try server.waitForLine(containing: "serving")
    let client = try startClient(of: server, seconds: 0.6)
    let hook = try server.exec(
      lastcall, "wait-then-signal", "--signal", "none", "--until-quiet", "300ms", "--max-wait", "30s")
    try hook.expectExit(.code(0))
    try client.expectExit(.code(0))
    #expect(client.standardOutput.contains("all answered"))
    #expect(hook.standardError.contains("(quiet)"), "\(hook)")
    try server.send(SIGKILL)
    try server.expectExit(.signal(SIGKILL))
  }

  @Test(.needs("gunicorn")) func `gunicorn's accept queue is answered before gunicorn is signalled`() throws {
    let folder = try TemporaryFolder()
    let gate = "\(folder.path)/gate"
    try #require(mkfifo(gate, 0o600) == 0)
    try folder.file(
      "app.py",
      """
      def app(environ, start_response):
          if environ["PATH_INFO"] == "/first":
              print("first begun", flush=True)
              open("\(gate)").read()
          start_response("200 OK", [("Content-Length", "5")])
          return [b"done\\n"]

      """)
    let options = ["--until-quiet", "300ms", "--max-wait", "30s", "--grace-period", "60s", "-v"]
    let server = try Container(
      [lastcall] + options + ["--", "gunicorn", "--bind", "127.0.0.1:8000", "app:app"]
    ) {
      $0.network = true
      $0.directory = folder.path
    }
    try server.waitForLine(containing: "Booting worker", of: .standardError)
    // The one worker is busy with the first; the others stand in the kernel's queue.
    let first = try startRequest("/first", of: server)
    try server.waitForLine(containing: "first begun")
    let others = try (1...3).map { try startRequest("/\($0)", of: server) }
    try server.send(SIGTERM)
    try server.waitForLine(containing: "stop asked for", of: .standardError)
    try server.exec("sh", "-c", "echo > \(gate)").expectExit(.code(0))
    for request in [first] + others {
      try request.expectExit(.code(0))
      #expect(request.standardOutput.contains("done"), "\(request)")
    }
    try server.expectExit(.code(0))
    #expect(server.standardError.contains("(quiet)"), "\(server)")
  }

  /// A request whose connection the kernel has accepted when this returns.
  private func startRequest(_ path: String, of server: Container) throws -> ChildProcess {
    let program = """
      import socket
      connection = socket.create_connection(("127.0.0.1", 8000))
      connection.sendall(b"GET \(path) HTTP/1.0\\r\\n\\r\\n")
      print("asked", flush=True)
      print(connection.makefile().read(), flush=True)
      """
    let client = try ChildProcess("python3", "-c", program) { $0.networkOf = server }
    try client.waitForLine(containing: "asked")
    return client
  }

  @Test func `without sock_diag /proc tells, and without both the full time is waited, which is said`() throws {
    for hasProc in [true, false] {
      let container = try Container(
        lastcall, "--until-quiet", "100ms", "--max-wait", "400ms", "--", echo, "exit=15:0"
      ) {
        $0.network = true
        $0.proc = hasProc
        // socket(2).
        $0.withheldCalls = [41]
      }
      try container.waitForLine(containing: "ready")
      try container.send(SIGTERM)
      try container.expectExit(.code(0))
      #expect(container.standardError.contains("(quiet)") == hasProc, "\(container)")
      #expect(container.standardError.contains("cannot see the traffic here") != hasProc, "\(container)")
    }
  }
}
