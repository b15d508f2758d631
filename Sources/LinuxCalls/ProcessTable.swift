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
    guard let text = read(process, "comm") else { return nil }
    return Line(text.upTo(text.count - (text[text.count - 1] == 0x0a ? 1 : 0))).bytes
  }

  /// The words of its command line (/proc/PID/cmdline); at most 64 kB of it. They stay until the next call.
  @inline(never)
  public static func commandLine(of process: Int32) -> Words? {
    read(process, "cmdline").map { words(in: $0) }
  }

  static func words(in text: Text) -> Words {
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

  static func signals(_ field: StaticString, in text: Text) -> SignalSet? {
    var rest = text
    while !rest.isEmpty {
      let end = rest.index(of: 0x0a)
      let length = field.utf8CodeUnitCount
      if end > length && rest.starts(with: Text(field)) {
        var bits: UInt64 = 0
        for index in length..<end {
          let byte = rest[index]
          let digit = byte >= 0x61 ? byte &- 0x61 &+ 10 : byte &- 0x30
          if digit < 16 && (digit < 10) == (byte < 0x61) { bits = bits << 4 | UInt64(digit) }
        }
        return SignalSet(bits: bits)
      }
      rest = rest.from(end + 1)
    }
    return nil
  }

  /// Whether a process is in sigwait(3): then the kernel shows what it waits for as neither blocked nor caught, and keeps it
  /// all the same. Told by the kernel's function that it sleeps in (/proc/PID/wchan); false where that is not shown.
  public static func isInSignalWait(_ process: Int32) -> Bool {
    read(process, "wchan")?.starts(with: Text("do_sigtimedwait")) ?? false
  }

  /// Every process; nil without /proc.
  public static func all() -> [ProcessEntry]? {
    var entries: [ProcessEntry] = []
    let folder = Descriptor.open("/proc", O_RDONLY | O_DIRECTORY)
    while true {
      // Safe: so many bytes are there, and what is read meanwhile goes elsewhere.
      let buffer = unsafe File.entriesPlace
      let count = unsafe linux_directory_entries(folder, buffer, Int(linux_entries_size))
      guard count > 0 else { break }
      let part = unsafe Text(immortal: buffer, count: count)
      var offset = 0
      // Each entry: inode 8, offset 8, length 2, type 1, name (getdents64(2)).
      while offset + 19 < count {
        let length = Int(part[offset + 16]) | Int(part[offset + 17]) << 8
        guard length > 19 else { break }
        if let process = number(part.from(offset + 19)), let text = read(process, "stat"),
          let entry = entry(of: process, in: text)
        {
          entries.add(entry)
        }
        offset += length
      }
    }
    _ = linux_close(folder)
    return entries.isEmpty ? nil : entries
  }

  /// A live child of `parent`, the first found.
  public static func child(of parent: Int32) -> ProcessEntry? {
    for entry in all() ?? [] where entry.parent == parent { return entry }
    return nil
  }

  /// Every process that descends from `ancestor`, itself not included; nil without /proc.
  public static func descendants(of ancestor: Int32) -> [ProcessEntry]? {
    guard var entries = all() else { return nil }
    // Those that descend come first, and each is looked at once as a parent.
    var found = 0
    var next = 0
    var parent = ancestor
    while true {
      for index in found..<entries.count where entries[index].parent == parent {
        entries.swapAt(index, found)
        found += 1
      }
      if next == found { break }
      parent = entries[next].process
      next += 1
    }
    entries.removeLast(entries.count - found)
    return entries
  }

  /// The parent (0 if it is outside of the PID namespace) and the name, from /proc/PID/stat: `PID (NAME) STATE PPID …`. Nil
  /// for a zombie, which is over.
  static func entry(of process: Int32, in text: Text) -> ProcessEntry? {
    let open = text.index(of: 0x28)
    let close = end(ofNameIn: text)
    guard open < close, close + 4 < text.count, text[close + 2] != 0x5a,
      let parent = number(text.from(close + 4))
    else { return nil }
    return ProcessEntry(process: process, parent: parent, name: Line(text.upTo(close).from(open + 1)).bytes)
  }

  /// Where the name's bracket closes, the last of all; 0 if none does.
  private static func end(ofNameIn text: Text) -> Int {
    var close = text.count
    while close > 0 && text[close] != 0x29 { close -= 1 }
    return close
  }

  /// When a process started, in the kernel's ticks (field 22 of /proc/PID/stat); `ended` for a zombie, nil where /proc
  /// does not tell.
  public static func start(of process: Int32) -> UInt64? {
    read(process, "stat").flatMap { start(in: $0) }
  }

  static func start(in text: Text) -> UInt64? {
    let close = end(ofNameIn: text)
    guard close > 0, close + 2 < text.count else { return nil }
    if text[close + 2] == 0x5a { return ended }
    // The state behind the name is field 3.
    var field = 2
    var ticks: UInt64 = 0
    for index in close + 1..<text.count {
      let byte = text[index]
      if byte == 0x20 { field += 1 }
      if field > 22 { break }
      if field == 22 && byte >= 0x30 && byte <= 0x39 { ticks = ticks &* 10 &+ UInt64(byte - 0x30) }
    }
    return ticks
  }

  /// The start of what is over.
  public static let ended = UInt64.max

  /// The control groups of a process (/proc/PID/cgroup), for comparison.
  public static func controlGroups(of process: Int32) -> [UInt8]? {
    read(process, "cgroup").map { Line($0).bytes }
  }

  // MARK: Files

  /// What the file of that process holds, until the next one is read.
  @inline(never)
  private static func read(_ process: Int32, _ file: StaticString) -> Text? {
    var path = Line("/proc/")
    path.add(Int(process))
    path.add("/")
    path.add(file)
    guard let count = File.load(Path(path)) else { return nil }
    // Safe: so many bytes were read.
    return unsafe Text(immortal: File.place, count: count)
  }

  /// The decimal number at the start, which must end with a NUL or a space.
  @inline(never)
  private static func number(_ text: Text) -> Int32? {
    var value: Int32 = 0
    for index in 0..<text.count {
      let byte = text[index]
      if byte == 0 || byte == 0x20 { return value }
      guard byte >= 0x30, byte <= 0x39, value < 100_000_000 else { return nil }
      value = value &* 10 &+ Int32(byte &- 0x30)
    }
    return nil
  }
}
