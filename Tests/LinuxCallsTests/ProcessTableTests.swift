// The process table, against what is known of the tests' own processes.

import CHarness
import Foundation
import Lifecycle
import Testing

@testable import LinuxCalls

@Suite struct ProcessTableTests {
  /// A child that does nothing, under a name of our choice.
  private func sleeper(_ name: String) throws -> CallsProbe {
    let script = "printf '%s' \"$0\" > /proc/self/comm; echo up; read never"
    let probe = try CallsProbe(
      words: [], setup: .init(by: ["bash", "-c", script, name]))
    #expect(try probe.line() == "up")
    return probe
  }

  @Test func `names are found, whatever they are made of`() throws {
    for name in ["plain", "two words", ") R 1 (", "a)b", "(", "123456789012345"] {
      let child = try sleeper(name)
      #expect(ProcessTable.name(of: child.process).map { String(decoding: $0, as: UTF8.self) } == name)
      let entry = try #require(ProcessTable.all()?.first { $0.process == child.process })
      #expect(entry == ProcessEntry(process: child.process, parent: getpid(), name: Array(name.utf8)))
    }
  }

  @Test func `processes without a parent in our namespace are in the table`() throws {
    let all = try #require(ProcessTable.all())
    #expect(all.first { $0.process == 1 }?.parent == 0)
    #expect(all.contains { $0.process == getpid() && $0.parent == getppid() })
  }

  @Test func `descendants are all of them, and nobody else`() throws {
    let inner = "(echo up; read b; :) <&0 & echo up; read c; :"
    let script = "(echo up; read a; :) <&0 & bash -c '\(inner)' <&0 & echo up; read never"
    let probe = try CallsProbe(words: [], setup: .init(by: ["bash", "-c", script]))
    for _ in 0..<4 { #expect(try probe.line() == "up") }
    let found = try #require(ProcessTable.descendants(of: probe.process))
    #expect(found.count == 3)
    #expect(
      found.allSatisfy { entry in entry.parent == probe.process || found.contains { $0.process == entry.parent } })
    #expect(ProcessTable.child(of: probe.process)?.parent == probe.process)
    #expect(ProcessTable.descendants(of: 4_194_303) == [])
    #expect(ProcessTable.child(of: 4_194_303) == nil)
    for entry in found { kill(entry.process, SIGKILL) }
  }

  @Test func `a zombie is over`() throws {
    let probe = try CallsProbe("words")
    _ = probe.lines()
    #expect(harness_wait_unreaped(probe.process) == 0)
    #expect(ProcessTable.all()?.contains { $0.process == probe.process } == false)
    #expect(ProcessTable.start(of: probe.process) == ProcessTable.ended)
    #expect(CommandLines.words(of: probe.process) == [])
  }

  @Test func `the start is that of stat, and differs from process to process`() throws {
    let child = try sleeper(") 1 2 3 (")
    let text = try String(contentsOfFile: "/proc/\(child.process)/stat", encoding: .utf8)
    let fields = try #require(text.split(separator: ")").last).split(separator: " ")
    #expect(ProcessTable.start(of: child.process) == UInt64(fields[19]))
    #expect(ProcessTable.start(of: child.process) != ProcessTable.start(of: 1))
    #expect(ProcessTable.start(of: 4_194_303) == nil)
  }

  @Test func `a command line has the words as they were given`() throws {
    let script = "echo up; read never"
    let probe = try CallsProbe(words: [], setup: .init(by: ["bash", "-c", script, "", "a b", "é", ""]))
    #expect(try probe.line() == "up")
    let words = try #require(CommandLines.words(of: probe.process)).map { String(decoding: $0, as: UTF8.self) }
    #expect(words == ["bash", "-c", script, "", "a b", "é", "", CallsProbe.path])
    #expect(CommandLines.words(of: 4_194_303) == nil)
  }

  @Test func `a command line is read to 64 kB and no further`() throws {
    let probe = try CallsProbe(
      words: [String](repeating: String(repeating: "x", count: 999), count: 200),
      setup: .init(by: ["bash", "-c", "echo up; read never"]))
    #expect(try probe.line() == "up")
    let words = try #require(CommandLines.words(of: probe.process))
    #expect(words.count > 60 && words.count < 70)
    #expect(words.reduce(0) { $0 + $1.count + 1 } <= 65536)
  }

  @Test(.timeLimit(.minutes(1))) func `signal masks are those of status`() throws {
    let probe = try CallsProbe("queue", setup: .init(by: ["bash", "-c", "trap '' USR1 CHLD; exec \"$@\"", "sh"]))
    #expect(try probe.line() == "ready, ignoring CHLD")
    // What it waits for is not shown as blocked. That a process has gone to sleep the kernel tells nobody, so it is asked.
    while !ProcessTable.isInSignalWait(probe.process) { sched_yield() }
    #expect(ProcessTable.signals("SigBlk:\t", of: probe.process)?.bits == 0)
    let ignored = try #require(ProcessTable.signals("SigIgn:\t", of: probe.process))
    #expect(ignored.contains(.user1) && !ignored.contains(.terminate))
    #expect(ignored.contains(Handover.mark))
    #expect(!ignored.contains(.child), "so that exit codes are not lost")
    let reader = try CallsProbe("restore")
    #expect(try reader.line() == "ready")
    // The kernel shows what cannot be blocked as not blocked.
    #expect(ProcessTable.signals("SigBlk:\t", of: reader.process)?.bits == ~SignalSet(.kill, .stop).bits)
    #expect(!ProcessTable.isInSignalWait(reader.process))
    #expect(!ProcessTable.isInSignalWait(4_194_303))
    #expect(ProcessTable.signals("SigXyz:\t", of: probe.process) == nil)
    #expect(ProcessTable.signals("SigBlk:\t", of: 4_194_303) == nil)
  }

  @Test func `control groups and presence are told`() {
    #expect(ProcessTable.isThere)
    #expect(ProcessTable.controlGroups(of: getpid()) == ProcessTable.controlGroups(of: getppid()))
    #expect(ProcessTable.controlGroups(of: 4_194_303) == nil)
    #expect(ProcessTable.name(of: 4_194_303) == nil)
  }

  @Test func `what may be signalled, and whether it exists, is known`() {
    #expect(Processes.access(to: getpid()) == nil)
    #expect(Processes.access(to: 4_194_303) == .noProcess)
    #expect(Processes.exists(1))
    #expect(!Processes.exists(4_194_303))
    #expect(throws: Errno.noProcess) { try Processes.send(.terminate, to: 4_194_303) }
    #expect(throws: Errno.noProcess) { try Processes.send(.terminate, toGroup: 4_194_303) }
  }
}
