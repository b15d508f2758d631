// A container that runc runs, as containerd has it do.

import CHarness
import Foundation

final class RuncContainer: StoppableContainer {
  /// `runc run`, whose exit code is PID 1's.
  let process: ChildProcess
  private let folder: TemporaryFolder
  private let name = "lastcall-test-\(UUID().uuidString)"

  convenience init(_ command: String...) throws { try self.init(command) }

  /// Runs a command as PID 1 with this machine's programs, read-only, and an empty termination message.
  ///
  /// - Parameter isDefaultProfile: only the system calls that container engines allow by default, for a container without
  ///   capabilities; any other one kills its process.
  init(_ command: [String], isDefaultProfile: Bool = false) throws {
    folder = try TemporaryFolder()
    let root = try folder.folder("root")
    for name in ["bin", "lib", "lib64", "sbin"] {
      try FileManager.default.createSymbolicLink(atPath: "\(root.path)/\(name)", withDestinationPath: "usr/\(name)")
    }
    let shared = Set(["/usr", "/etc", "/opt", Binary.folder(of: lastcall), Binary.folder(of: echo)])
    let mounts =
      [
        ["destination": "/proc", "type": "proc", "source": "proc"],
        ["destination": "/dev", "type": "tmpfs", "source": "tmpfs"],
      ]
      + shared.sorted().map { ["destination": $0, "type": "bind", "source": $0, "options": ["rbind", "ro"]] }
    try folder.file("termination-log", "")
    let log: [String: Any] = [
      "destination": "/dev/termination-log", "type": "bind", "source": "\(folder.path)/termination-log",
      "options": ["bind"],
    ]
    var linux: [String: Any] = ["namespaces": ["pid", "mount", "ipc", "uts", "network"].map { ["type": $0] }]
    if isDefaultProfile { linux["seccomp"] = try Self.defaultProfile() }
    let configuration: [String: Any] = [
      "ociVersion": "1.0.2",
      "process": [
        "cwd": "/", "args": command, "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        "user": ["uid": 0, "gid": 0], "noNewPrivileges": true,
      ],
      "root": ["path": "root"], "mounts": mounts + [log],
      "linux": linux,
    ]
    let text = String(decoding: try JSONSerialization.data(withJSONObject: configuration), as: UTF8.self)
    try folder.file("config.json", text)
    process = try ChildProcess(
      ["runc", "--root", "\(folder.path)/state", "run", "--bundle", folder.path, name])
  }

  deinit { _ = try? runc("delete", "--force", name).waitForExit() }

  private func runc(_ words: String...) throws -> ChildProcess {
    try ChildProcess(["runc", "--root", "\(folder.path)/state"] + words)
  }

  func runHook(_ command: [String]) throws -> ChildProcess {
    try ChildProcess(["runc", "--root", "\(folder.path)/state", "exec", name] + command)
  }

  /// `runc kill`. That the container has ended meanwhile is no failure.
  func signal(_ number: Int32) throws { try runc("kill", name, "\(number)").waitForExit() }

  /// What the kubelet would find in the pod's termination message.
  func terminationMessage() throws -> String {
    try String(contentsOfFile: "\(folder.path)/termination-log", encoding: .utf8)
  }

  /// Where Debian has the profile of podman and buildah.
  static let profilePath = "/usr/share/containers/seccomp.json"

  /// The engines' profile as a runtime gets it: their conditions decided.
  private static func defaultProfile() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: profilePath))
    guard let profile = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      let rules = profile["syscalls"] as? [[String: Any]]
    else { throw HarnessError("\(profilePath) is no profile") }
    let applying = rules.compactMap { rule -> [String: Any]? in
      // Calls that need a capability, or belong to another architecture.
      if (rule["includes"] as? [String: Any])?.isEmpty == false { return nil }
      var rule = rule.filter { ["names", "action", "errnoRet", "args"].contains($0.key) }
      if (rule["args"] as? [Any])?.isEmpty != false { rule["args"] = nil }
      return rule
    }
    let start: [String: Any] = ["names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW"]
    return ["defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": applying + [start]]
  }

  /// Whether containers can be run here.
  static let works: Bool = {
    guard Machine.has("runc"), let container = try? RuncContainer("true") else { return false }
    // Its end deletes it, which must not come first.
    return withExtendedLifetime(container) { (try? container.process.waitForExit()) == .code(0) }
  }()
}
