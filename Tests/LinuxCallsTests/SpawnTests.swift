// The app's start: what is found on PATH, what is run, and what is said when nothing is.

import CHarness
import Foundation
import Testing

@Suite struct SpawnTests {
  private let folder = Folder()

  /// What came of starting `command` with that PATH.
  private func start(_ command: String..., path: String?, in directory: String? = nil) throws -> [String] {
    var setup = CallsProbe.Setup()
    setup.environment["PATH"] = path
    setup.folder = directory
    let words = ["start", "own"] + command
    let probe = try CallsProbe(words: words, setup: setup)
    return told(by: probe)
  }

  /// What it and its app said, but for the app's pid, which may come before or behind what the app says first.
  private func told(by probe: CallsProbe) -> [String] {
    probe.lines().filter { !$0.hasPrefix("app ") || !$0.dropFirst(4).allSatisfy { $0.isNumber } }
  }

  /// A script that says its own name and words.
  private func script(_ name: String, mode: mode_t = 0o755) throws -> String {
    try folder.file(name, "#!/bin/sh\necho \(name) \"$@\"\n", mode: mode)
  }

  private func ran(_ name: String) -> [String] { [name, "app exited with 0", "none left"] }

  @Test func `PATH is walked in order, and the first that can be run is`() throws {
    _ = try script("b/tool")
    _ = try script("c/tool")
    #expect(try start("tool", path: "\(folder.path)/a:\(folder.path)/b:\(folder.path)/c") == ran("b/tool"))
    #expect(try start("tool", "x y", "z", path: "\(folder.path)/c:\(folder.path)/b") == ran("c/tool x y z"))
  }

  @Test func `an empty element of PATH is the working directory`() throws {
    _ = try script("here/tool")
    let here = folder.path + "/here"
    for path in ["", ":", ":/nowhere", "/nowhere:", "/nowhere::/nowhere2"] {
      #expect(try start("tool", path: path, in: here) == ran("here/tool"), "PATH=\(path)")
    }
    #expect(try start("tool", path: "/nowhere", in: here) == ["not found: No such file or directory (ENOENT)"])
  }

  @Test func `without PATH the system's folders are looked through, and not the working directory`() throws {
    _ = try script("tool")
    #expect(try start("true", path: nil) == ["app exited with 0", "none left"])
    #expect(try start("tool", path: nil, in: folder.path) == ["not found: No such file or directory (ENOENT)"])
  }

  @Test func `a name with a slash is a path, whatever PATH says`() throws {
    _ = try script("sub/tool")
    _ = try script("sub/sub/tool")
    #expect(try start("./tool", path: "/nowhere", in: folder.path + "/sub") == ran("sub/tool"))
    #expect(try start("sub/tool", path: folder.path + "/sub", in: folder.path) == ran("sub/tool"))
    #expect(try start(folder.path + "/sub/tool", path: nil) == ran("sub/tool"))
    #expect(try start("./nothing", path: "/bin") == ["not found: No such file or directory (ENOENT)"])
    #expect(try start("/etc/passwd/tool", path: "/bin") == ["not found: Not a directory (ENOTDIR)"])
  }

  @Test func `what may not be run is passed over, and is the answer when nothing else runs`() throws {
    _ = try script("a/tool", mode: 0o644)
    _ = try script("b/tool")
    try folder.file("d/tool/file")
    let path = folder.path
    #expect(try start("tool", path: "\(path)/a:\(path)/b") == ran("b/tool"))
    #expect(try start("tool", path: "\(path)/d:\(path)/b") == ran("b/tool"), "a folder is no program")
    for order in ["\(path)/a:\(path)/x", "\(path)/x:\(path)/a", "\(path)/a:/etc/passwd", "\(path)/d"] {
      #expect(try start("tool", path: order) == ["not runnable: Permission denied (EACCES)"], "\(order)")
    }
    #expect(try start(path + "/a/tool", path: nil) == ["not runnable: Permission denied (EACCES)"])
  }

  @Test func `an element of PATH that is no folder is passed over`() throws {
    _ = try script("b/tool")
    #expect(try start("tool", path: "/etc/passwd:\(folder.path)/b") == ran("b/tool"))
    let long = "/" + String(repeating: "x", count: 5000)
    #expect(try start("tool", path: "\(long):\(folder.path)/b") == ran("b/tool"), "nor is one too long")
    #expect(try start("tool", path: "\(folder.path)/loop:\(folder.path)/b") == ran("b/tool"))
  }

