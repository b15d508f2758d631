// Descriptors of a look's sources, as plain numbers: the look owns them, and has one place where they are closed.

import CLinux
import Lifecycle

/// Numbers of descriptors; less than 0 for none.
enum KernelFile {
  /// Opens a file to be read (open(2)). Less than 0: failed, for errno's reason.
  static func open(_ path: StaticString) -> Int32 {
    do throws(Errno) {
      return try Descriptor(opening: path, flags: O_RDONLY).release()
    } catch {
      return -1
    }
  }

  /// A socket to the kernel's monitoring of sockets. Less than 0: failed, for errno's reason.
  @inline(never)
  static func openSocketDiagnostics() -> Int32 {
    do throws(Errno) {
      let number = try Descriptor(owning: linux_socket_diagnostics()).release()
      if linux_connect_to_kernel(number) == 0 { return number }
      let failure = Errno.current
      close(number)
      linux_set_errno(failure.code)
    } catch {
    }
    return -1
  }

  /// close(2), of none as well.
  @inline(never)
  static func close(_ number: Int32) {
    if number >= 0 { _ = CLinux.close(number) }
  }
}
