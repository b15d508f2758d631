// The process table, as /proc shows it (proc(5)). Without /proc there is none, and every question is answered by nil.

import CLinux
import Lifecycle

/// A process that was seen in the table. By now its pid may be another's, unless it is our child or descendant.
public struct ProcessEntry: Equatable, Sendable {
  public let process: Int32
  /// 0 if it is outside of our PID namespace, as it is for every process that came from there.
  public let parent: Int32
  /// `comm`: the first 15 bytes of its name.
  public let name: [UInt8]

  public init(process: Int32, parent: Int32, name: [UInt8]) {
    self.process = process
    self.parent = parent
    self.name = name
  }
}

public enum ProcessTable {
  /// Whether there is one.
  public static var isThere: Bool { name(of: OurProcess.identifier) != nil }

  /// The name of a process (/proc/PID/comm), which every uid may read.
  public static func name(of process: Int32) -> [UInt8]? {
    guard var text = read(process, "comm") else { return nil }
    if text.last == 0x0a { text.removeLast() }
    return text
  }

  /// The words of its command line (/proc/PID/cmdline); at most 64 kB of it. They stay until the next call.
  @inline(never)
  public static func commandLine(of process: Int32) -> Words? {
    read(process, "cmdline").map { words(in: $0) }
  }

  static func words(in text: [UInt8]) -> Words {
    // One place for all of them, which is never given back, so that no view of it outlives its bytes.
    // Safe: one thread; no more is written than it holds.
    let place = unsafe File.secondPlace
    var count = 0
    let length = min(text.count, Int(linux_place_size))
    for index in 0..<length {
      unsafe place[index] = text[index]
      if text[index] == 0 { count += 1 }
    }
    return unsafe Words(Text(immortal: place, count: length), count: count)
  }

  /// One of the signal masks of /proc/PID/status: `SigBlk`, `SigIgn`, `SigCgt`.
  public static func signals(_ field: StaticString, of process: Int32) -> SignalSet? {
    read(process, "status").flatMap { signals(field, in: $0) }
  }

  static func signals(_ field: StaticString, in text: [UInt8]) -> SignalSet? {
    let label = Line(field).bytes
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0a) ?? text.count
      if end - start > label.count, Array(text[start..<start + label.count]) == label {
        return SignalSet(bits: hexadecimal(text[(start + label.count)..<end]))
      }
      start = end + 1
    }
    return nil
  }

  /// Whether a process is in sigwait(3): then the kernel shows what it waits for as neither blocked nor caught, and keeps it
  /// all the same. Told by the kernel's function that it sleeps in (/proc/PID/wchan); false where that is not shown.
  public static func isInSignalWait(_ process: Int32) -> Bool {
    let function = Line("do_sigtimedwait").bytes
    guard let text = read(process, "wchan"), text.count >= function.count else { return false }
    return Array(text[..<function.count]) == function
  }

  /// Every process; nil without /proc.
  public static func all() -> [ProcessEntry]? {
    var entries: [ProcessEntry] = []
    guard let folder = try? Descriptor(opening: "/proc", flags: O_RDONLY | O_DIRECTORY) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe linux_directory_entries(folder.number, $0.baseAddress, $0.count)
      }
      guard count > 0 else { break }
      var offset = 0
      // Each entry: inode 8, offset 8, length 2, type 1, name (getdents64(2)).
      while offset + 19 < count {
        let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
        guard length > 19, offset + length <= count else { break }
        if let process = number(buffer[(offset + 19)..<(offset + length)]), let text = read(process, "stat"),
          let entry = entry(of: process, in: text)
        {
          entries.add(entry)
        }
        offset += length
      }
    }
    return entries.isEmpty ? nil : entries
  }

  /// A live child of `parent`, the first found.
  public static func child(of parent: Int32) -> ProcessEntry? {
    for entry in all() ?? [] where entry.parent == parent { return entry }
    return nil
  }

  /// Every process that descends from `ancestor`, itself not included; nil without /proc.
  public static func descendants(of ancestor: Int32) -> [ProcessEntry]? {
    guard var rest = all() else { return nil }
    var found: [ProcessEntry] = []
    var parents = [ancestor]
    while let parent = parents.popLast() {
      var index = 0
      while index < rest.count {
        if rest[index].parent == parent {
          let entry = rest.remove(at: index)
          parents.add(entry.process)
          found.add(entry)
        } else {
          index += 1
        }
      }
    }
    return found
  }

  /// The parent (0 if it is outside of the PID namespace) and the name, from /proc/PID/stat: `PID (NAME) STATE PPID …`. Nil for a zombie, which is over.
  static func entry(of process: Int32, in text: [UInt8]) -> ProcessEntry? {
    guard let open = text.firstIndex(of: 0x28), let close = text.lastIndex(of: 0x29), open < close,
      close + 4 < text.count
    else { return nil }
    guard text[close + 2] != 0x5a, let parent = number(text[(close + 4)...]) else { return nil }
    return ProcessEntry(process: process, parent: parent, name: Array(text[(open + 1)..<close]))
  }

  /// When a process started, in the kernel's ticks (field 22 of /proc/PID/stat); `ended` for a zombie, nil where /proc
  /// does not tell.
  public static func start(of process: Int32) -> UInt64? {
    read(process, "stat").flatMap { start(in: $0) }
  }

  static func start(in text: [UInt8]) -> UInt64? {
    guard let close = text.lastIndex(of: 0x29), close + 2 < text.count else { return nil }
    if text[close + 2] == 0x5a { return ended }
    // The state behind the name is field 3.
    var field = 2
    var ticks: UInt64 = 0
    for byte in text[(close + 1)...] {
      if byte == 0x20 { field += 1 }
      if field > 22 { break }
      if field == 22 && byte >= 0x30 && byte <= 0x39 { ticks = ticks &* 10 &+ UInt64(byte - 0x30) }
    }
    return ticks
  }

  /// The start of what is over.
  public static let ended = UInt64.max

  /// The control groups of a process (/proc/PID/cgroup), for comparison.
  public static func controlGroups(of process: Int32) -> [UInt8]? { read(process, "cgroup") }

  // MARK: Files

  private static func read(_ process: Int32, _ file: StaticString) -> [UInt8]? {
    var path = Line("/proc/")
    path.add(Int(process))
    path.add("/")
    path.add(file)
    return File.read(Path(path), atMost: 65536)
  }

  /// The decimal number at the start, which must end with a NUL or a space.
  private static func number(_ text: ArraySlice<UInt8>) -> Int32? {
    var value: Int32 = 0
    for byte in text {
      if byte == 0 || byte == 0x20 { return value }
      guard byte >= 0x30, byte <= 0x39, value < 100_000_000 else { return nil }
      value = value * 10 + Int32(byte - 0x30)
    }
    return nil
  }

  private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    for byte in text {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt64(byte - 0x30)
      case 0x61...0x66: value = value << 4 | UInt64(byte - 0x57)
      default: break
      }
    }
    return value
  }
}
