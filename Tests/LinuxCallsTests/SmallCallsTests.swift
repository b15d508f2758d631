// Descriptors, files, reasons, times, the command line and the terminal.

import CHarness
import Foundation
import Lifecycle
import Testing

@testable import LinuxCalls

@Suite struct SmallCallsTests {
  private func text(_ line: Line) -> String { String(decoding: line.bytes, as: UTF8.self) }

  // MARK: Errno

  @Test func `a reason has the library's words and the name of the documentation`() {
    #expect(text(Errno.notFound.text) == "No such file or directory (ENOENT)")
    #expect(text(Errno(code: ELOOP).text) == "Too many levels of symbolic links (ELOOP)")
    #expect(text(Errno(code: EPERM).text) == "Operation not permitted (EPERM)")
    #expect(text(Errno.notSocket.text).hasSuffix("(errno 88)"))
    for code in [0, -1, 41, 5000, Int32.max, .min] {
      #expect(text(Errno(code: code).text).hasSuffix("(errno \(code))"))
    }
  }

  @Test func `every name is at its number`() {
    let names: [(Int32, String)] = [
      (EPERM, "EPERM"), (ENOENT, "ENOENT"), (ESRCH, "ESRCH"), (EINTR, "EINTR"), (EIO, "EIO"), (ENXIO, "ENXIO"),
      (E2BIG, "E2BIG"), (ENOEXEC, "ENOEXEC"), (EBADF, "EBADF"), (ECHILD, "ECHILD"), (EAGAIN, "EAGAIN"),
      (ENOMEM, "ENOMEM"), (EACCES, "EACCES"), (EFAULT, "EFAULT"), (EBUSY, "EBUSY"), (EEXIST, "EEXIST"),
      (EXDEV, "EXDEV"), (ENODEV, "ENODEV"), (ENOTDIR, "ENOTDIR"), (EISDIR, "EISDIR"), (EINVAL, "EINVAL"),
      (ENFILE, "ENFILE"), (EMFILE, "EMFILE"), (ENOTTY, "ENOTTY"), (ETXTBSY, "ETXTBSY"), (EFBIG, "EFBIG"),
      (ENOSPC, "ENOSPC"), (ESPIPE, "ESPIPE"), (EROFS, "EROFS"), (EMLINK, "EMLINK"), (EPIPE, "EPIPE"), (EDOM, "EDOM"),
      (ERANGE, "ERANGE"), (EDEADLK, "EDEADLK"), (ENAMETOOLONG, "ENAMETOOLONG"), (ENOLCK, "ENOLCK"),
      (ENOSYS, "ENOSYS"), (ENOTEMPTY, "ENOTEMPTY"), (ELOOP, "ELOOP"),
    ]
    for (code, name) in names { #expect(text(Errno(code: code).text).hasSuffix(" (\(name))"), "\(name)") }
  }

  // MARK: Descriptor, File

  @Test func `a descriptor is closed with its owner, and not before`() throws {
    var number: Int32 = -1
    do {
      let descriptor = try Descriptor(opening: "/dev/null", flags: O_RDONLY)
      number = descriptor.number
      #expect(harness_is_open(number) != 0)
      #expect(harness_descriptor_flags(number) & FD_CLOEXEC != 0)
    }
    // Another test may have got the number since; a descriptor of ours it is not.
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
    #expect(target != "/dev/null")
  }

  @Test func `what cannot be opened says why`() {
    #expect(throws: Errno.notFound) { _ = try Descriptor(opening: "/nonexistent/file", flags: O_RDONLY).release() }
    #expect(throws: Errno.notFound) { _ = try Descriptor(opening: Path([]), flags: O_RDONLY).release() }
    #expect(throws: Errno.isDirectory) { _ = try Descriptor(opening: "/tmp", flags: O_WRONLY).release() }
    #expect(throws: Errno.badDescriptor) { _ = try Descriptor(owning: -EBADF).release() }
  }

  @Test(arguments: [[Int32(0)], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
  func `no descriptor of ours is 0, 1 or 2`(_ closed: [Int32]) throws {
    let probe = try CallsProbe("descriptor", setup: .init(closed: closed))
    let said = probe.errorText()
    if closed.contains(2) {
      #expect(said.isEmpty)
    } else {
      let words = said.split(whereSeparator: { $0 == " " || $0 == "," })
      #expect((3...200).contains(Int(words[1]) ?? -1) && (3...200).contains(Int(words[2]) ?? -1), "\(said)")
      #expect(words[1] != words[2])
      #expect(said.hasSuffix(closed.contains(0) ? "0 is closed\n" : "0 is open\n"))
    }
    #expect(probe.exitCode() == 0)
  }

  @Test func `a file is read whole, or to the limit`() throws {
    let folder = Folder()
    let long = String((0..<5000).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
    let path = Path(Array(try folder.file("long", long).utf8))
    #expect(File.read(path, atMost: 10_000) == Array(long.utf8))
    #expect(File.read(path, atMost: 5000) == Array(long.utf8))
    for limit in [0, 1, 1023, 1024, 1025, 4999] {
      #expect(File.read(path, atMost: limit) == Array(long.utf8.prefix(limit)))
    }
    #expect(File.read(Path(Array("/nonexistent".utf8)), atMost: 10) == nil)
    #expect(File.read(Path(Array("/tmp".utf8)), atMost: 10) == nil, "a folder is none")
    #expect(File.read(Path(Array("/dev/null".utf8)), atMost: 10) == [])
  }

  @Test func `what is there and empty is filled, and nothing else is touched`() throws {
    let folder = Folder()
    let setup = CallsProbe.Setup(folder: folder.path)
    func fill(_ text: String) throws -> String? {
      #expect(try CallsProbe("fill", text, setup: setup).exitCode() == 0)
      return try? String(contentsOfFile: folder.path + "/message", encoding: .utf8)
    }
    #expect(try fill("first") == nil)
    try folder.file("message")
    #expect(try fill("first") == "first")
    #expect(try fill("second") == "first")
    try folder.file("message", "")
    #expect(try fill("") == "")
  }

  @Test func `a signal has the library's words`() throws {
    #expect(text(Signal.terminate.text) == "Terminated")
    #expect(text(Signal.hangUp.text) == "Hangup")
    for number in Int32(1)...64 {
      let signal = try #require(Signal(Int(number)))
      #expect(text(signal.text) == String(cString: strsignal(number)))
    }
  }

  // MARK: Clock

  @Test func `a wait ends when its time has come, and one that is over does not begin`() {
    let start = Clock.now
    Clock.wait(until: start + Milliseconds(20))
    #expect(Clock.now >= start + Milliseconds(20))
    Clock.wait(until: start)
    Clock.wait(until: Instant(.zero))
    Clock.wait(until: Instant(Milliseconds(.min)))
  }

  // MARK: CommandLine

  @Test func `arguments and variables are those of the kernel, byte for byte`() throws {
    let setup = CallsProbe.Setup(environment: ["PATH": "/bin", "EMPTY": "", "É": "=ü\t", "A": "1", "AB": "2"])
    let probe = try CallsProbe("words", "", "EMPTY", "É", "A", "AB", "ABC", "a b", "=", setup: setup)
    #expect(
      probe.lines() == [
        "count 10", "argument '\(CallsProbe.path)'", "argument 'words'", "argument ''", "argument 'EMPTY' is ''",
        "argument 'É' is '=ü\\x09'", "argument 'A' is '1'", "argument 'AB' is '2'", "argument 'ABC'", "argument 'a b'",
        "argument '='", "nothing beyond",
      ])
  }

  @Test func `many arguments are all counted`() throws {
    let probe = try CallsProbe(words: ["words"] + [String](repeating: "x", count: 5000))
    #expect(probe.lines().first == "count 5002")
    #expect(try CallsProbe("words", setup: .init(environment: [:])).lines().first == "count 2")
  }

  // MARK: OurProcess

  @Test func `what we inherited is closed, but the one that is kept`() throws {
    let (null, terminal) = (open("/dev/null", O_RDONLY), try TestTerminal())
    var setup = CallsProbe.Setup(descriptors: [3: null, 4: null, 5: null, 7: null, 60: null], terminal: terminal.path)
    // The tests' own descriptors may be inherited as well.
    #expect(try CallsProbe("close", setup: setup).lines() == ["open 0 1 2"])
    for kept in [3, 4, 7, 60] {
      #expect(try CallsProbe("close", "\(kept)", setup: setup).lines() == ["open 0 1 2 \(kept)"])
    }
    #expect(try CallsProbe("close", "2", setup: setup).lines() == ["open 0 1 2"])
    #expect(try CallsProbe("close", "1000000", setup: setup).lines() == ["open 0 1 2"])
    setup.by = ["sh", "-c", "ulimit -n 61; exec \"$@\"", "sh"]
    #expect(try CallsProbe("close", "60", setup: setup).lines() == ["open 0 1 2 60"])
    close(null)
  }

  @Test(.needsInjection) func `before close_range existed they are closed one by one`() throws {
    let null = open("/dev/null", O_RDONLY)
    var setup = CallsProbe.Setup(descriptors: [3: null, 4: null, 5: null, 7: null, 60: null])
    setup.by = Injection.of("close_range:error=ENOSYS")
    #expect(try CallsProbe("close", setup: setup).lines() == ["open 0 1 2"])
    #expect(try CallsProbe("close", "7", setup: setup).lines() == ["open 0 1 2 7"])
    close(null)
  }

  @Test func `the death of the parent is told, also when it came before`() throws {
    // The shell is the parent, and ends when its input does.
    let by = ["sh", "-c", "\"$@\" & read line; exit 0", "sh"]
    let probe = try CallsProbe("death", setup: .init(by: by))
    #expect(try probe.line() == "ready")
    probe.send(SIGKILL)
    #expect(try probe.line() == "came USR1")
    let orphan = try CallsProbe("death", "4194303")
    #expect(try orphan.line() == "the parent is gone")
  }

  // MARK: Terminal

  @Test func `without a terminal there is none`() throws {
    // A session of its own has none.
    let null = open("/dev/null", O_RDWR)
    let setup = CallsProbe.Setup(descriptors: [0: null], by: ["setsid", "--wait"])
    #expect(try CallsProbe("terminal", setup: setup).lines() == ["no terminal"])
    close(null)
  }

  @Test func `a terminal that is not the controlling one is not ours`() throws {
    let terminal = try TestTerminal()
    let other = open(terminal.path, O_RDWR | O_NOCTTY)
    let setup = CallsProbe.Setup(descriptors: [0: other], by: ["setsid", "--wait"])
    #expect(try CallsProbe("terminal", setup: setup).lines() == ["no terminal"])
    close(other)
  }

  @Test func `a session's leader gives its terminal up, and swallows what that sends it`() throws {
    let terminal = try TestTerminal()
    let probe = try CallsProbe("terminal", setup: .init(terminal: terminal.path))
    #expect(
      probe.lines() == [
        "keep -1", "ours", "taken", "ours", "leads its session", "given up, and hung up", "pending HUP CONT",
      ])
  }

  @Test func `with standard descriptors elsewhere the terminal is found all the same, on one of our own`() throws {
    let terminal = try TestTerminal()
    let probe = try CallsProbe(
      "terminal", setup: .init(terminal: terminal.path, by: ["bash", "-c", "\"$@\" < /dev/null; exit 0", "bash"]))
    let lines = probe.lines()
    #expect((3...100).contains(Int(lines[0].dropFirst(5)) ?? 0), "\(lines)")
    #expect(lines.dropFirst().prefix(4) == ["ours", "taken", "ours", "leads no session"])
  }

  @Test func `from the background the foreground is another's, and can be taken`() throws {
    let terminal = try TestTerminal()
    let probe = try CallsProbe(
      "terminal", setup: .init(terminal: terminal.path, by: ["bash", "-c", "set -m; \"$@\" < /dev/tty & wait", "bash"]))
    #expect(probe.lines().dropFirst().prefix(4) == ["another's", "taken", "ours", "leads no session"])
  }
}
