// The commonest fault of images, named when it hurts: an entrypoint that is a shell and did not exec its program.

import Lifecycle
import LinuxCalls

extension Report {
  /// What to know before `signal` reaches the app; nothing if the app is no shell, handles the signal, or has no child that
  /// would miss it. Returns whether it was said.
  @inline(never)
  func explainShell(_ signal: Signal, app: Int32) -> Bool {
    guard let name = interpreter(of: app), isShell(name),
      let caught = ProcessTable.signals("SigCgt:\t", of: app), !caught.contains(signal),
      let child = ProcessTable.child(of: app)
    else { return false }
    let isIgnored = ProcessTable.signals("SigIgn:\t", of: app)?.contains(signal) == true
    add(isIgnored ? .shellIgnores : .shellEnds, Int(app), signal.word, name, nil)
    add(.shellChild, Int(child.process), signal.word, child.name, nil)
    send()
    return true
  }

  /// The last part of the first word of its command line. Not its name (comm): a script's is the script's own, while the
  /// words that the kernel starts it with begin with the interpreter's.
  private func interpreter(of process: Int32) -> [UInt8]? {
    guard let words = ProcessTable.commandLine(of: process), words.count > 0 else { return nil }
    let word = words[0].lastComponent
    // A login shell's first word begins with a dash.
    return (word[0] == 0x2d ? word.from(1) : word).bytes
  }

  private func isShell(_ name: [UInt8]) -> Bool {
    let shells: [8 of StaticString] = ["sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"]
    for index in shells.indices where Line(shells[index]).bytes == name { return true }
    return false
  }
}
