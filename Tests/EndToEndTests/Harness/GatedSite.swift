// A request that takes as long as the test wants: a site for gunicorn whose answer waits for a gate.

import CHarness
import Foundation
import Testing

/// `app:app` in `folder`; says "request begun" on its output.
struct GatedSite {
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

  /// A client beside the container.
  func request(from server: Container, port: Int = 8000) throws -> ChildProcess {
    try ChildProcess("curl", "--silent", "--show-error", "http://127.0.0.1:\(port)/") { $0.networkOf = server }
  }

  /// Lets the answer go; comes back when somebody has passed.
  func openGate() throws { try ChildProcess("sh", "-c", "echo > \(gate)").expectExit(.code(0)) }
}
