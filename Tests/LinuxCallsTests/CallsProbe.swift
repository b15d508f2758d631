// CallsProbe as a child process: what reaps, blocks signals or leaks must not do so in the tests' own process.

import CHarness
import Foundation
import Testing

/// A scenario that runs, and what it says.
final class CallsProbe {
  /// How it is started.
  struct Setup {
    var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
    /// Ours by the number that it has there, beside the standard ones.
    var descriptors: [Int32: Int32] = [:]
    var closed: [Int32] = []
    var blocked: [Int32] = []
    /// The path of a terminal to be its standard input and controlling terminal.
    var terminal: String?
    var folder: String?
    var hasOwnGroup = false
    /// Words before it: a program that runs it.
    var by: [String] = []
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  let process: pid_t
  private var status: Int32?
  private var input: Int32
  private let output: Int32
  private let errors: Int32
  private var rest: [UInt8] = []

  convenience init(_ words: String..., setup: Setup = Setup()) throws { try self.init(words: words, setup: setup) }

  init(words: [String], setup: Setup = Setup()) throws {
    var ends: [[Int32]] = []
    for _ in 0..<3 {
      var pair: [Int32] = [-1, -1]
      guard harness_pipe(&pair) == 0 else { throw Failure(description: "no pipe") }
      ends.append(pair)
    }
    input = ends[0][1]
    output = ends[1][0]
    errors = ends[2][0]
    let standard = [(Int32(0), ends[0][0]), (1, ends[1][1]), (2, ends[2][1])].filter { pair in
      !setup.closed.contains(pair.0) && setup.descriptors[pair.0] == nil
    }
    let enter = setup.folder.map { ["sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []
    process = try CallsProbe.spawn(enter + setup.by + [CallsProbe.path] + words, standard, setup)
    for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) }
  }

  static let path: String = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("CallsProbe").path
  }()

  private static func spawn(_ words: [String], _ standard: [(Int32, Int32)], _ setup: Setup) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in setup.blocked { sigaddset(&signals, number) }
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    // POSIX_SPAWN_SETSID, which glibc shows to GNU sources only.
    if setup.terminal != nil { flags |= 0x80 }
    if setup.hasOwnGroup { flags |= POSIX_SPAWN_SETPGROUP }
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, ours) in standard + setup.descriptors.map({ ($0.key, $0.value) }) {
      posix_spawn_file_actions_adddup2(&actions, ours, number)
    }
    for number in setup.closed { posix_spawn_file_actions_addclose(&actions, number) }
    if let terminal = setup.terminal { posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0) }

    func vector(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }
    let arguments = vector(words)
    var variables = setup.environment
    // Where coverage is counted, its own counts too.
    variables["LLVM_PROFILE_FILE"] = ProcessInfo.processInfo.environment["LLVM_PROFILE_FILE"]
    let environment = vector(variables.map { "\($0.key)=\($0.value)" })
    defer { (arguments + environment).forEach { free($0) } }
    var process: pid_t = 0
    let error = posix_spawnp(&process, words[0], &actions, &attributes, arguments, environment)
    guard error == 0 else {
      throw Failure(description: "cannot start \(words[0]): \(String(cString: strerror(error)))")
    }
    return process
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
  }

  /// The next line of its output; fails at its end.
  func line() throws -> String {
    while true {
      if let end = rest.firstIndex(of: 10) {
        defer { rest.removeFirst(end + 1) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let more = CallsProbe.read(output)
      if more.isEmpty {
        throw Failure(description: "it ended after '\(String(decoding: rest, as: UTF8.self))' and \(errorText())")
      }
      rest += more
    }
  }

  /// All lines to the end of its output.
  func lines() -> [String] {
    var more = CallsProbe.read(output)
    while !more.isEmpty {
      rest += more
      more = CallsProbe.read(output)
    }
    defer { rest = [] }
    return String(decoding: rest, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { String($0) }
  }

  /// Everything on its standard error, to its end.
  func errorText() -> String {
    var all: [UInt8] = []
    while true {
      let more = CallsProbe.read(errors)
      if more.isEmpty { return String(decoding: all, as: UTF8.self) }
      all += more
    }
  }

  func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    #expect(write(input, bytes, bytes.count) == bytes.count)
  }

  func closeInput() {
    close(input)
    input = -1
  }

  func send(_ signal: Int32) { #expect(kill(process, signal) == 0) }

  /// The exit code, or 128 and the signal's number.
  func exitCode() -> Int32 {
    var word: Int32 = 0
    while waitpid(process, &word, 0) < 0 && harness_errno() == EINTR {}
    status = word
    return harness_exited(word) != 0 ? harness_exit_code(word) : 128 + harness_end_signal(word)
  }

  private static func read(_ descriptor: Int32) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      guard (try? awaitReadable(descriptor)) != nil else { return [] }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count >= 0 { return Array(buffer[..<count]) }
      if harness_errno() != EINTR { return [] }
    }
  }
}

/// Waits until there is something to read, or its end; a test that waits longer than a minute hangs.
func awaitReadable(_ descriptor: Int32) throws {
  var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  if poll(&entry, 1, 60_000) == 0 { throw CallsProbe.Failure(description: "nothing came in 60 s") }
}

/// A folder that goes with its owner.
final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/lastcall-calls-XXXXXX".utf8CString)
    path =
      mkdtemp(&template) == nil
      ? "/nonexistent" : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes a file of that content and mode, with the folders above it. Returns its path.
  @discardableResult
  func file(_ name: String, _ content: String = "", mode: mode_t = 0o755) throws -> String {
    let whole = path + "/" + name
    // By another process: one that the tests start meanwhile would inherit a descriptor that makes the file busy.
    let script = "mkdir -p \"${0%/*}\" && printf %s \"$1\" > \"$0\" && chmod $2 \"$0\""
    let words = ["sh", "-c", script, whole, content, String(mode, radix: 8)]
    #expect(try CallsProbe(words: [], setup: .init(by: words)).exitCode() == 0)
    return whole
  }
}

extension Trait where Self == ConditionTrait {
  /// A test of what some kernels refuse: the refusal is made by strace(1).
  static var needsInjection: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["LASTCALL_SKIP_NOTHING"] != nil || Injection.works,
      "needs strace and ptrace")
  }
}

enum Injection {
  /// What makes a program's calls fail: `pidfd_open:error=ENOSYS`. Ended by a signal to `process`, strace(1).
  ///
  /// - Parameter path: the file that the calls are about, if it is not to be all of them.
  static func of(_ faults: String..., on path: String? = nil) -> [String] {
    ["strace", "-f", "-qq", "-o", "/dev/null"] + (path.map { ["-P", $0] } ?? [])
      + faults.flatMap { ["-e", "inject=\($0)"] } + ["--"]
  }

  static let works: Bool = {
    let setup = CallsProbe.Setup(by: ["strace", "-qq", "-o", "/dev/null", "--"])
    guard let probe = try? CallsProbe("words", setup: setup) else { return false }
    return probe.exitCode() == 0
  }()
}
