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
  /// The copy is made beside the destination and renamed over it (renameat(2)), so nobody ever sees half of it, and what
  /// was there before stays if anything fails.
  public static func install(at destination: Path) throws(InstallFailure) {
    let source = Descriptor.open("/proc/self/exe", O_RDONLY)
    guard source >= 0 else {
      throw InstallFailure(attempt: "read", object: Path(Line("/proc/self/exe")), reason: Errno(of: Int(source)))
    }
    var name = Line(destination)
    if isFolder(destination) { name.add("/lastcall") }
    let target = Path(name)
    // `.PID.new`: two installations at once don't meet.
    name.add(".")
    name.add(Int(linux_getpid()))
    name.add(".new")
    let temporary = Path(name)
    // Safe: the calls read the paths, which end with a NUL.
    let copy = Descriptor.moveUp(unsafe linux_create(temporary.terminated, O_WRONLY | O_CREAT | O_EXCL, 0o755))
    // A file of that name that was there before is not ours to remove.
    guard copy >= 0 else { throw InstallFailure(attempt: "write", object: temporary, reason: Errno(of: Int(copy))) }
    var failure = transfer(source, copy)
    let isWritten = failure == 0
    if isWritten { failure = Int(unsafe linux_rename(temporary.terminated, target.terminated)) }
    _ = linux_close(copy)
    _ = linux_close(source)
    if failure == 0 { return }
    _ = unsafe linux_unlink(temporary.terminated)
    throw InstallFailure(
      attempt: isWritten ? "install" : "write", object: isWritten ? target : temporary, reason: Errno(of: failure))
  }

  /// Copies all that is left of `source`. Less than 0: failed, and why.
  private static func transfer(_ source: Int32, _ copy: Int32) -> Int {
    while true {
      // Safe: the calls write to the place and read from it, as much as it holds.
      let count = unsafe linux_read(source, File.place, Int(linux_place_size))
      if count < 0 { return count }
      if count == 0 { break }
      var written = 0
      while written < count {
        let step = unsafe linux_write(copy, File.place + written, count - written)
        // Nothing written is a failure too, of no name.
        guard step > 0 else { return min(step, -1) }
        written += step
      }
    }
    // The mode is that of the umask until here, and data may not have reached the disk: a full one shows now.
    let failure = linux_change_mode(copy, 0o755)
    return Int(failure < 0 ? failure : linux_fsync(copy))
  }

  private static func isFolder(_ path: Path) -> Bool {
    var status = linux_status()
    // Safe: the call reads a path, which ends with a NUL, and writes one status.
    return unsafe linux_status(path.terminated, &status) == 0 && status.mode & UInt32(S_IFMT) == S_IFDIR
  }
}
