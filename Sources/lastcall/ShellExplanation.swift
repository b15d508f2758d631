// The commonest fault of images, named when it hurts: an entrypoint that is a shell and did not exec its program.

import Lifecycle
import LinuxCalls

enum ShellExplanation {
  /// The line to print before `signal` reaches the app; nil if the app is no shell, handles the signal, or has no child
  /// that would miss it.
  static func entry(for signal: Signal, app: Int32) -> Entry? {
    guard let name = interpreter(of: app), isShell(name),
      let caught = ProcessTable.signals("SigCgt:\t", of: app), !caught.contains(signal),
      let child = ProcessTable.child(of: app)
    else { return nil }
    let isIgnored = ProcessTable.signals("SigIgn:\t", of: app)?.contains(signal) == true
    var entry = Entry("shell", "the app is a shell, ")
    entry.text.add(foreign: name)
    entry.text.add(" (")
    entry.text.add(Int(app))
    entry.text.add(isIgnored ? "), which ignores " : "), which ends at ")
    entry.text.add(signal)
    entry.text.add("; its child ")
    entry.text.add(foreign: child.name)
    entry.text.add(" (")
    entry.text.add(Int(child.process))
    entry.text.add(") will not hear it: start it with exec, or use --group")
    entry.field("shell", name)
    entry.field("child", child.name)
    entry.field("child_pid", Int(child.process))
    entry.field("signal", signal)
    return entry
  }

  /// The last part of the first word of its command line. Not its name (comm): a script's is the script's own, while the
  /// words that the kernel starts it with begin with the interpreter's.
  private static func interpreter(of process: Int32) -> [UInt8]? {
    guard var word = ProcessTable.commandLine(of: process)?.first else { return nil }
    if let slash = word.lastIndex(of: 0x2f) { word.removeFirst(slash + 1) }
    // A login shell's first word begins with a dash.
    if word.first == 0x2d { word.removeFirst() }
    return word
  }

  private static func isShell(_ name: [UInt8]) -> Bool {
    let shells: [8 of StaticString] = ["sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"]
    for index in shells.indices where Line(shells[index]).bytes == name { return true }
    return false
  }
}
