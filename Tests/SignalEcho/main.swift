// Says "ready PID PPID PGID SID", then a line per signal it receives, all of 1 to 64 ("15 TERM from 7 code SI_USER",
// "34 RTMIN from 7 code SI_QUEUE value 5"): the witness of the end-to-end tests. It blocks everything and takes signals off the queue, so nothing that reaches it goes unsaid.
//
// Its words, all optional, done in this order:
//   show         what it inherited: mask, ignored signals, parent-death signal, descriptors, directory, words, environment
//   user=N       becomes this user
//   processes    forks until the limit stops it
//   orphans=N    leaves N grandchildren to whoever takes orphans in, which end at once
//   children=N   N children that say the same lines, each begun with "child N "; it waits for their readiness
//   exit=SIG:N   exits with N on signal number SIG
//   queue=PID:SIGNAL:VALUE[:SENDER]  queues a signal with a value of 64 bits, as sent by SENDER if that is given
//   leave        exits at once
//   stop         stops itself (SIGSTOP) once it is ready

import CHarness

struct Echo {
  var prefix = ""
  var exits: [(signal: Int32, code: Int32)] = []

  func say(_ text: String) {
    let bytes = Array("\(prefix)\(text)\n".utf8)
    // With nobody left to tell, each failed write would bring a PIPE to tell of.
    if write(1, bytes, bytes.count) < 0 { _exit(1) }
  }

  static func name(_ number: Int32) -> String {
    switch number {
    case 1...31: names[Int(number) - 1]
    case 34: "RTMIN"
    case 35...64: "RTMIN+\(number - 34)"
    default: "\(number)"
    }
  }

  private static let names = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
  ]

  static func hexadecimal(_ text: UnsafePointer<CChar>) -> String {
    (0..<strlen(text)).map { index in
      let byte = String(UInt8(bitPattern: text[index]), radix: 16)
      return byte.count < 2 ? "0\(byte)" : byte
    }.joined()
  }

  func showInherited(mask: UInt64) {
    say("mask \((Int32(1)...64).filter { mask & 1 << UInt64($0 - 1) != 0 }.map(Echo.name).joined(separator: " "))")
    say("ignored \((Int32(1)...64).filter { harness_is_ignored($0) != 0 }.map(Echo.name).joined(separator: " "))")
    say("parent-death \(harness_parent_death_signal())")
    say("descriptors \((Int32(0)..<256).filter { harness_is_open($0) != 0 }.map { "\($0)" }.joined(separator: " "))")
    say("foreground \(tcgetpgrp(0) == getpgrp())")
    if let directory = getcwd(nil, 0) { say("directory \(String(cString: directory))") }
    var word = harness_arguments()
    while let text = word?.pointee {
      say("word \(Echo.hexadecimal(text))")
      word = word?.advanced(by: 1)
    }
    var variable = harness_environment()
    while let text = variable?.pointee {
      say("variable \(Echo.hexadecimal(text))")
      variable = variable?.advanced(by: 1)
    }
  }

  func leaveOrphans(_ count: Int) {
    // One child makes them all, sees them all dead, and ends, which hands them over together: when it is reaped, their new
    // parent has been told of each.
    if harness_fork() == 0 {
      for _ in 0..<count {
        let pid = harness_fork()
        if pid == 0 { _exit(0) }
        if pid < 0 || harness_wait_unreaped(pid) < 0 { say("cannot make an orphan") }
      }
      _exit(0)
    }
    var status: Int32 = 0
    while wait(&status) > 0 {}
    say("orphaned")
  }

  /// Makes a child that echoes too, and comes back when it is ready.
  func makeChild(_ number: Int) {
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    if harness_fork() == 0 {
      var child = self
      child.prefix = "child \(number) "
      child.say("ready \(getpid()) \(getppid()) \(getpgrp()) \(getsid(0))")
      close(ends[0])
      close(ends[1])
      child.echo()
    }
    close(ends[1])
    var byte: UInt8 = 0
    _ = read(ends[0], &byte, 1)
    close(ends[0])
  }

  func echo() -> Never {
    while true {
      var received = harness_signal()
      guard harness_wait(&received) > 0 else { continue }
      let code =
        switch received.code {
        case harness_code_user(): "SI_USER"
        case harness_code_queue(): "SI_QUEUE"
        case harness_code_kernel(): "SI_KERNEL"
        default: "\(received.code)"
        }
      let value = received.code == harness_code_queue() ? " value \(received.value)" : ""
      say("\(received.number) \(Echo.name(received.number)) from \(received.sender) code \(code)\(value)")
      if let exit = exits.first(where: { $0.signal == received.number }) { _exit(exit.code) }
    }
  }
}

var mask: UInt64 = 0
harness_set_mask(.max, &mask)
var echo = Echo()
var children = 0
var stops = false
var word = harness_arguments()?.advanced(by: 1)
while let text = word?.pointee {
  word = word?.advanced(by: 1)
  let parts = String(cString: text).split(separator: "=")
  let value = parts.count > 1 ? String(parts[1]) : ""
  switch parts.first {
  case "show": echo.showInherited(mask: mask)
  case "user": if setuid(UInt32(value) ?? 0) < 0 { echo.say("cannot become \(value)") }
  case "processes":
    while true {
      let pid = harness_fork()
      if pid == 0 { while true { pause() } }
      if pid < 0 { break }
    }
  case "orphans": echo.leaveOrphans(Int(value) ?? 0)
  case "children": children = Int(value) ?? 0
  case "exit":
    let pair = value.split(separator: ":").compactMap { Int32($0) }
    if pair.count == 2 { echo.exits.append((signal: pair[0], code: pair[1])) }
  case "stop": stops = true
  case "queue":
    let numbers = value.split(separator: ":").map { UInt64($0) ?? 0 }
    let sender = numbers.count > 3 ? pid_t(numbers[3]) : getpid()
    if numbers.count < 3 || harness_queue_as(sender, pid_t(numbers[0]), Int32(numbers[1]), numbers[2]) < 0 {
      echo.say("cannot queue \(value)")
    }
  case "leave": _exit(0)
  default: break
  }
}
for number in 0..<children { echo.makeChild(number + 1) }
echo.say("ready \(getpid()) \(getppid()) \(getpgrp()) \(getsid(0))")
if stops { kill(getpid(), SIGSTOP) }
echo.echo()
