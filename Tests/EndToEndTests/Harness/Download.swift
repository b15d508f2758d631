// A response in flight: a file that no socket's buffer holds, and a client that reads on only when it is told to.

import Foundation
import Testing

/// A client beside a container that has the first line of the response to GET /big.
struct Download {
  static let size = 64 << 20
  private let client: ChildProcess

  init(from server: Container, port: Int = 8080) throws {
    let script = """
      exec 3<>/dev/tcp/127.0.0.1/\(port) && printf 'GET /big HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && echo "$line"
      read -r go && cat <&3 | wc -c
      """
    client = try ChildProcess("bash", "-c", script) {
      $0.networkOf = server
      $0.standardInput = .pipe
    }
    try client.waitForLine(containing: "200 OK")
  }

  /// Reads the rest; says whether it was whole.
  func finish() throws -> Bool {
    try client.write("go\n")
    try client.expectExit(.code(0))
    return try #require(Int(client.lines.last ?? "")) > Self.size
  }

  /// A folder with the file, and a configuration for nginx that serves it on port 8080 in the foreground.
  static func nginxConfiguration() throws -> String {
    let folder = try TemporaryFolder()
    try #require(truncate(try folder.file("big", "").path, size) == 0)
    return try folder.file(
      "nginx.conf",
      """
      daemon off; user root; worker_processes 1; pid \(folder.path)/pid; error_log stderr notice;
      events {}
      http { access_log off; server { listen 8080; root \(folder.path); } }

      """
    ).path
  }
}

extension Container {
  /// A container with a network whose command runs nginx with this configuration, serving.
  static func nginx(_ command: [String]) throws -> Container {
    let container = try Container(command) { $0.network = true }
    try container.waitForLine(containing: "start worker process ", of: .standardError)
    return container
  }
}
