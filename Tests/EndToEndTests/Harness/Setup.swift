// How a process of a test is started: everything that differs from a fresh session with /dev/null and two pipes.

import CHarness

/// Where a standard descriptor leads.
enum Output {
  /// Into the test, which reads it.
  case captured
  case null
  /// To a descriptor of the test's own, which keeps it.
  case descriptor(Int32)
}

enum Input {
  case null
  /// From the test: `ChildProcess.write` and `closeInput`.
  case pipe
  case descriptor(Int32)
}

struct Setup {
  /// `NAME=value`; nothing else is there.
  var environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
  /// Further variables and arguments, of any bytes but 0.
  var rawEnvironment: [[UInt8]] = []
  var rawArguments: [[UInt8]] = []
  var standardInput = Input.null
  var standardOutput = Output.captured
  var standardError = Output.captured
  /// All three standard descriptors, and the session's terminal.
  var terminal: PseudoTerminal?
  /// Descriptors of the test that the program gets: its number there, and ours.
  var descriptors: [(number: Int32, ours: Int32)] = []
  /// Descriptors that are closed before the program runs, standard ones too.
  var closed: [Int32] = []
  var ignoredSignals: [Int32] = []
  var blockedSignals: [Int32] = []
  /// Signals that wait for the program from its first moment on; blocked ones.
  var pendingSignals: [Int32] = []
  /// A session of its own, so that no signal to a group meets the tests.
  var session = true
  var directory: String?
  /// User and group id, without further groups.
  var user: UInt32?
  var descriptorLimit: UInt64?
  /// RLIMIT_NPROC, which counts all processes of the user and binds no root.
  var processLimit: UInt64?
  var noNewPrivileges = false
  /// All of them, for root too.
  var noCapabilities = false
  /// Numbers of system calls that fail with ENOSYS; for one that is not root, `noNewPrivileges` too.
  var withheldCalls: [Int32] = []
  /// Refuses system calls to lastcall alone, from a moment on.
  var warden: Warden?
  /// Numbers of single capabilities to go without: 5 is CAP_KILL.
  var droppedCapabilities: [Int32] = []

  /// The network of this container, and nothing else of it: a neighbour in the same pod.
  var networkOf: Container?

  // For a Container.

  /// A network namespace of its own, with lo up.
  var network = false
  /// False: an empty /proc.
  var proc = true
  /// /proc shows everybody only their own processes (hidepid=2).
  var hidesProcesses = false
  var readOnlyRoot = false
  /// The folder that becomes the root.
  var root: String?
  /// A file or folder of ours that hides the one at `target`.
  var bind: (source: String, target: String)?

  /// The launcher's options for all this.
  var launcherOptions: [String] {
    func list(_ numbers: [Int32]) -> String { numbers.map(String.init).joined(separator: ",") }
    var options: [String] = []
    if !descriptors.isEmpty { options.append("keep=\(list(descriptors.map(\.number)))") }
    if session { options.append("session") }
    if terminal != nil { options.append("terminal") }
    if let networkOf { options.append("enter-network=\(networkOf.pid)") }
    if let directory { options.append("directory=\(directory)") }
    if let user { options.append("user=\(user)") }
    if let descriptorLimit { options.append("descriptors=\(descriptorLimit)") }
    if let processLimit { options.append("processes=\(processLimit)") }
    if noNewPrivileges { options.append("no-new-privileges") }
    if noCapabilities { options.append("no-capabilities") }
    if !droppedCapabilities.isEmpty { options.append("drop-capability=\(list(droppedCapabilities))") }
    if !ignoredSignals.isEmpty { options.append("ignore=\(list(ignoredSignals))") }
    if !blockedSignals.isEmpty { options.append("block=\(list(blockedSignals))") }
    if !pendingSignals.isEmpty { options.append("pending=\(list(pendingSignals))") }
    if !closed.isEmpty { options.append("close=\(list(closed))") }
    if network { options.append("network") }
    if !proc { options.append("no-proc") }
    if hidesProcesses { options.append("hide-processes") }
    if !withheldCalls.isEmpty { options.append("withhold=\(list(withheldCalls))") }
    if let warden { options.append("watch=\(warden.call ?? -1)") }
    if readOnlyRoot { options.append("read-only") }
    if let root { options.append("root=\(root)") }
    if let bind { options.append("bind=\(bind.source):\(bind.target)") }
    return options
  }
}
