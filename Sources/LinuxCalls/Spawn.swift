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
/// Safe: the kernel's initial stack holds both for as long as the program runs, and nobody changes them.
@safe public struct Program {
  let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  let environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  /// The paths to try, each with a NUL behind it.
  let candidates: [UInt8]

  /// Starts the program. Returns its pid.
  ///
  /// clone(2), setpgid(2), execve(2); the lookup on PATH is execvp(3)'s, glibc's fallback to /bin/sh included, whatever
  /// C library this binary has.
  public func start(_ launch: Launch) throws(LaunchFailure) -> Int32 {
    let stackSize = 256 * 1024
    // Safe: a mapping of our own, given back below; pages are only backed once touched.
    guard let stack = unsafe linux_map(stackSize) else { throw .noProcess(.current) }
    defer { _ = unsafe munmap(stack, stackSize) }

    var context = ChildContext(program: self, launch: launch)
    // Safe: the child runs on its own stack and is gone from this memory when the call returns, and so outlives neither.
    let child = unsafe withUnsafeMutablePointer(to: &context) {
      unsafe linux_clone_until_exec(runChild, stack + stackSize, $0)
    }
    guard child > 0 else { throw .noProcess(.current) }
    // Where vfork is emulated by fork (qemu-user), the child may not have come to its own setpgid yet.
    if launch.placement == .ownGroup { _ = setpgid(child, child) }
    guard context.failure == 0 else {
      var status: Int32 = 0
      _ = unsafe waitpid(child, &status, 0)
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
private func runChild(_ argument: UnsafeMutableRawPointer?) -> Int32 {
  guard let context = unsafe argument?.assumingMemoryBound(to: ChildContext.self) else { _exit(125) }
  let launch = unsafe context.pointee.launch
  takePlace(launch)
  if let signal = launch.parentDeathSignal { _ = linux_set_parent_death_signal(Int32(signal.number)) }
  if let directory = launch.directory { _ = linux_change_directory(directory) }
  unsafe passSockets(context.pointee.program.environment)
  SignalQueue.restore(launch.inherited)
  unsafe tryCandidates(context)
  // For the case that vfork was emulated and the parent cannot see the reason: the right code all the same.
  let failure = unsafe context.pointee.failure
  _exit(unsafe (failure == ENOENT || failure == ENOTDIR) && !context.pointee.wasFound ? 127 : 126)
}

private func takePlace(_ launch: Launch) {
  switch launch.placement {
  case .sharedGroup:
    break
  case .ownGroup:
    _ = setpgid(0, 0)
    launch.terminal?.setForeground(group: getpid())
  case .ownSession:
    _ = setsid()
    launch.terminal?.takeAsControlling()
  }
}

/// Socket activation names the one process that it means (LISTEN_PID, sd_listen_fds(3)): where it means us, it means the
/// app. The environment is ours too, but of no further use to us.
private func passSockets(_ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
  guard let environment = unsafe environment else { return }
  var own = Line("LISTEN_PID=")
  own.add(Int(getppid()))
  unsafe Path(own).withPointer { own in
    var index = 0
    while let entry = unsafe environment[index] {
      if unsafe strcmp(entry, own) == 0 {
        var new = Line("LISTEN_PID=")
        new.add(Int(getpid()))
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
      _ = unsafe execve(path, program.arguments, program.environment)
      if linux_errno() == ENOEXEC { unsafe runByShell(path, program) }
      let reason = linux_errno()
      switch reason {
      case ENOENT, ENOTDIR:
        // Of a file that is there it is said of its interpreter.
        if unsafe access(path, F_OK) == 0 { unsafe context.pointee.wasFound = true }
        if failure == ENOENT || failure == ENOTDIR { failure = reason }
      case EACCES, ESTALE, ENODEV, ETIMEDOUT, ENAMETOOLONG: failure = reason
      default:
        failure = reason
        hasFailed = true
      }
      unsafe start += strlen(path) + 1
    }
  }
  unsafe context.pointee.failure = failure
}

/// A text without `#!` is a shell script to execvp(3) of glibc.
private func runByShell(_ path: UnsafePointer<CChar>, _ program: Program) {
  var count = 0
  while unsafe program.arguments[count] != nil { count += 1 }
  // Safe: room for "sh", the path, the arguments behind the first, and the closing NULL.
  unsafe withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: count + 2) { vector in
    var shell: (CChar, CChar, CChar) = (0x73, 0x68, 0)
    unsafe withUnsafeMutablePointer(to: &shell.0) { name in
      unsafe vector[0] = name
      unsafe vector[1] = UnsafeMutablePointer(mutating: path)
      var index = 1
      while index <= count {
        unsafe vector[index + 1] = index < count ? program.arguments[index] : nil
        index += 1
      }
      if let arguments = vector.baseAddress { _ = unsafe execve("/bin/sh", arguments, program.environment) }
    }
  }
  linux_set_errno(ENOEXEC)
}
