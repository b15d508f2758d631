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
      let report = Report()
      report.add(.cannot)
      report.entry.text.add(error.attempt)
      report.write(.nothingInstalled, error.object.bytes, error.reason)
      return ExitCode.failure
    }
  }
}
