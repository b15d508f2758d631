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
    let renamed = unsafe temporary.withPointer { from in unsafe target.withPointer { unsafe rename(from, $0) } }
    guard renamed == 0 else {
      let reason = Errno.current
      remove(temporary)
      throw InstallFailure(attempt: "install", object: target, reason: reason)
    }
  }

  /// `.PID.new`: two installations at once don't meet.
  private static var suffix: [UInt8] {
    var text = Line(".")
    text.add(Int(getpid()))
    text.add(".new")
    return text.bytes
  }

  private static func copy(to path: Path) throws(InstallFailure) {
    let source = try openSelf()
    do throws(Errno) {
      let copy = try Descriptor(owning: unsafe path.withPointer { unsafe linux_create($0, O_WRONLY | O_EXCL, 0o755) })
      try transfer(source, copy)
      // The mode is that of the umask until here, and data may not have reached the disk: a full one shows now.
      guard linux_change_mode(copy.number, 0o755) == 0, fsync(copy.number) == 0 else { throw Errno.current }
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
          return unsafe write(copy.number, start + written, count - written)
        }
        if step < 0 && Errno.current == .interrupted { continue }
        guard step > 0 else { throw Errno.current }
        written += step
      }
    }
  }

  private static func isFolder(_ path: Path) -> Bool {
    var status = stat()
    // Safe: the call writes one stat.
    return unsafe path.withPointer { unsafe stat($0, &status) } == 0
      && Int32(bitPattern: status.st_mode) & S_IFMT == S_IFDIR
  }

  private static func remove(_ path: Path) { _ = unsafe path.withPointer { unsafe unlink($0) } }
}
