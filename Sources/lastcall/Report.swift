// The only printer: every line that lastcall writes while it runs is made here, as text or as JSON.

import Lifecycle
import LinuxCalls
import Options

/// How loud a line is.
enum Level {
  /// Only with `--verbose`.
  case detail
  /// What was asked for: a plan's summary.
  case notice
  case warning
}

/// A line as text for a person and as JSON fields for a machine, built side by side.
struct Entry {
  var text = Line()
  private(set) var fields = Line()

  init(_ event: StaticString, _ text: StaticString) {
    self.text.add(text)
    fields.add("\"event\":\"")
    fields.add(event)
    fields.add("\"")
  }

  private mutating func key(_ name: StaticString) {
    fields.add(",\"")
    fields.add(name)
    fields.add("\":")
  }

  mutating func field(_ name: StaticString, _ number: Int) {
    key(name)
    fields.add(number)
  }

  /// In milliseconds; the name says so.
  mutating func field(_ name: StaticString, _ span: Milliseconds) {
    key(name)
    fields.add(span.count)
  }

  mutating func field(_ name: StaticString, _ signal: Signal) {
    var text = Line()
    text.add(signal)
    field(name, text.bytes)
  }

  mutating func field(_ name: StaticString, _ text: StaticString) { field(name, Line(text).bytes) }

  mutating func field(_ name: StaticString, _ text: [UInt8]) {
    key(name)
    fields.add(quoted: text)
  }

  mutating func field(_ name: StaticString, json: Line) {
    key(name)
    fields.add(json)
  }
}

/// Where lines go, and which.
struct Report {
  var format = LogFormat.text
  var isVerbose = false
  /// Lines that nobody could be told, because the log was full or dead.
  private(set) var lost = 0
  /// A further descriptor that gets each line: the container's log, for a hook.
  var copy: Int32?
  private var dialect = Dialect.lastcall
  private var verbosity = 0

  init() {}

  init(_ settings: Settings) {
    format = settings.logFormat
    isVerbose = settings.verbose
    dialect = settings.dialect
    verbosity = settings.verbosity
  }

  /// Tells news in a peer's words, if that is asked for.
  func tell(_ news: News, _ details: NewsDetails = NewsDetails()) {
    if dialect == .lastcall { return }
    guard let line = dialect.line(news, details, verbosity: verbosity, own: OurProcess.identifier) else { return }
    StandardError.write(line)
  }

  mutating func write(_ level: Level, _ entry: Entry) {
    if level == .detail && !isVerbose { return }
    var line = Line()
    if format == .json {
      line.add("{\"program\":\"lastcall\",\"level\":\"")
      switch level {
      case .detail: line.add("info")
      case .notice: line.add("notice")
      case .warning: line.add("warning")
      }
      line.add("\",")
      line.add(entry.fields)
      line.add(",\"message\":")
      line.add(quoted: entry.text.bytes)
      line.add("}")
    } else {
      line.add("lastcall: ")
      line.add(entry.text)
    }
    if !StandardError.write(line) { lost &+= 1 }
    if let copy { StandardError.write(line, to: copy) }
  }

  /// `cannot <verb> <object>: <reason>; <what happens next>`.
  mutating func failure(_ level: Level, _ attempt: StaticString, _ reason: Errno, next: StaticString = "") {
    var entry = Entry("failure", "cannot ")
    entry.text.add(attempt)
    entry.text.add(": ")
    entry.text.add(reason.text)
    if next.utf8CodeUnitCount > 0 {
      entry.text.add("; ")
      entry.text.add(next)
    }
    entry.field("attempt", attempt)
    entry.field("errno", Int(reason.code))
    write(level, entry)
  }
}
