// Copying the running program to a place of its own: whole or not at all.

import CLinux
import Lifecycle

/// Which step of an installation failed, on what, and why.
public struct InstallFailure: Error {
  public let attempt: StaticString
  public let object: Path
  public let reason: Errno
}

public enum Installer {
  /// Copies /proc/self/exe to `destination`, or to a file `lastcall` in it if it is a folder, with mode 0755.
  ///
  /// The copy is made beside the destination and renamed over it (rename(2)), so nobody ever sees half of it, and what
  /// was there before stays if anything fails.
  public static func install(at destination: Path) throws(InstallFailure) {
    var target = destination
    if isFolder(destination) {
      var name = Line()
      for byte in destination.bytes { name.add(byte: byte) }
      name.add("/lastcall")
      target = Path(name)
    }
    let temporary = Path(target.bytes + suffix)
    do throws(InstallFailure) {
      try copy(to: temporary)
    } catch {
      // A file of that name that was there before is not ours to remove.
      if error.reason != .exists { remove(temporary) }
      throw error
    }
    let renamed = unsafe temporary.withPointer { from in unsafe target.withPointer { unsafe linux_rename(from, $0) } }
    guard renamed == 0 else {
      remove(temporary)
      throw InstallFailure(attempt: "install", object: target, reason: Errno(of: Int(renamed)))
    }
  }

  /// `.PID.new`: two installations at once don't meet.
  private static var suffix: [UInt8] {
    var text = Line(".")
    text.add(Int(linux_getpid()))
    text.add(".new")
    return text.bytes
  }

  private static func copy(to path: Path) throws(InstallFailure) {
    let source = try openSelf()
    do throws(Errno) {
      let flags = O_WRONLY | O_CREAT | O_EXCL
      let copy = try Descriptor(owning: unsafe path.withPointer { unsafe linux_create($0, flags, 0o755) })
      try transfer(source, copy)
      // The mode is that of the umask until here, and data may not have reached the disk: a full one shows now.
      try Errno.check(linux_change_mode(copy.number, 0o755))
      try Errno.check(linux_fsync(copy.number))
    } catch {
      throw InstallFailure(attempt: "write", object: path, reason: error)
    }
  }

  private static func openSelf() throws(InstallFailure) -> Descriptor {
    do throws(Errno) {
      return try Descriptor(opening: "/proc/self/exe", flags: O_RDONLY)
    } catch {
      throw InstallFailure(attempt: "read", object: Path(Line("/proc/self/exe")), reason: error)
    }
  }

  private static func transfer(_ source: borrowing Descriptor, _ copy: borrowing Descriptor) throws(Errno) {
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = try source.read(into: &buffer)
      if count == 0 { return }
      var written = 0
      while written < count {
        // Safe: the call reads the array's own bytes, from `written` to `count`.
        let step = unsafe buffer.withUnsafeBytes { bytes -> Int in
          guard let start = bytes.baseAddress else { return -1 }
          return unsafe linux_write(copy.number, start + written, count - written)
        }
        if step == -Int(EINTR) { continue }
        guard step > 0 else { throw Errno(of: step) }
        written += step
      }
    }
  }

  private static func isFolder(_ path: Path) -> Bool {
    var status = linux_status()
    // Safe: the call writes one status.
    return unsafe path.withPointer { unsafe linux_status($0, &status) } == 0 && status.mode & UInt32(S_IFMT) == S_IFDIR
  }

  private static func remove(_ path: Path) { _ = unsafe path.withPointer { unsafe linux_unlink($0) } }
}
