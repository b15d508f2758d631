// What /proc says of other processes.

import Foundation

struct ProcessEntry {
  let pid: Int32
  let parent: Int32
  let group: Int32
  /// "S", "Z", … as in proc_pid_stat(5).
  let state: String
  let name: String

  init?(_ pid: Int32) {
    guard let stat = Self.text(pid, "stat"), let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 3, let parent = Int32(fields[1]), let group = Int32(fields[2]) else { return nil }
    self.pid = pid
    self.parent = parent
    self.group = group
    state = String(fields[0])
    name = String(stat[stat.index(after: open)..<close])
  }

  /// The words it was started with, or its name in brackets.
  var command: String {
    let words = (Self.text(pid, "cmdline") ?? "").split(separator: "\0")
    return words.isEmpty ? "[\(name)]" : words.joined(separator: " ")
  }

  /// A line of /proc/PID/status: "voluntary_ctxt_switches", "SigBlk".
  func status(_ field: String) -> String? {
    for line in (Self.text(pid, "status") ?? "").split(separator: "\n") where line.hasPrefix("\(field):") {
      return line.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces)
    }
    return nil
  }

  /// The numbers of its open descriptors and where they lead.
  var descriptors: [Int32: String] {
    let folder = "/proc/\(pid)/fd"
    var result: [Int32: String] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let number = Int32(name) else { continue }
      result[number] = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
    }
    return result
  }

  /// A line of /proc/PID/maps, and what smaps says of it.
  struct Mapping {
    let file: String
    let isWritable: Bool
    var kilobytes = 0
    var residentKilobytes = 0
  }

  var mappings: [Mapping] {
    var result: [Mapping] = []
    for line in (Self.text(pid, "smaps") ?? "").split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields[0].contains("-") {
        result.append(Mapping(file: fields.count > 5 ? String(fields[5]) : "", isWritable: fields[1].contains("w")))
      } else if fields[0] == "Size:" {
        result[result.count - 1].kilobytes = Int(fields[1]) ?? 0
      } else if fields[0] == "Rss:" {
        result[result.count - 1].residentKilobytes = Int(fields[1]) ?? 0
      }
    }
    return result
  }

  static func children(of pid: Int32) -> [ProcessEntry] { all().filter { $0.parent == pid } }

  /// Its children, their children, and so on.
  static func descendants(of pid: Int32) -> [ProcessEntry] {
    let all = all()
    var result: [ProcessEntry] = []
    var parents: Set<Int32> = [pid]
    while !parents.isEmpty {
      let next = all.filter { parents.contains($0.parent) }
      result += next
      parents = Set(next.map(\.pid))
    }
    return result
  }

  private static func all() -> [ProcessEntry] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(Int32.init).compactMap(
      ProcessEntry.init)
  }

  private static func text(_ pid: Int32, _ file: String) -> String? {
    // To its end: FileManager stops a long file short.
    let data = try? FileHandle(forReadingAtPath: "/proc/\(pid)/\(file)")?.readToEnd()
    return data.map { String(decoding: $0, as: UTF8.self) }
  }
}
