// The reason of a failed system call, as a type.

import CLinux
import Lifecycle

/// errno(3) as a call left it.
public struct Errno: Error, Equatable, Sendable {
  public let code: Int32

  public init(code: Int32) { self.code = code }

  /// The reason of the call that has just failed in this thread.
  public static var current: Errno { Errno(code: linux_errno()) }

  public static let notPermitted = Errno(code: EPERM)
  public static let notFound = Errno(code: ENOENT)
  public static let noProcess = Errno(code: ESRCH)
  public static let interrupted = Errno(code: EINTR)
  public static let badDescriptor = Errno(code: EBADF)
  public static let noChild = Errno(code: ECHILD)
  public static let tryAgain = Errno(code: EAGAIN)
  public static let accessDenied = Errno(code: EACCES)
  public static let exists = Errno(code: EEXIST)
  public static let isDirectory = Errno(code: EISDIR)
  public static let notDirectory = Errno(code: ENOTDIR)
  public static let notImplemented = Errno(code: ENOSYS)
  public static let invalid = Errno(code: EINVAL)
  public static let noBufferSpace = Errno(code: ENOBUFS)
  public static let notSocket = Errno(code: ENOTSOCK)
  public static let notExecutableFormat = Errno(code: ENOEXEC)

  /// `No such file or directory (ENOENT)`: strerror(3) and the name that documentation uses.
  public var text: Line {
    var line = reason
    line.add(" (")
    if code > 0 && Int(code) <= Errno.names.count {
      line.add(Errno.names[Int(code) - 1])
    } else {
      line.add("errno ")
      line.add(Int(code))
    }
    line.add(")")
    return line
  }

  /// `No such file or directory`: strerror(3).
  public var reason: Line {
    var line = Line()
    // Safe: strerror's text is a constant of the C library, and there is one thread.
    if let text = unsafe strerror(code) {
      var position = unsafe text
      while unsafe position.pointee != 0 {
        line.add(byte: UInt8(bitPattern: unsafe position.pointee))
        unsafe position += 1
      }
    }
    return line
  }

  /// Names of 1 to 40, which are the same on every architecture we build for (asm-generic/errno-base.h, errno.h).
  private static let names: [40 of StaticString] = [
    "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM",
    "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE",
    "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE",
    "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP",
  ]
}
