// §2.10: an idle lastcall is not woken, and it keeps little memory.

import Foundation
import Testing

struct IdleTests {
  @Test(.needsNamespaces) func `idle, it waits without a timeout, and nothing wakes it`() throws {
    let container = try Container(lastcall, "--", echo)
    try container.waitForLine(containing: "ready")
    try container.send(34)
    try container.waitForLine(containing: "34 RTMIN")
    let call = try waitForSignals(container)
    #expect(call[3] == "0x0", "its timeout is at \(call[3])")
    #expect(FileManager.default.contents(atPath: "/proc/\(container.pid)/timers")?.isEmpty == true)

    let before = try use(of: container)
    // A container that lives: processes come and go beside PID 1.
    for _ in 0..<200 { try container.exec("true").expectExit(.code(0)) }
    #expect(try use(of: container) == before)
    #expect(try waitForSignals(container) == call)
  }

  @Test(.needsNamespaces) func `while PID 1 and a hook wait, the kernel has most of their code back`() throws {
    let container = try Container(lastcall, "--", echo)
    try container.waitForLine(containing: "ready")
    try expectLittleMemory(container, kilobytes: 100)
    let hook = try container.exec(lastcall, "wait-then-signal", "--wait", "1h", "--verbose")
    try hook.waitForLine(containing: "waiting for the end", of: .standardError)
    try expectLittleMemory(hook, kilobytes: 64)
  }

  @Test(.needsNamespaces)
  func `a thousand signals told of and orphans reaped take no memory that the first hundred did not`() throws {
    let container = try Container(lastcall, "--verbose", "--", echo)
    try container.waitForLine(containing: "ready")
    func work(_ rounds: Int, marker: Int32, line: String) throws {
      for _ in 0..<rounds { try container.send(34) }
      try container.exec("sh", "-c", "for n in \(String(repeating: "n ", count: rounds)); do (true &); done")
        .expectExit(.code(0))
      try container.send(marker)
      try container.waitForLine(containing: line)
    }
    try work(100, marker: 35, line: "35 RTMIN+1")
    let before = try anonymousMemory(container)
    try work(1000, marker: 36, line: "36 RTMIN+2")
    #expect(try anonymousMemory(container) <= before)
  }

  /// In kilobytes, once it waits.
  private func anonymousMemory(_ process: ChildProcess) throws -> Int {
    _ = try waitForSignals(process)
    let entry = try #require(ProcessEntry(process.pid))
    let kilobytes = try #require(entry.status("RssAnon")?.split(separator: " ").first)
    return try #require(Int(kilobytes))
  }

  private func expectLittleMemory(_ process: ChildProcess, kilobytes: Int) throws {
    _ = try waitForSignals(process)
    let entry = try #require(ProcessEntry(process.pid))
    // In a binary that carries no libraries that is all of it.
    if Binary.libraries.isEmpty {
      let resident = try #require(entry.status("VmRSS")?.split(separator: " ").first)
      #expect(try #require(Int(resident)) < kilobytes)
    }
    let program = URL(fileURLWithPath: lastcall).resolvingSymlinksInPath().path
    let code = entry.mappings.filter { $0.file == program && !$0.isWritable }
    #expect(code.map(\.residentKilobytes).reduce(0, +) * 2 < code.map(\.kilobytes).reduce(0, +))
  }

  /// Waits until it waits for signals; the arguments of that call, from /proc/PID/syscall: its number, set, info, timeout.
  private func waitForSignals(_ process: ChildProcess) throws -> [String] {
    var fields: [String] = []
    try Waiting.until("\(process.pid) waits for signals") {
      let text = FileManager.default.contents(atPath: "/proc/\(process.pid)/syscall") ?? Data()
      fields = String(decoding: text, as: UTF8.self).split(separator: " ").map(String.init)
      // "running" is all there is while it is on its way there; then rt_sigtimedwait's number on x86-64 or arm64.
      return fields.count > 3 && ["128", "137"].contains(fields[0])
    }
    return fields
  }

  /// How often it went to sleep and was interrupted.
  private func use(of process: ChildProcess) throws -> [String?] {
    let entry = try #require(ProcessEntry(process.pid))
    return [entry.status("voluntary_ctxt_switches"), entry.status("nonvoluntary_ctxt_switches")]
  }
}
