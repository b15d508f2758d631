// Our own arguments and environment, byte for byte: most need not be UTF-8.

import CLinux
import Lifecycle

/// The argument vector and the environment that the kernel gave this process.
///
/// Safe: both lie where the kernel put them, for as long as the program runs, and nobody changes them.
@safe public struct CommandLine {
  private let vector: UnsafeMutablePointer<StackWord>
  private let environment: UnsafeMutablePointer<StackWord>
  /// argc: 0 if the caller of execve gave not even a name.
  public let count: Int

  public init() {
    unsafe vector = InitialStack.arguments
    unsafe environment = InitialStack.environment
    count = InitialStack.count
  }

  /// Argument `index`; empty where there is none.
  public subscript(index: Int) -> [UInt8] {
    guard index >= 0, index < count, let start = unsafe vector[index] else { return [] }
    return unsafe bytes(at: start)
  }

  /// The value of the environment variable of that name; nil if it is not set.
  public func variable(_ name: [UInt8]) -> [UInt8]? {
    var index = 0
    // Safe: nothing changes the environment; a NULL ends it, and a NUL every entry.
    while let entry = unsafe environment[index] {
      if unsafe CommandLine.length(of: name, in: entry) == name.count, unsafe entry[name.count] == 0x3d {
        return unsafe bytes(at: entry + name.count + 1)
      }
      index += 1
    }
    return nil
  }

  /// Whether there is an environment variable whose name begins so.
  public func hasVariable(startingWith prefix: StaticString) -> Bool {
    let prefix = Line(prefix).bytes
    var index = 0
    // Safe: as above.
    while let entry = unsafe environment[index] {
      if unsafe CommandLine.length(of: prefix, in: entry) == prefix.count { return true }
      index += 1
    }
    return false
  }

  /// How much of `beginning` the entry begins with.
  private static func length(of beginning: [UInt8], in entry: UnsafePointer<CChar>) -> Int {
    var index = 0
    while index < beginning.count, unsafe UInt8(bitPattern: entry[index]) == beginning[index] {
      if beginning[index] == 0 { return -1 }
      index += 1
    }
    return index
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
    return unsafe Program(arguments: vector + index, environment: environment, candidates: candidates)
  }

  private func bytes(at start: UnsafePointer<CChar>) -> [UInt8] {
    // Safe: the kernel ends every argument and variable with a NUL.
    var count = 0
    while unsafe start[count] != 0 { count += 1 }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
