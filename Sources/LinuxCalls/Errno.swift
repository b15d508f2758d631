// The reason of a failed system call, as a type.

import CLinux
import Lifecycle

/// errno(3): a call that failed has returned its negative.
public struct Errno: Error, Equatable, Sendable {
  public let code: Int32

  public init(code: Int32) { self.code = code }

  /// The reason of a call that has returned `result`, which is negative.
  init(of result: Int) { code = 0 &- Int32(truncatingIfNeeded: result) }

  /// What a call has returned, unless that says why it failed.
  @discardableResult
  static func check(_ result: Int32) throws(Errno) -> Int32 {
    guard result >= 0 else { throw Errno(of: Int(result)) }
    return result
  }

  /// No reason: nothing failed.
  public static let none = Errno(code: 0)
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
    if isKnown {
      line.add(row: Int(code) - 1, of: Errno.names, separator: 0x20)
    } else {
      line.add("errno ")
      line.add(Int(code))
    }
    line.add(")")
    return line
  }

  /// `No such file or directory`: strerror(3), whose own table has many a reason that no call here can have.
  public var reason: Line {
    var line = Line()
    if isKnown {
      line.add(row: Int(code) - 1, of: Errno.reasons)
    } else {
      line.add("Unknown error")
    }
    return line
  }

  private var isKnown: Bool { code >= 1 && code <= 40 }

  /// Names of 1 to 40, which are the same on every architecture we build for (asm-generic/errno-base.h, errno.h).
  private static let names: StaticString = """
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST \
    EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE \
    EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP
    """

  private static let reasons: StaticString = """
    Operation not permitted
    No such file or directory
    No such process
    Interrupted system call
    Input/output error
    No such device or address
    Argument list too long
    Exec format error
    Bad file descriptor
    No child processes
    Resource temporarily unavailable
    Cannot allocate memory
    Permission denied
    Bad address
    Block device required
    Device or resource busy
    File exists
    Invalid cross-device link
    No such device
    Not a directory
    Is a directory
    Invalid argument
    Too many open files in system
    Too many open files
    Inappropriate ioctl for device
    Text file busy
    File too large
    No space left on device
    Illegal seek
    Read-only file system
    Too many links
    Broken pipe
    Numerical argument out of domain
    Numerical result out of range
    Resource deadlock avoided
    File name too long
    No locks available
    Function not implemented
    Directory not empty
    Too many levels of symbolic links
    """
}
