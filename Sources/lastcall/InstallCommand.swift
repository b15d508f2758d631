import Lifecycle
import LinuxCalls
import Options

struct InstallCommand {
  init(destination: Path) {}
  func run() -> UInt8 { 0 }
}
