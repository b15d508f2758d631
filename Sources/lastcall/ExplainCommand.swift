import Lifecycle
import LinuxCalls
import Options

struct ExplainCommand {
  init(_ s: Settings, isHook: Bool) {}
  func run() -> UInt8 { 0 }
}
