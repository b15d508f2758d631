// Starts a program as a test wants it started: `Launcher OPTION… -- PROGRAM ARGUMENT…`. It becomes the program, or, where
// new namespaces need another process, makes it its own sibling: a direct child of the test in either case.
//
// Its report (descriptor 199) tells the program's pid, ends when the program has been executed, or says what failed.

import CHarness

let report: Int32 = 199
/// Where the listener to system calls goes.
let warden: Int32 = 198

func say(_ text: String) {
  let bytes = Array(text.utf8)
  _ = write(199, bytes, bytes.count)
}

func fail(_ what: String) -> Never {
  say("error cannot \(what): \(String(cString: strerror(harness_errno())))\n")
  _exit(99)
}

func check(_ result: Int32, _ what: String) {
  if result < 0 { fail(what) }
}

func numbers(_ text: String) -> [Int32] { text.split(separator: ",").compactMap { Int32($0) } }

var options: [String: String] = [:]
var words = CommandLine.arguments.dropFirst()
while let word = words.first, word != "--" {
  let parts = word.split(separator: "=", maxSplits: 1)
  options[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
  words = words.dropFirst()
}
// The program's own words are taken from the C vector: they need not be UTF-8.
let firstWord = CommandLine.arguments.count - words.count + 1

/// The rest happens in a sibling of ours.
func continueInSibling() {
  let pid = harness_fork_sibling()
  check(pid, "clone")
  if pid > 0 {
    say("pid \(pid)\n")
    _exit(0)
  }
}

func prepareMounts(_ options: [String: String]) {
  check(mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil), "make the mounts private")
  let root = options["root"] ?? ""
  if options["no-proc"] != nil {
    check(mount("none", "\(root)/proc", "tmpfs", 0, nil), "hide /proc")
  } else if access("\(root)/proc", F_OK) == 0 {
    let data = options["hide-processes"] != nil ? "hidepid=2" : ""
    check(mount("proc", "\(root)/proc", "proc", 0, data), "mount /proc")
  }
  if let pair = options["bind"]?.split(separator: ":"), pair.count == 2 {
    check(mount(String(pair[0]), String(pair[1]), nil, UInt(MS_BIND), nil), "bind \(pair)")
  }
  if options["read-only"] != nil {
    check(mount("none", "/", nil, UInt(MS_REMOUNT | MS_BIND | MS_RDONLY), nil), "make the root read-only")
  }
  if options["root"] != nil {
    check(chroot(root), "change root")
    check(chdir("/"), "enter the root")
  }
}

check(harness_close_on_exec(report), "mark the report")
let kept = numbers(options["keep"] ?? "") + [0, 1, 2, report] + (options["watch"] == nil ? [] : [warden])
for number in Int32(0)..<1024 where !kept.contains(number) { close(number) }
// posix_spawn(3) leaves 32 and 33, which glibc keeps for itself, ignored.
for number in Int32(1)...64 { _ = harness_set_ignored(number, 0) }
if let target = options["enter-network"].flatMap({ Int32($0) }) {
  let descriptor = harness_pidfd_open(target)
  check(descriptor, "open process \(target)")
  check(harness_enter(descriptor, CLONE_NEWNET), "enter the network of \(target)")
  close(descriptor)
}
if let target = options["enter"].flatMap({ Int32($0) }) {
  let descriptor = harness_pidfd_open(target)
  check(descriptor, "open process \(target)")
  var spaces = CLONE_NEWPID | CLONE_NEWNS
  if options["network"] != nil { spaces |= CLONE_NEWNET }
  check(harness_enter(descriptor, spaces), "enter the namespaces of \(target)")
  close(descriptor)
  continueInSibling()
} else if options["new-namespaces"] != nil {
  var spaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC
  if options["network"] != nil { spaces |= CLONE_NEWNET }
  check(harness_unshare(spaces), "make namespaces")
  continueInSibling()
  if options["network"] != nil { check(harness_loopback_up(), "bring lo up") }
  prepareMounts(options)
}

if options["session"] != nil || options["terminal"] != nil { check(setsid(), "make a session") }
if options["terminal"] != nil { check(harness_take_terminal(0), "take the terminal") }
if let directory = options["directory"] { check(chdir(directory), "enter \(directory)") }
for number in numbers(options["ignore"] ?? "") { check(harness_set_ignored(number, 1), "ignore \(number)") }
if let list = options["block"] {
  check(harness_set_mask(numbers(list).reduce(0) { $0 | 1 << UInt64($1 - 1) }, nil), "block signals")
}
// Those that are blocked stay pending over execve(2).
if let list = options["pending"] {
  let receiver = getpid()
  // From another process: what a process sends itself is nothing to pass on.
  let sender = harness_fork()
  if sender == 0 {
    for number in numbers(list) { check(kill(receiver, number), "send \(number)") }
    _exit(0)
  }
  check(waitpid(sender, nil, 0), "wait for the sender")
}
if options["no-capabilities"] != nil {
  for number in Int32(0)..<64 where harness_drop_capability(number) < 0 && harness_errno() != EINVAL {
    fail("drop \(number)")
  }
}
for number in numbers(options["drop-capability"] ?? "") { check(harness_drop_capability(number), "drop \(number)") }
if let limit = options["processes"].flatMap({ UInt64($0) }) {
  check(harness_set_limit(harness_limit_processes(), limit), "limit processes")
}
if let limit = options["descriptors"].flatMap({ UInt64($0) }) {
  check(harness_set_limit(harness_limit_descriptors(), limit), "limit descriptors")
}
if let user = options["user"].flatMap({ UInt32($0) }) {
  check(setgroups(0, nil), "drop groups")
  check(setgid(user), "become group \(user)")
  check(setuid(user), "become user \(user)")
}
if options["no-new-privileges"] != nil { check(harness_no_new_privileges(), "give up privileges") }
for number in numbers(options["withhold"] ?? "") {
  check(harness_withhold(UInt32(number), UInt32(number)), "withhold system call \(number)")
}
if options["no-netlink"] != nil { check(harness_deny_family(AF_NETLINK), "deny netlink") }
// After setuid(2), which clears it: a test run that is killed leaves nothing behind.
check(harness_set_parent_death_signal(SIGKILL), "tie it to the test")
for number in numbers(options["close"] ?? "") { close(number) }
if let number = options["watch"].flatMap({ Int32($0) }) {
  check(harness_close_on_exec(warden), "mark the warden")
  check(harness_watch_calls(number, warden), "watch system call \(number)")
}

let program = CommandLine.unsafeArgv + firstWord
if let path = program[0] { execvp(path, program) }
fail("execute \(words.dropFirst().first ?? "nothing")")
