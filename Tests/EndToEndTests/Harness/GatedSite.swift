// A request that takes as long as the test wants: a site for gunicorn whose answer waits for a gate.

import CHarness
import Foundation
import Testing

/// `app:app` in `folder`; says "request begun" on its output.
struct GatedSite {
  static let gunicorn = ["gunicorn", "--bind", "127.0.0.1:8000", "app:app"]

  let folder: TemporaryFolder
  private let gate: String

  init() throws {
    folder = try TemporaryFolder()
    gate = "\(folder.path)/gate"
    try #require(mkfifo(gate, 0o666) == 0)
    chmod(gate, 0o666)
    try folder.file(
      "app.py",
      """
      def app(environ, start_response):
          print("request begun", flush=True)
          open("\(gate)").read()
          start_response("200 OK", [("Content-Length", "5")])
          return [b"done\\n"]

      """)
  }

  /// A request is at work in gunicorn, which `command` starts in a container, when TERM comes, and is answered after it.
  func expectAnswer(from command: [String], thenExit exit: Exit) throws {
    let server = try Container(command) {
      $0.network = true
      $0.directory = folder.path
    }
    try server.waitForLine(containing: "Booting worker", of: .standardError)
    let client = try ChildProcess("curl", "--silent", "--show-error", "http://127.0.0.1:8000/") {
      $0.networkOf = server
    }
    try server.waitForLine(containing: "request begun")
    try server.send(SIGTERM)
    try server.waitForLine(containing: "Handling signal: term", of: .standardError)
    try openGate()
    try client.expectExit(.code(0))
    #expect(client.standardOutput == "done\n")
    try server.expectExit(exit)
  }

  /// Lets the answer go; comes back when somebody has passed.
  func openGate() throws { try ChildProcess("sh", "-c", "echo > \(gate)").expectExit(.code(0)) }
}
