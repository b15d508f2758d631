// The kubelet, as far as the end of a container is concerned: killContainer and executePreStopHook in its
// kuberuntime_container.go. Times are real; it waits only for its own next step.

import CHarness

/// A container that a kubelet can stop.
protocol StoppableContainer: AnyObject {
  /// PID 1, or the runtime's process that has its exit.
  var process: ChildProcess { get }
  /// Runs a command in it, as the container's user and beside PID 1.
  func runHook(_ command: [String]) throws -> ChildProcess
  func signal(_ number: Int32) throws
}

extension Container: StoppableContainer {
  var process: ChildProcess { self }
  func runHook(_ command: [String]) throws -> ChildProcess { try exec(command) }
  func signal(_ number: Int32) throws { try send(number) }
}

struct Kubelet {
  /// terminationGracePeriodSeconds.
  let gracePeriod: Int
  /// lifecycle.preStop.exec.command.
  var preStop: [String]?
  var stopSignal = SIGTERM

  /// The least that lies between the stop signal and KILL (minimumGracePeriodInSeconds).
  static let leastGracePeriod = 2

  /// Stops a container, from the hook to its end.
  func stop(_ container: any StoppableContainer) throws -> Ending { try begin(container).finish() }

  /// Begins to stop a container: runs its hook.
  func begin(_ container: any StoppableContainer) throws -> Termination {
    try Termination(container, gracePeriod, preStop, stopSignal)
  }
}

/// A container that is being stopped.
final class Termination {
  private let container: any StoppableContainer
  private let preStop: [String]?
  private let stopSignal: Int32
  private let begun = Waiting.now()
  /// Of the run of the hook that the kubelet waits for now.
  private var gracePeriod: Int
  private var hookStarted = 0.0
  private(set) var hooks: [ChildProcess] = []

  fileprivate init(
    _ container: any StoppableContainer, _ gracePeriod: Int, _ preStop: [String]?, _ signal: Int32
  ) throws {
    self.container = container
    self.preStop = preStop
    self.gracePeriod = gracePeriod
    stopSignal = signal
    try runHook()
  }

  private func runHook() throws {
    hookStarted = Waiting.now()
    if let preStop { hooks.append(try container.runHook(preStop)) }
  }

  /// The pod is deleted once more, with a shorter grace period: the kubelet starts anew, and the hook that ran goes on.
  func shorten(to gracePeriod: Int) throws {
    self.gracePeriod = gracePeriod
    try runHook()
  }

  /// Everything that is left to be done.
  func finish() throws -> Ending {
    var left = gracePeriod
    var hookCompleted = true
    if let hook = hooks.last {
      let exit = try hook.waitForExit(before: hookStarted + Double(gracePeriod), alongside: hooks)
      hookCompleted = exit != nil
      left -= Int(Waiting.now() - hookStarted)
    }
    left = max(left, Kubelet.leastGracePeriod)
    let signalled = Waiting.now()
    var ending = Ending(hookCompletedInTime: hookCompleted)
    if try container.process.waitForExit(before: signalled, alongside: hooks) == nil {
      ending.signalled = signalled - begun
      try container.signal(stopSignal)
      if try container.process.waitForExit(before: signalled + Double(left), alongside: hooks) == nil {
        ending.killed = Waiting.now() - begun
        try container.signal(SIGKILL)
        while try container.process.waitForExit(before: Waiting.now() + 1, alongside: hooks) == nil {}
      }
    }
    ending.took = Waiting.now() - begun
    for hook in hooks { ending.hookExits.append(try hook.waitForExit()) }
    ending.exit = try container.process.waitForExit()
    ending.story = "\(container.process)" + hooks.map { "\n\($0)" }.joined()
    return ending
  }
}

/// How a container ended; times in seconds since the kubelet began.
struct Ending: CustomStringConvertible {
  /// False: the kubelet gave up on the hook and sent the stop signal while it ran.
  var hookCompletedInTime: Bool
  /// Of every run of the hook. One that is still there when PID 1 ends is killed, which is an event FailedPreStopHook.
  var hookExits: [Exit] = []
  /// Nil: the container had ended before.
  var signalled: Double?
  /// Nil: the container ended by itself.
  var killed: Double?
  var took = 0.0
  var exit = Exit.code(0)
  fileprivate(set) var story = ""

  fileprivate init(hookCompletedInTime: Bool) { self.hookCompletedInTime = hookCompletedInTime }

  /// No event FailedPreStopHook.
  var hooksSucceeded: Bool { hookCompletedInTime && hookExits.allSatisfy { $0 == .code(0) } }

  var description: String {
    func time(_ seconds: Double?) -> String { seconds.map { "\($0) s" } ?? "never" }
    return "hooks: \(hookExits)\(hookCompletedInTime ? "" : ", not in time"), stop signal: \(time(signalled)), "
      + "KILL: \(time(killed)), ended: \(time(took)), exit: \(exit)\n\(story)"
  }
}
