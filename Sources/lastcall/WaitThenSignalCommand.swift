import Lifecycle
import LinuxCalls
import Options

struct WaitThenSignalCommand {
  init(_ s: Settings) {}
  mutating func run() -> UInt8 { 0 }
}
