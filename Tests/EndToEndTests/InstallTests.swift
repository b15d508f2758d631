// §7.3: `lastcall install DEST`, whole or not at all.

import CHarness
import Foundation
import Testing

struct InstallTests {
  private func names(in folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  /// The one line that says what failed; nothing was left behind.
  private func expectRefusal(_ process: ChildProcess, _ part: String) throws {
    try process.expectExit(.code(125))
    let lines = process.standardError.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("lastcall: cannot ") && lines[0].contains(part), "\(process)")
    #expect(process.standardError.hasSuffix("; nothing was installed\n"))
  }

  @Test func `a file is a whole copy that runs, mode 0755 whatever the umask`() throws {
    let folder = try TemporaryFolder()
    let copy = "\(folder.path)/init"
    try ChildProcess("sh", "-c", "umask 077; exec \(lastcall) install \(copy)").expectExit(.code(0))
    #expect(try names(in: folder) == ["init"])
    #expect(try mode(copy) == 0o755)
    #expect(FileManager.default.contentsEqual(atPath: copy, andPath: lastcall))
    try ChildProcess(copy, "--", "sh", "-c", "exit 4").expectExit(.code(4))
  }

  @Test(arguments: ["", "/"]) func `into a folder it goes by its own name`(suffix: String) throws {
    let folder = try TemporaryFolder()
    let process = try ChildProcess(lastcall, "install", folder.path + suffix)
    try process.expectExit(.code(0))
    #expect(try names(in: folder) == ["lastcall"])
    #expect(process.standardError == "" && process.standardOutput == "")
  }

  @Test func `it replaces a file in one step, while that is being run too`() throws {
    let folder = try TemporaryFolder()
    let copy = "\(folder.path)/lastcall"
    try ChildProcess(lastcall, "install", copy).expectExit(.code(0))
    let running = try ChildProcess(copy, "--", echo, "exit=15:3")
    try running.waitForLine(containing: "ready")
    try ChildProcess(lastcall, "install", copy).expectExit(.code(0))
    #expect(try names(in: folder) == ["lastcall"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(running.pid)/exe").contains("(deleted)"))
    try running.send(SIGTERM)
    try running.expectExit(.code(3))
  }

  @Test func `under a peer's name it is what the peer would do`() throws {
    let folder = try TemporaryFolder()
    try ChildProcess(lastcall, "install", "\(folder.path)/tini").expectExit(.code(0))
    let process = try ChildProcess("\(folder.path)/tini", "install", folder.path)
    try process.expectExit(.code(1))
    #expect(try names(in: folder) == ["tini"])
  }

  @Test func `a folder that is not there is named`() throws {
    let folder = try TemporaryFolder()
    let process = try ChildProcess(lastcall, "install", "\(folder.path)/no/lastcall")
    try expectRefusal(process, "\(folder.path)/no/lastcall")
    #expect(process.standardError.contains("No such file or directory (ENOENT)"))
  }

  @Test func `what cannot be replaced stays, and nothing is left beside it`() throws {
    let folder = try TemporaryFolder()
    try folder.folder("lastcall").file("kept", "kept")
    try expectRefusal(try ChildProcess(lastcall, "install", folder.path), "\(folder.path)/lastcall: Is a directory")
    #expect(try names(in: folder) == ["lastcall"])
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/lastcall/kept"))
  }

  @Test(.needsNamespaces) func `a read-only disk is told`() throws {
    let folder = try TemporaryFolder()
    let process = try Container(lastcall, "install", folder.path) { $0.readOnlyRoot = true }
    try expectRefusal(process, "Read-only file system (EROFS)")
    #expect(try names(in: folder) == [])
  }

  @Test(.needsNamespaces) func `a folder of another user is told`() throws {
    let folder = try TemporaryFolder()
    let process = try Container(lastcall, "install", folder.path) { $0.user = 65534 }
    try expectRefusal(process, "Permission denied (EACCES)")
    #expect(try names(in: folder) == [])
  }

  /// The second size has room for all but the last page, beside the old file's.
  @Test(.needsNamespaces, arguments: ["16k", "$(((${size}+4095)/4096*4))k"])
  func `a full disk leaves nothing, and the old file as it was`(size: String) throws {
    let folder = try TemporaryFolder()
    let script = """
      size=$(stat -c %s \(lastcall))
      mount -t tmpfs -o size=\(size) none \(folder.path); cd \(folder.path); echo old > lastcall
      \(lastcall) install \(folder.path); echo code $?; ls -A; cat lastcall
      """
    let process = try Container("sh", "-c", script)
    try process.expectExit(.code(0))
    #expect(process.standardOutput == "code 125\nlastcall\nold\n")
    #expect(process.standardError.contains("No space left on device (ENOSPC); nothing was installed"))
  }

  @Test(.needsNamespaces) func `without /proc it says that it cannot read itself`() throws {
    let folder = try TemporaryFolder()
    let process = try Container(lastcall, "install", folder.path) { $0.proc = false }
    try expectRefusal(process, "read /proc/self/exe")
    #expect(try names(in: folder) == [])
  }

  @Test(arguments: [["install"], ["install", ""], ["install", "a", "b"]])
  func `one destination is what it takes`(words: [String]) throws {
    let process = try ChildProcess([lastcall] + words)
    try process.expectExit(.code(125))
    #expect(process.standardError.hasPrefix("lastcall: install takes one argument"))
  }
}