  @Test func `a missing interpreter is told apart from a missing file, and does not end the search`() throws {
    try folder.file("a/tool", "#!/no/such/interpreter\n")
    try folder.file("f/tool", "#!/etc/passwd/interpreter\n")
    _ = try script("b/tool")
    let path = folder.path
    #expect(try start(path + "/a/tool", path: nil) == ["no interpreter"])
    #expect(try start(path + "/f/tool", path: nil) == ["no interpreter"])
    #expect(try start("tool", path: "\(path)/a") == ["no interpreter"])
    #expect(try start("tool", path: "\(path)/a:\(path)/x") == ["no interpreter"])
    #expect(try start("tool", path: "\(path)/a:\(path)/b") == ran("b/tool"))
  }

  @Test func `a file without an interpreter line is a shell script, with its words`() throws {
    try folder.file("plain", "echo plain \"$0\" \"$@\"\n")
    try folder.file("empty")
    #expect(
      try start("plain", "x y", "", "z", path: folder.path)
        == ["plain \(folder.path)/plain x y  z", "app exited with 0", "none left"])
    #expect(try start("empty", path: folder.path) == ["app exited with 0", "none left"])
    try folder.file("garbage", "\u{7f}ELF and no more")
    // sh is as puzzled as the kernel, and says so by its own code.
    #expect(try start("garbage", path: folder.path).last == "none left")
  }

  @Test func `a loop of links was found, in a way, and cannot be run`() throws {
    #expect(symlink("loop", folder.path + "/loop") == 0)
    #expect(
      try start(folder.path + "/loop", path: nil) == ["not runnable: Too many levels of symbolic links (ELOOP)"])
    #expect(symlink("nothing", folder.path + "/dangling") == 0)
    #expect(try start(folder.path + "/dangling", path: nil) == ["not found: No such file or directory (ENOENT)"])
  }

  @Test(
    .needsInjection,
    arguments: [
      ("EACCES", true), ("ESTALE", true), ("ENODEV", true), ("ETIMEDOUT", true), ("ENAMETOOLONG", true),
      ("ENOTDIR", true), ("E2BIG", false), ("ENOMEM", false), ("ETXTBSY", false), ("EIO", false), ("EPERM", false),
    ])
  func `the search goes on where execvp's does`(_ reason: String, _ goesOn: Bool) throws {
    let first = try script("a/tool")
    _ = try script("b/tool")
    var setup = CallsProbe.Setup(by: Injection.of("execve:error=\(reason)", on: first))
    setup.environment["PATH"] = "\(folder.path)/a:\(folder.path)/b:/usr/bin"
    let lines = told(by: try CallsProbe("start", "own", "tool", setup: setup))
    if goesOn {
      #expect(lines == ["b/tool", "app exited with 0", "none left"])
    } else {
      #expect(lines.count == 1 && lines[0].hasPrefix("not runnable: ") && lines[0].hasSuffix(" (\(reason))"))
    }
  }

  @Test(.needsInjection) func `without a process to be had nothing is run`() throws {
    let setup = CallsProbe.Setup(by: Injection.of("clone:error=EAGAIN"))
    let probe = try CallsProbe("start", "own", "true", setup: setup)
    #expect(probe.lines() == ["no process: Resource temporarily unavailable (EAGAIN)"])
  }

  // MARK: What the app is given

  private func status(_ field: String, of lines: [String]) -> String? {
    guard let line = lines.first(where: { $0.hasPrefix(field + ":") }) else { return nil }
    // posix_spawn(3) leaves 32 and 33, which glibc keeps for itself, ignored.
    let set = UInt64(line.dropFirst(field.count + 2), radix: 16).map { $0 & ~(3 << 31) }
    return set.map { String($0, radix: 16) }
  }

  @Test func `the mask is the one that was inherited`() throws {
    var setup = CallsProbe.Setup()
    setup.blocked = [SIGHUP, SIGTERM]
    let lines = try CallsProbe("start", "own", "cat", "/proc/self/status", setup: setup).lines()
    #expect(status("SigBlk", of: lines) == "4001")
    #expect(status("SigIgn", of: lines) == "0")
  }

  @Test func `a CHLD that was ignored is ignored again, and hides no exit`() throws {
    let lines = try CallsProbe("start", "ignoring", "cat", "/proc/self/status").lines()
    #expect(status("SigIgn", of: lines) == "10000")
    #expect(lines.contains("app exited with 0"))
  }

  /// Process, group, session and the terminal's foreground group, from /proc/self/stat.
  private func place(_ placement: String, setup: CallsProbe.Setup = .init()) throws -> (app: [Int], probe: pid_t) {
    let probe = try CallsProbe("start", placement, "cat", "/proc/self/stat", setup: setup)
    let stat = try #require(probe.lines().first { $0.contains(" (cat) ") })
    let fields = stat.split(separator: " ")
    return ([fields[0], fields[4], fields[5], fields[7]].compactMap { Int($0) }, probe.process)
  }

  @Test func `the app's place is its own group, our own, or a session of its own`() throws {
    let own = try place("own").app
    #expect(own[1] == own[0] && own[2] == Int(getsid(0)))
    let shared = try place("shared").app
    #expect(shared[1] == Int(getpgrp()) && shared[2] == Int(getsid(0)))
    let session = try place("session").app
    #expect(session[1] == session[0] && session[2] == session[0])
  }

  @Test func `the terminal's foreground is the app's, and ours again when there is none`() throws {
    let terminal = try TestTerminal()
    let setup = CallsProbe.Setup(terminal: terminal.path)
    let app = try place("terminal", setup: setup).app
    #expect(app[3] == app[1] && app[1] == app[0])
    let failed = try CallsProbe("start", "terminal", "./nothing", setup: setup)
    #expect(failed.lines() == ["not found: No such file or directory (ENOENT)", "ours"])
  }

  @Test func `the app starts where we were started, though we have left`() throws {
    let setup = CallsProbe.Setup(folder: folder.path)
    let places = "pwd; readlink /proc/$PPID/cwd; ls /proc/self/fd | wc -l"
    let elsewhere = told(by: try CallsProbe("start", "elsewhere", "sh", "-c", places, setup: setup))
    let here = told(by: try CallsProbe("start", "own", "sh", "-c", places, setup: setup))
    #expect(elsewhere[0...1] == [folder.path, "/"])
    #expect(here[0...1] == [folder.path, folder.path])
    #expect(elsewhere[2] == here[2], "no descriptor of ours leaks")
    _ = try script("tool")
    #expect(try CallsProbe("start", "elsewhere", "./tool", setup: setup).lines().contains("tool"))
  }

  @Test func `the app dies with us if it is to`() throws {
    let probe = try CallsProbe("start", "death", "sh", "-c", "echo up; read never; echo survived")
    let lines = [try probe.line(), try probe.line()]
    #expect(lines.contains("up"))
    probe.send(SIGKILL)
    #expect(probe.exitCode() == 128 + SIGKILL)
    probe.closeInput()
    #expect(probe.lines() == [])
  }

  @Test func `socket activation that means us means the app, and no other variable is touched`() throws {
    let probe = try CallsProbe(
      words: ["start", "own", "sh", "-c", "test $LISTEN_PID = $$ && echo mine; echo $LISTEN_FDS $OTHER"],
      setup: .init(by: ["sh", "-c", "OTHER=LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"]))
    let lines = probe.lines()
    #expect(lines.contains("mine"))
    #expect(lines.contains("1 LISTEN_PID=\(probe.process)"))
    let other = try CallsProbe(
      "start", "own", "sh", "-c", "echo $LISTEN_PID", setup: .init(environment: ["PATH": "/bin", "LISTEN_PID": "1"]))
    #expect(other.lines().contains("1"))
  }

  // MARK: What becomes of it

  @Test func `an end by exit, by signal, and a stop are told as they are`() throws {
    func end(_ script: String) throws -> [String] {
      told(by: try CallsProbe("start", "own", "sh", "-c", script))
    }
    #expect(try end("exit 0") == ["app exited with 0", "none left"])
    #expect(try end("exit 255") == ["app exited with 255", "none left"])
    #expect(try end("kill -TERM $$") == ["app was killed by TERM", "none left"])
    #expect(try end("kill -63 $$") == ["app was killed by RTMIN+29", "none left"])
    #expect(try end("kill -STOP $$; exit 3") == ["app stopped by STOP", "app exited with 3", "none left"])
  }

  @Test func `as a subreaper orphans are ours, and as none they are not`() throws {
    // The orphan reads until its parent is gone.
    let script = "exec 4> >(read line; exit 5); exit 0"
    let subreaper = told(by: try CallsProbe("start", "subreaper", "bash", "-c", script))
    #expect(subreaper.sorted() == ["app exited with 0", "none left", "orphan exited with 5"])
    let none = told(by: try CallsProbe("start", "own", "bash", "-c", script))
    #expect(none == ["app exited with 0", "none left"])
  }

  @Test func `a thousand orphans at once are all told`() throws {
    let script = "i=0; while [ $i -lt 1000 ]; do (true &) ; i=$((i+1)); done"
    let lines = try CallsProbe("start", "subreaper", "sh", "-c", script).lines()
    #expect(lines.filter { $0 == "orphan exited with 0" }.count == 1000)
    #expect(lines.last == "none left")
  }
}
