// A line for a person is written at once and whole, or not at all; nothing waits for the reader.

import CHarness
import Foundation
import Lifecycle
import Testing

@testable import LinuxCalls

@Suite struct StandardErrorTests {
  /// A pipe, and SIGPIPE kept from the tests.
  private func pipe() -> (reader: Int32, writer: Int32) {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    #expect(harness_pipe(&ends) == 0)
    return (ends[0], ends[1])
  }

  private func received(_ descriptor: Int32, most: Int = 100_000) -> String {
    var buffer = [UInt8](repeating: 0, count: most)
    let count = read(descriptor, &buffer, most)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  private func line(_ text: String) -> Line {
    var line = Line()
    for byte in text.utf8 { line.add(byte: byte) }
    return line
  }

  /// Fills a pipe or a socket, to the last byte that it takes at once.
  private func fill(_ descriptor: Int32, leaving room: Int = 0) {
    #expect(harness_no_block(descriptor) == 0)
    let page = [UInt8](repeating: 0x78, count: 4096)
    while write(descriptor, page, page.count) > 0 {}
    while write(descriptor, page, 1) > 0 {}
    // The flag belongs to the open file.
    #expect(harness_block(descriptor) == 0)
  }

  @Test func `a line goes out by one write, with its end`() {
    let (reader, writer) = pipe()
    #expect(StandardError.write(line("one"), to: writer))
    #expect(StandardError.write(Line(), to: writer))
    #expect(StandardError.write(line("three"), to: writer))
    #expect(received(reader) == "one\n\nthree\n")
    close(reader)
    close(writer)
  }

  @Test func `a line longer than a pipe takes whole is cut, and ends`() {
    let (reader, writer) = pipe()
    for (length, expected) in [(4094, 4094), (4095, 4095), (4096, 4095), (4097, 4095), (100_000, 4095)] {
      #expect(StandardError.write(line(String(repeating: "y", count: length)), to: writer))
      #expect(received(reader) == String(repeating: "y", count: expected) + "\n")
    }
    close(reader)
    close(writer)
  }

  @Test func `a full pipe loses the line, and takes the next one once it is read`() {
    let (reader, writer) = pipe()
    fill(writer)
    #expect(!StandardError.write(line("lost"), to: writer))
    _ = received(reader, most: 8192)
    #expect(StandardError.write(line("kept"), to: writer))
    var rest = ""
    while !rest.hasSuffix("\n") { rest += received(reader) }
    #expect(rest.hasSuffix("xkept\n"))
    #expect(!rest.contains("lost"))
    close(reader)
    close(writer)
  }

  @Test func `the pipe stays as it was for its other writers`() {
    let (_, writer) = pipe()
    fill(writer)
    _ = StandardError.write(line("lost"), to: writer)
    #expect(harness_flags(writer) & O_NONBLOCK == 0)
  }

  @Test func `a dead pipe and a closed descriptor lose the line`() {
    let (reader, writer) = pipe()
    close(reader)
    #expect(!StandardError.write(line("lost"), to: writer))
    close(writer)
    #expect(!StandardError.write(line("lost"), to: -1))
    #expect(!StandardError.write(line("lost"), to: 1_000_000))
  }

  @Test func `a descriptor for reading only loses the line`() {
    let (reader, writer) = pipe()
    #expect(!StandardError.write(line("lost"), to: reader))
    close(reader)
    close(writer)
  }

  @Test func `a socket takes the line, loses it when it is full, and when its other end is gone`() {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    #expect(StandardError.write(line("one"), to: ends[1]))
    #expect(received(ends[0]) == "one\n")
    fill(ends[1])
    #expect(!StandardError.write(line("lost"), to: ends[1]))
    #expect(harness_flags(ends[1]) & O_NONBLOCK == 0)
    close(ends[0])
    #expect(!StandardError.write(line("lost"), to: ends[1]))
    close(ends[1])
  }

  @Test func `a file takes the line where its writers are, not where a second one would begin`() throws {
    let folder = Folder()
    let path = try folder.file("log", "")
    let descriptor = open(path, O_WRONLY)
    #expect(write(descriptor, "app\n", 4) == 4)
    #expect(StandardError.write(line("lastcall"), to: descriptor))
    #expect(write(descriptor, "app\n", 4) == 4)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "app\nlastcall\napp\n")
    close(descriptor)
  }

  @Test func `a full disk loses the line`() {
    let descriptor = open("/dev/full", O_WRONLY)
    #expect(!StandardError.write(line("lost"), to: descriptor))
    close(descriptor)
  }

  @Test func `a terminal takes the line`() throws {
    let terminal = try TestTerminal()
    let descriptor = open(terminal.path, O_WRONLY | O_NOCTTY)
    #expect(StandardError.write(line("hello"), to: descriptor))
    #expect(received(terminal.keyboard) == "hello\r\n")
    close(descriptor)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a terminal that nobody reads stops nothing, however little room it has left`() throws {
    let terminal = try TestTerminal()
    let descriptor = open(terminal.path, O_WRONLY | O_NOCTTY)
    let long = line(String(repeating: "z", count: 1000))
    // Until nothing goes in: on the way there is room for a part of a line, and a write that waits would wait for ever.
    var count = 0
    while StandardError.write(long, to: descriptor), count < 1000 { count += 1 }
    #expect(count > 0 && count < 1000)
    #expect(!StandardError.write(line("lost"), to: descriptor))
    #expect(harness_flags(descriptor) & O_NONBLOCK == 0)
    close(descriptor)
  }

  @Test(.needsInjection) func `without RWF_NOWAIT a full pipe still stops nothing`() throws {
    let (reader, writer) = pipe()
    for reason in ["EOPNOTSUPP", "ENOSYS", "EPERM"] {
      let by = Injection.of("pwritev2:error=\(reason)")
      let probe = try CallsProbe("errors", setup: .init(descriptors: [2: writer], by: by))
      probe.say("one")
      #expect(try probe.line() == "written")
      #expect(received(reader) == "one\n")
      fill(writer)
      probe.say("two")
      #expect(try probe.line() == "lost")
      _ = received(reader)
    }
    close(reader)
    close(writer)
  }

  @Test func `a dead pipe leaves a signal that is known to be our own, and nothing more`() throws {
    let (reader, writer) = pipe()
    close(reader)
    let probe = try CallsProbe("errors", setup: .init(descriptors: [2: writer]))
    for _ in 0..<3 {
      probe.say("lost")
      #expect(try probe.line() == "lost")
    }
    close(writer)
    probe.send(SIGUSR1)
    probe.say("lost")
    #expect(try probe.line() == "lost")
  }

  @Test func `the standard output waits for its reader`() throws {
    let words = [String](repeating: String(repeating: "w", count: 1000), count: 100)
    let probe = try CallsProbe(words: ["words"] + words)
    // More than a pipe holds.
    #expect(probe.lines().count == 104)
    #expect(probe.exitCode() == 0)
  }
}
