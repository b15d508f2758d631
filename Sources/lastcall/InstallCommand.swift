// `lastcall install DEST`: copies the running program, for an init container that hands it to an image without one.

import Lifecycle
import LinuxCalls

struct InstallCommand {
  private let destination: Path

  init(destination: Path) { self.destination = destination }

  /// Copies; returns the exit code.
  func run() -> UInt8 {
    do throws(InstallFailure) {
      try Installer.install(at: destination)
      return ExitCode.success
    } catch {
      var line = Line("lastcall: cannot ")
      line.add(error.attempt)
      line.add(" ")
      line.add(foreign: error.object.bytes)
      line.add(": ")
      line.add(error.reason.text)
      line.add("; nothing was installed")
      StandardError.write(line)
      return ExitCode.failure
    }
  }
}
