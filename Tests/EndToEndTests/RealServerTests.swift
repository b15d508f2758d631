// The servers that people run: each finishes what it was doing when the container is told to stop.

import CHarness
import Foundation
import Testing

struct RealServerTests {
  static let size = 64 << 20

  /// nginx with a file that no socket buffer holds, as PID 1's app.
  private func startNginx(_ options: [String]) throws -> Container {
    let folder = try TemporaryFolder()
    try #require(truncate(try folder.file("big", "").path, Self.size) == 0)
    let configuration = try folder.file(
      "nginx.conf",
      """
      daemon off; user root; worker_processes 1; pid \(folder.path)/pid; error_log stderr notice;
      events {}
      http { access_log off; server { listen 8080; root \(folder.path); } }

      """)
    let nginx = try Container([lastcall] + options + ["--", "nginx", "-c", configuration.path]) { $0.network = true }
    try nginx.waitForLine(containing: "start worker process ", of: .standardError)
    return nginx
  }

  /// A client beside the container that has the first line of the answer, and reads on when it is told to: then it says how much there was.
  private func startDownload(from server: Container) throws -> ChildProcess {
    let script = """
      exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /big HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && echo "$line"
      read -r go && cat <&3 | wc -c
      """
    let client = try ChildProcess("bash", "-c", script) {
      $0.networkOf = server
      $0.standardInput = .pipe
    }
    try client.waitForLine(containing: "200 OK")
    return client
  }

  @Test(.needsNamespaces, .needs("nginx"), .needs("bash"))
  func `nginx that gets TERM as QUIT finishes a download, and then the container ends`() throws {
    let nginx = try startNginx(["--map", "TERM=QUIT"])
    let client = try startDownload(from: nginx)
    try nginx.send(SIGTERM)
    try nginx.waitForLine(containing: "gracefully shutting down", of: .standardError)
    try client.write("go\n")
    try client.expectExit(.code(0))
    #expect(try #require(Int(client.lines.last ?? "")) > Self.size)
    try nginx.expectExit(.code(0))
  }

  @Test(.needsNamespaces, .needs("nginx"), .needs("bash"))
  func `nginx that gets TERM as it is cuts a download`() throws {
    let nginx = try startNginx([])
    let client = try startDownload(from: nginx)
    try nginx.send(SIGTERM)
    try nginx.expectExit(.code(0))
    try client.write("go\n")
    try client.expectExit(.code(0))
    #expect(try #require(Int(client.lines.last ?? "")) < Self.size)
  }

  @Test(.needsNamespaces, .needs("gunicorn"), .needs("curl"))
  func `gunicorn answers the request that it has when TERM comes`() throws {
    let folder = try TemporaryFolder()
    let gate = "\(folder.path)/gate"
    try #require(mkfifo(gate, 0o600) == 0)
    try folder.file(
      "app.py",
      """
      def app(environ, start_response):
          print("request begun", flush=True)
          open("\(gate)").read()
          start_response("200 OK", [("Content-Length", "5")])
          return [b"done\\n"]

      """)
    let server = try Container(lastcall, "--", "gunicorn", "--bind", "127.0.0.1:8000", "app:app") {
      $0.network = true
      $0.directory = folder.path
    }
    try server.waitForLine(containing: "Booting worker", of: .standardError)
    let client = try ChildProcess("curl", "--silent", "http://127.0.0.1:8000/") { $0.networkOf = server }
    try server.waitForLine(containing: "request begun")
    try server.send(SIGTERM)
    try server.waitForLine(containing: "Handling signal: term", of: .standardError)
    try server.exec("sh", "-c", "echo > \(gate)").expectExit(.code(0))
    try client.expectExit(.code(0))
    #expect(client.standardOutput == "done\n")
    try server.expectExit(.code(0))
  }
}
