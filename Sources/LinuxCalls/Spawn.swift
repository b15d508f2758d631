// Starting the app. One way only: a child that shares our memory and suspends us until it has called execve or ended,
// as vfork(2) does it. When the call returns, the app runs: there is no moment between fork and exec, or fork and
// setpgid, in which a signal could miss it, and nothing is copied for a process that lives a few microseconds.

import CLinux
import Lifecycle

/// Everything about the app's start that is not its arguments.
public struct Launch: Sendable {
  public var placement = Placement.ownGroup
  public var inherited: InheritedSignals
  /// The terminal to make the app the foreground of.
  public var terminal: Terminal?
  /// A descriptor of the directory to start in, while ours is another one.
  public var directory: Int32?
  /// What the app gets when we die; only for KILL, which we could not pass on.
  public var parentDeathSignal: Signal?

  public init(inherited: InheritedSignals) { self.inherited = inherited }
}

/// The app could not be started.
public enum LaunchFailure: Error, Equatable, Sendable {
  /// No process could be made (clone(2)).
  case noProcess(Errno)
  /// Nothing of that name was found (exit 127).
  case notFound(Errno)
  /// It was found, and the kernel would not run it (exit 126).
  case notRunnable(Errno)
  /// It was found, but not the interpreter that its first line or its ELF header names (exit 126).
  case noInterpreter

  public var reason: Errno {
    switch self {
    case .noProcess(let reason), .notFound(let reason), .notRunnable(let reason): reason
    case .noInterpreter: .notFound
    }
  }
}

/// The program to run: our own argument vector from some index on, byte for byte, and our environment.
///
/// Safe: the kernel's initial stack holds both for as long as the program runs. Of the vector only two words change, for a
/// moment, and of the environment one.
@safe public struct Program {
  /// The arguments, behind at least one more.
  let arguments: UnsafeMutablePointer<StackWord>
  let environment: UnsafeMutablePointer<StackWord>
  /// The paths to try, each with a NUL behind it.
  let candidates: [UInt8]

  /// Starts the program. Returns its pid.
  ///
  /// clone(2), setpgid(2), execve(2); the lookup on PATH is execvp(3)'s, glibc's fallback to /bin/sh included.
  public func start(_ launch: Launch) throws(LaunchFailure) -> Int32 {
    var context = ChildContext(program: self, launch: launch)
    let words = unsafe (arguments[-1], arguments[0])
    // Safe: the child is gone from this memory when the call returns, and so outlives nothing of it.
    let child = unsafe withUnsafeMutablePointer(to: &context) { unsafe linux_clone_until_exec(runChild, $0) }
    // A child that became a shell has left its own words there.
    unsafe (arguments[-1], arguments[0]) = words
    guard child > 0 else { throw .noProcess(Errno(of: Int(child))) }
    // Where vfork is emulated by fork (qemu-user), the child may not have come to its own setpgid yet.
    if launch.placement == .ownGroup { _ = linux_setpgid(child, child) }
    guard context.failure == 0 else {
      _ = linux_wait_end(child)
      // The child had made itself the foreground before it failed.
      launch.terminal?.giveToOurGroup()
      throw explain(Errno(code: context.failure), context.wasFound)
    }
    return child
  }

  private func explain(_ reason: Errno, _ wasFound: Bool) -> LaunchFailure {
    switch reason {
    case .notFound, .notDirectory: wasFound ? .noInterpreter : .notFound(reason)
    default: .notRunnable(reason)
    }
  }
}

/// What the child needs; it lies on the suspended parent's stack.
@safe private struct ChildContext {
  var program: Program
  var launch: Launch
  var failure: Int32 = 0
  var wasFound = false
}

