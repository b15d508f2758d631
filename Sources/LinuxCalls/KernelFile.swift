// Descriptors of a look's sources, as plain numbers: the look owns them, and has one place where they are closed.

import CLinux
import Lifecycle

/// Numbers of descriptors; less than 0 for none.
enum KernelFile {
  /// Opens a file to be read (openat(2)). Less than 0: failed, and why.
  static func open(_ path: StaticString) -> Int32 { Descriptor.open(path, O_RDONLY) }

  /// A socket to the kernel's monitoring of sockets. Less than 0: failed, and why.
  @inline(never)
  static func openSocketDiagnostics() -> Int32 {
    let number = Descriptor.moveUp(linux_socket_diagnostics())
    let failure = linux_connect_to_kernel(number)
    if number < 0 || failure == 0 { return number }
    close(number)
    return failure
  }

  /// close(2), of none as well.
  static func close(_ number: Int32) { _ = linux_close(number) }
}
