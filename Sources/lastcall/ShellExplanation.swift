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
    add(isIgnored ? .shellIgnores : .shellEnds, Int(app), signal.word, name.bytes, .none)
    add(.shellChild, Int(child.process), signal.word, child.name, .none)
    send()
    return true
  }

  /// The last part of the first word of its command line. Not its name (comm): a script's is the script's own, while the
  /// words that the kernel starts it with begin with the interpreter's.
  private func interpreter(of process: Int32) -> Text? {
    guard let words = ProcessTable.commandLine(of: process), words.count > 0 else { return nil }
    let word = words[0].lastComponent
    // A login shell's first word begins with a dash.
    return word[0] == 0x2d ? word.from(1) : word
  }

  private func isShell(_ name: Text) -> Bool {
    let shells = Text("sh\nbash\ndash\nash\nbusybox\nksh\nmksh\nzsh")
    var index = 0
    while index < 8 {
      if shells.line(index) == name { return true }
      index &+= 1
    }
    return false
  }
}
