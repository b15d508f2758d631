// What comes from outside, for libFuzzer (Tests/fuzz): whatever it is, nothing traps or reads outside of its bytes, and an
// answer is one that the program can act on. The first byte of an input says who reads it.

@testable import Lifecycle
@testable import LinuxCalls
@testable import Options

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let reader = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  switch reader {
  case UInt8(ascii: "c"): readCommandLine(bytes)
  case UInt8(ascii: "h"): readHook(bytes)
  case UInt8(ascii: "n"): readDatagram(bytes)
  case UInt8(ascii: "4"): readSocketLine(bytes, isVersion6: false)
  case UInt8(ascii: "6"): readSocketLine(bytes, isVersion6: true)
  case UInt8(ascii: "t"): withKernelBytes(bytes) { _ = TcpCounters(parsing: $0) }
  case UInt8(ascii: "p"): readStatus(bytes)
  // Not worth keeping in the corpus.
  default: return -1
  }
  return 0
}

/// The words of a command line, its first one the program's name; then, behind an empty word, variables.
private func readCommandLine(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
  let end = parts.firstIndex { $0.isEmpty } ?? parts.count
  with(Array(parts[..<end].joined(separator: [0])) + [0]) { words in
    with(Array(parts[end...].joined(separator: [0])) + [0]) { variables in
      let parser = Parser(Words(words, count: end), Variables(variables))
      switch parser.parse() {
      case .run:
        precondition(parser.command > 0 && parser.command < end && !parser.words[parser.command].isEmpty)
        play(parser.settings, for: .signal(.terminate))
      case .waitThenSignal: if parser.settings.contradiction() == nil { play(parser.settings, for: .hook) }
      case .explain: play(parser.settings, for: parser.isHook ? .hook : .signal(.terminate))
      case .install, .help, .completions, .version, .pause, .answer: break
      case .refusal: check(parser.said)
      }
    }
  }
}

/// Lends a view of bytes that nothing keeps.
private func with(_ bytes: [UInt8], _ body: (Text) -> Void) {
  bytes.withUnsafeBufferPointer { bytes in
    guard let start = bytes.baseAddress else { return }
    body(Text(immortal: start, count: bytes.count))
  }
}

/// A hook's command line, as the supervisor finds it in /proc.
private func readHook(_ bytes: [UInt8]) {
  with(bytes) { text in read(ProcessTable.words(in: text)) }
}

private func read(_ hook: Words) {
  let parser = Parser(hook, Variables(Text("")))
  switch parser.parseHook() {
  case .waitThenSignal: play(parser.settings, for: .hook)
  case .refusal: check(parser.said)
  default: break
  }
}

/// A plan that was understood can be carried out: it ends, in order.
private func play(_ settings: Settings, for request: StopRequest) {
  let timeline = Timeline(settings.stopPlan, map: settings.signalRules, request: request)
  for row in timeline.rows { precondition(row.span >= .zero && row.span <= row.other) }
  precondition(timeline.budget.maxWait <= timeline.budget.deadline)
}

/// What is said of bad input is one line, of bounded length, that no terminal obeys.
private func check(_ line: Line) {
  let said = line.bytes
  precondition(said.count < 2000 && said.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
}

/// A view of a copy, which ends where the bytes do.
private func withKernelBytes(_ bytes: [UInt8], _ body: (KernelBytes) -> Void) {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  copy.copyBytes(from: bytes)
  if let start = copy.baseAddress { body(KernelBytes(start, count: copy.count)) }
  copy.deallocate()
}

private func readSocketLine(_ bytes: [UInt8], isVersion6: Bool) {
  var connection = Connection()
  withKernelBytes(bytes) { _ = ProcNet.read($0, isVersion6: isVersion6, &connection) }
}

private func readDatagram(_ bytes: [UInt8]) {
  var connection = Connection()
  withKernelBytes(bytes) { bytes in
    var messages = SocketMessages(bytes, sequence: 7)
    var count = 0
    while messages.next(&connection) != .none { count += 1 }
    // Each takes at least its head.
    precondition(count <= bytes.count / 16)
  }
}

private func readStatus(_ bytes: [UInt8]) {
  with(bytes) { text in
    if let entry = ProcessTable.entry(of: 7, in: text) { precondition(entry.parent >= 0) }
    _ = ProcessTable.start(in: text)
    _ = ProcessTable.signals("SigIgn:\t", in: text)
  }
}
