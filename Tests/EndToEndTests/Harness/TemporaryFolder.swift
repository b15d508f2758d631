// Files of a test.

import Foundation

/// A folder that every user may enter; gone at the end of the test run.
struct TemporaryFolder {
  let url: URL
  var path: String { url.path }

  /// One of the run's own folder, which `EndToEndTests` leaves to the end of the process.
  init() throws {
    url = Self.ofThisRun.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    chmod(Self.ofThisRun.path, 0o755)
  }

  private init(at url: URL) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func folder(_ name: String) throws -> TemporaryFolder { try TemporaryFolder(at: url.appendingPathComponent(name)) }

  @discardableResult
  func file(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> URL {
    let file = url.appendingPathComponent(name)
    try text.write(to: file, atomically: false, encoding: .utf8)
    chmod(file.path, mode)
    return file
  }

  private static let ofThisRun: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lastcall-tests-\(getpid())")
    atexit { try? FileManager.default.removeItem(at: TemporaryFolder.ofThisRun) }
    return folder
  }()
}