/// The child, between clone and exec. Signals stay blocked until the last moment: one that comes earlier is kept and
/// reaches the app.
private func runChild(_ argument: UnsafeMutableRawPointer?) {
  guard let context = unsafe argument?.assumingMemoryBound(to: ChildContext.self) else { linux_exit(125) }
  let launch = unsafe context.pointee.launch
  takePlace(launch)
  if let signal = launch.parentDeathSignal { _ = linux_set_parent_death_signal(Int32(signal.number)) }
  if let directory = launch.directory { _ = linux_change_directory(directory) }
  unsafe passSockets(context.pointee.program.environment)
  SignalQueue.restore(launch.inherited)
  unsafe tryCandidates(context)
  // For the case that vfork was emulated and the parent cannot see the reason: the right code all the same.
  let failure = unsafe context.pointee.failure
  linux_exit(unsafe (failure == ENOENT || failure == ENOTDIR) && !context.pointee.wasFound ? 127 : 126)
}

private func takePlace(_ launch: Launch) {
  switch launch.placement {
  case .sharedGroup:
    break
  case .ownGroup:
    _ = linux_setpgid(0, 0)
    launch.terminal?.setForeground(group: linux_getpid())
  case .ownSession:
    _ = linux_setsid()
    launch.terminal?.takeAsControlling()
  }
}

/// Socket activation names the one process that it means (LISTEN_PID, sd_listen_fds(3)): where it means us, it means the
/// app. The environment is ours too, but of no further use to us.
private func passSockets(_ environment: UnsafeMutablePointer<StackWord>) {
  var own = Line("LISTEN_PID=")
  own.add(Int(linux_getppid()))
  unsafe Path(own).withPointer { own in
    var index = 0
    while let entry = unsafe environment[index] {
      var length = 0
      while unsafe entry[length] == own[length] && own[length] != 0 { length += 1 }
      if unsafe entry[length] == own[length] {
        var new = Line("LISTEN_PID=")
        new.add(Int(linux_getpid()))
        // Safe: a copy that is never freed.
        unsafe environment[index] = Path(new).copy()
      }
      index += 1
    }
  }
}

/// execvp(3): the first that runs. What is not there, may not be run or lies on a file system that does not answer does
/// not end the search; that there was more than nothing is the answer when nothing else runs.
private func tryCandidates(_ context: UnsafeMutablePointer<ChildContext>) {
  var failure = ENOENT
  var hasFailed = false
  // Safe: every candidate ends with a NUL inside of the array, which nobody changes meanwhile.
  unsafe context.pointee.program.candidates.withUnsafeBufferPointer { bytes in
    var start = 0
    while start < bytes.count && !hasFailed {
      guard let base = bytes.baseAddress else { break }
      let path = unsafe UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
      let program = unsafe context.pointee.program
      let reason = unsafe 0 &- linux_execve(path, program.arguments, program.environment)
      switch reason {
      case ENOENT, ENOTDIR:
        // Of a file that is there it is said of its interpreter.
        if unsafe linux_exists(path) == 0 { unsafe context.pointee.wasFound = true }
        if failure == ENOENT || failure == ENOTDIR { failure = reason }
      case EACCES, ESTALE, ENODEV, ETIMEDOUT, ENAMETOOLONG: failure = reason
      default:
        if reason == ENOEXEC { unsafe runByShell(path, program) }
        failure = reason
        hasFailed = true
      }
      while unsafe bytes[start] != 0 { start += 1 }
      start += 1
    }
  }
  unsafe context.pointee.failure = failure
}

/// A text without `#!` is a shell script to execvp(3) of glibc: "sh", its path, and the arguments behind the first. The two
/// words that these take are put back by the parent.
private func runByShell(_ path: UnsafePointer<CChar>, _ program: Program) {
  let name: StaticString = "sh"
  // Safe: before the app's arguments lies at least our own name; nobody writes into these texts.
  unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: 3) { name in
    unsafe program.arguments[-1] = UnsafeMutablePointer(mutating: name)
    unsafe program.arguments[0] = UnsafeMutablePointer(mutating: path)
    _ = unsafe linux_execve("/bin/sh", program.arguments - 1, program.environment)
  }
}
