// Our own arguments and environment, byte for byte: most need not be UTF-8.

import CLinux
import Lifecycle

/// The argument vector and the environment that the kernel gave this process.
///
/// Safe: both lie where the kernel put them, for as long as the program runs, and nobody changes them.
@safe public struct CommandLine {
  private let vector: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// argc: 0 if the caller of execve gave not even a name.
  public let count: Int

  public init() {
    var count: Int32 = 0
    // Safe: reads the initial stack, which nobody changes.
    unsafe vector = linux_arguments(&count)
    self.count = Int(count)
  }

  /// Argument `index`; empty where there is none.
  public subscript(index: Int) -> [UInt8] {
    guard index >= 0, index < count, let start = unsafe vector[index] else { return [] }
    return unsafe bytes(at: start)
  }

  /// The value of the environment variable of that name (getenv(3)); nil if it is not set.
  public func variable(_ name: [UInt8]) -> [UInt8]? {
    unsafe Path(name).withPointer { name in
      // Safe: nothing changes the environment.
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe bytes(at: value)
    }
  }

  /// Whether there is an environment variable whose name begins so.
  public func hasVariable(startingWith prefix: StaticString) -> Bool {
    // Safe: nothing changes the environment, and a NULL ends it.
    guard let environment = unsafe linux_environment() else { return false }
    var index = 0
    while let entry = unsafe environment[index] {
      if unsafe strncmp(entry, prefix.utf8Start, prefix.utf8CodeUnitCount) == 0 { return true }
      index += 1
    }
    return false
  }

  /// The program that argument `index` names, with the arguments from there on.
  public func program(at index: Int) -> Program {
    var candidates: [UInt8] = []
    let name = self[index]
    if name.contains(0x2f) {
      candidates = name + [0]
    } else if !name.isEmpty {
      // The path of a process without PATH, as execvp has it.
      let search = variable([0x50, 0x41, 0x54, 0x48]) ?? Line("/usr/local/bin:/bin:/usr/bin").bytes
      var folder: [UInt8] = []
      for byte in search + [0x3a] {
        if byte != 0x3a {
          folder.add(byte)
          continue
        }
        // An empty element stands for the working directory.
        if !folder.isEmpty { folder.add(0x2f) }
        candidates += folder + name + [0]
        folder = []
      }
    }
    // Safe: index is one of ours, and the vector ends with a NULL.
    return unsafe Program(arguments: vector + index, environment: linux_environment(), candidates: candidates)
  }

  private func bytes(at start: UnsafePointer<CChar>) -> [UInt8] {
    // Safe: the kernel ends every argument and variable with a NUL.
    let count = unsafe strlen(start)
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
