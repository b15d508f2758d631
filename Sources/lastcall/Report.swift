// The only printer: every line that lastcall writes while it runs is made here, as text or as JSON.

import Lifecycle
import LinuxCalls
import Options

/// Where lines go, and which.
final class Report {
  var isVerbose = false
  /// A further descriptor that gets each line: the container's log, for a hook.
  var copy: Int32?
  /// Lines that nobody could be told, because the log was full or dead.
  private(set) var lost = 0
  /// The line being built.
  var entry = Entry()
  private var level: UInt8 = 0
  private var format = LogFormat.text
  private var dialect = Dialect.lastcall
  private var verbosity = 0

  /// - Parameter settings: none for what is said as text, in lastcall's own words, and always.
  @inline(never)
  init(_ settings: Settings? = nil) {
    guard let settings else { return }
    format = settings.logFormat
    isVerbose = settings.verbose
    dialect = settings.dialect
    verbosity = settings.verbosity
  }

  /// Tells news in a peer's words, if that is asked for.
  @inline(never)
  func tell(_ news: News, _ first: Int, _ second: Int, _ text: [UInt8], _ reason: [UInt8]) {
    let own = OurProcess.identifier
    if let line = dialect.line(news, first, second, text, reason, verbosity: verbosity, own: own) {
      StandardError.write(line)
    }
  }

  @inline(never)
  func tell(_ news: News, _ first: Int = 0, _ second: Int = 0) { tell(news, first, second, [], []) }

  /// Builds and writes a line that is one row.
  @inline(never)
  func write(_ message: Message, _ first: Int = 0, _ second: Int = 0) {
    add(message, first, second)
    send()
  }

  /// The same with a text from outside, and `cannot <verb> <object>: <reason>; <what happens next>`.
  @inline(never)
  func write(_ message: Message, _ text: [UInt8], _ reason: Errno) {
    add(message, Int(reason.code), 0, text, reason)
    send()
  }

  /// Begins a line or goes on with it, as the row says.
  @inline(never)
  func add(_ message: Message, plus offset: UInt8 = 0, _ first: Int = 0, _ second: Int = 0) {
    add(row: message.rawValue &+ offset, first, second, [], .none)
  }

  func add(_ message: Message, _ first: Int, _ second: Int, _ text: [UInt8], _ reason: Errno) {
    add(row: message.rawValue, first, second, text, reason)
  }

  @inline(never)
  private func add(row: UInt8, _ first: Int, _ second: Int, _ text: [UInt8], _ reason: Errno) {
    let row = Message.table.line(Int(row))
    if row[0] != 0x2b {
      level = row[0] &- 0x30
      entry.begin()
      if format == .text { entry.text.add("lastcall: ") }
      entry.fields.add("{\"program\":\"lastcall\",\"level\":\"")
      entry.fields.add(row: Int(level), of: "info notice warning", separator: 0x20)
      entry.fields.add("\",\"event\":\"")
    }
    let words = reason == .none ? [] : reason.text.bytes
    entry.add(row: row, first, second, text, words)
  }

  /// Writes the line, unless it is a detail (level 0) that was not asked for.
  @inline(never)
  func send() {
    if level == 0 && !isVerbose { return }
    if format == .json {
      entry.fields.add(",\"message\":")
      entry.fields.add(quoted: entry.text.bytes)
      entry.fields.add("}")
    }
    let line = format == .json ? entry.fields : entry.text
    if !StandardError.write(line) { lost &+= 1 }
    if let copy { StandardError.write(line, to: copy) }
  }

  /// `gunicorn (8), sh (7)`.
  @inline(never)
  func add(_ processes: [ProcessEntry], atMost limit: Int) {
    if processes.isEmpty { add(.noProcesses) }
    var index = 0
    while index < processes.count {
      if index == limit { return add(.andMore, processes.count &- limit) }
      let process = processes[index]
      add(index == 0 ? .process : .nextProcess, Int(process.process), 0, process.name, .none)
      index &+= 1
    }
  }
}

extension Errno {
  /// Where there is no reason to be told.
  static let none = Errno(code: 0)
}
