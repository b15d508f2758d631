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
  /// What was said of the candidates up to now.
  var reason: Int32 = ENOENT
  var wasFound = false
  /// The reason, once nothing runs.
  var failure: Int32 = 0
}

/// The child, between clone and exec. Signals stay blocked until the last moment: one that comes earlier is kept and
/// reaches the app.
private func runChild(_ argument: UnsafeMutableRawPointer?) {
  guard let context = unsafe argument?.assumingMemoryBound(to: ChildContext.self) else { linux_exit(125) }
  let launch = unsafe context.pointee.launch
  takePlace(launch)
  if let signal = launch.parentDeathSignal { _ = linux_set_parent_death_signal(Int32(signal.number)) }
  if let directory = launch.directory { _ = linux_change_directory(directory) }
  unsafe passSockets(context)
  SignalQueue.restore(launch.inherited)
  unsafe find(context)
  let failure = unsafe context.pointee.reason
  unsafe context.pointee.failure = failure
  // For the case that vfork was emulated and the parent cannot see the reason: the right code all the same.
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

/// What the environment has for `name`, which ends with a `=`; and which entry that is.
private func variable(
  _ name: StaticString, _ environment: UnsafeMutablePointer<StackWord>
) -> (entry: UnsafeMutablePointer<StackWord>, value: UnsafePointer<UInt8>)? {
  var next = unsafe environment
  // Safe: a NULL ends the environment, and a NUL each entry, which so differs from every name that is longer.
  while let entry = unsafe next[0] {
    var length = 0
    while unsafe length < name.utf8CodeUnitCount && entry[length] == name.utf8Start[length] { length += 1 }
    if length == name.utf8CodeUnitCount { return unsafe (next, UnsafePointer(entry + length)) }
    unsafe next += 1
  }
  return nil
}

/// Socket activation names the one process that it means (LISTEN_PID, sd_listen_fds(3)): where it means us, it means the
/// app. The environment is ours too, but of no further use to us.
private func passSockets(_ context: UnsafeMutablePointer<ChildContext>) {
  guard let (entry, value) = unsafe variable("LISTEN_PID=", context.pointee.program.environment) else { return }
  var number = 0
  var next = unsafe value
  while unsafe next[0] >= 0x30 && next[0] <= 0x39 && number < 1 << 32 {
    number = unsafe number &* 10 &+ Int(next[0] &- 0x30)
    unsafe next += 1
  }
  guard unsafe next[0] == 0, number == Int(linux_getppid()) else { return }
  var own = Line("LISTEN_PID=")
  own.add(Int(linux_getpid()))
  own.add(byte: 0)
  // Safe: a copy that is never freed.
  let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: own.bytes.count)
  for index in 0..<own.bytes.count { unsafe copy[index] = own.bytes[index] }
  unsafe entry[0] = unsafe copy
}

/// execvp(3): the first that runs. What is not there, may not be run or lies on a file system that does not answer does
/// not end the search; that there was more than nothing is the answer when nothing else runs.
private func find(_ context: UnsafeMutablePointer<ChildContext>) {
  let program = unsafe context.pointee.program
  guard let name = unsafe program.arguments[0], unsafe name[0] != 0 else { return }
  var length = 0
  var isPath = false
  while unsafe name[length] != 0 {
    if unsafe name[length] == 0x2f { isPath = true }
    length += 1
  }
  if isPath {
    _ = unsafe run(name, context)
    return
  }
  let search: StaticString = "/usr/local/bin:/bin:/usr/bin"
  // The path of a process without PATH, as execvp has it.
  var next = unsafe variable("PATH=", program.environment)?.value ?? search.utf8Start
  while true {
    var count = 0
    let place = unsafe File.place
    // Safe: within the place, which holds more than the kernel takes for a path.
    while unsafe next[0] != 0 && next[0] != 0x3a {
      if count < 8192 {
        unsafe place[count] = next[0]
        count += 1
      }
      unsafe next += 1
    }
    // An empty element stands for the working directory.
    if count > 0 {
      unsafe place[count] = 0x2f
      count += 1
    }
    for index in 0...min(length, 8192) { unsafe place[count + index] = index == length ? 0 : name[index] }
    if unsafe run(place, context) || next[0] == 0 { return }
    unsafe next += 1
  }
}

/// Tries one candidate; says whether it was the last.
private func run(_ path: UnsafeMutablePointer<UInt8>, _ context: UnsafeMutablePointer<ChildContext>) -> Bool {
  let program = unsafe context.pointee.program
  let before = unsafe context.pointee.reason
  // Safe: the path ends with a NUL, and so does what the kernel made.
  let reason = unsafe 0 &- linux_execve(path, program.arguments, program.environment)
  switch reason {
  case ENOENT, ENOTDIR:
    // Of a file that is there it is said of its interpreter.
    if unsafe linux_exists(path) == 0 { unsafe context.pointee.wasFound = true }
    if before != ENOENT && before != ENOTDIR { return false }
  case EACCES, ESTALE, ENODEV, ETIMEDOUT, ENAMETOOLONG: break
  default:
    // A text without `#!` is a shell script to execvp(3) of glibc: "sh", its path, and the arguments behind the first. The
    // two words that these take are put back by the parent.
    if reason == ENOEXEC {
      let shell: StaticString = "sh"
      // Safe: before the app's arguments lies at least our own name; nobody writes into these texts.
      unsafe program.arguments[-1] = UnsafeMutablePointer(mutating: shell.utf8Start)
      unsafe program.arguments[0] = path
      _ = unsafe linux_execve("/bin/sh", program.arguments - 1, program.environment)
    }
    unsafe context.pointee.reason = reason
    return true
  }
  unsafe context.pointee.reason = reason
  return false
}
