// A process that is not our child, held by a descriptor, and by its pid where the kernel has none to give.

import CHarness
import Testing

@testable import LinuxCalls

/// How the probe holds a process.
enum Hold: String, CaseIterable, Sendable {
  case descriptor
  /// As on a kernel before 5.3.
  case pid
  /// As under an old seccomp profile: descriptors, but no signals by them.
  case refused

  var setup: CallsProbe.Setup {
    switch self {
    case .descriptor: .init()
    case .pid: .init(by: Injection.of("pidfd_open:error=ENOSYS"))
    case .refused: .init(by: Injection.of("pidfd_send_signal:error=EPERM"))
    }
  }

  var greeting: String { self == .pid ? "held by pid" : "held by descriptor" }
}

@Suite struct ProcessDescriptorTests {
  /// A process, and one that holds it.
  private func start(_ hold: Hold) throws -> (target: CallsProbe, holder: CallsProbe) {
    let target = try CallsProbe("queue")
    #expect(try target.line() == "ready")
    let holder = try CallsProbe("hold", "\(target.process)", setup: hold.setup)
    #expect(try holder.line() == hold.greeting)
    return (target, holder)
  }

  @Test(.needsInjection, arguments: Hold.allCases)
  func `it is signalled, with a value if there is one`(_ hold: Hold) throws {
    let (target, holder) = try start(hold)
    holder.say("look")
    #expect(try holder.line() == "alive")
    holder.say("signal")
    #expect(try holder.line() == "sent")
    #expect(try target.line() == "USR1 from another as this user")
    holder.say("queue")
    #expect(try holder.line() == "queued")
    #expect(try target.line() == "USR2 from another as this user, value 77")
  }

  @Test(.needsInjection, arguments: Hold.allCases)
  func `its end is noticed, before anybody has reaped it`(_ hold: Hold) throws {
    let (target, holder) = try start(hold)
    holder.say("wait a little")
    #expect(try holder.line() == "alive")
    holder.say("wait")
    target.send(SIGTERM)
    #expect(try holder.line() == "ended")
    for order in ["look", "wait a little", "wait"] {
      holder.say(order)
      #expect(try holder.line() == "ended", "\(order)")
    }
    // It is a zombie, which kill(2) still finds.
    #expect(kill(target.process, 0) == 0)
    if hold != .descriptor {
      #expect(target.exitCode() == 0)
      for order in ["signal", "queue"] {
        holder.say(order)
        #expect(try holder.line() == "No such process (ESRCH)", "\(order)")
      }
    }
  }

  @Test(.needsInjection) func `a zombie is not there to be held by pid`() throws {
    let target = try CallsProbe("words")
    _ = target.lines()
    #expect(harness_wait_unreaped(target.process) == 0)
    let holder = try CallsProbe("hold", "\(target.process)", setup: Hold.pid.setup)
    #expect(try holder.line() == "No such process (ESRCH)")
  }

  @Test(.needsInjection, arguments: Hold.allCases)
  func `nobody, everybody and our own group are no processes`(_ hold: Hold) throws {
    for process in ["0", "-1", "4194304", "2147483647", "-2147483648"] {
      let holder = try CallsProbe("hold", process, setup: hold.setup)
      #expect(try holder.line() == "No such process (ESRCH)", "\(process)")
    }
  }

  @Test func `with no descriptor to spare it is held by its pid`() throws {
    let target = try CallsProbe("queue")
    #expect(try target.line() == "ready")
    let holder = try CallsProbe("hold", "\(target.process)", "scarce")
    #expect(try holder.line() == "held by pid")
    holder.say("look")
    #expect(try holder.line() == "alive")
    holder.say("signal")
    #expect(try holder.line() == "sent")
    #expect(try target.line().hasPrefix("USR1 "))
    target.send(SIGTERM)
    #expect(target.exitCode() == 0)
    holder.say("wait")
    #expect(try holder.line() == "ended")
  }
}
