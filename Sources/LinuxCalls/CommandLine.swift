// Our own arguments and environment, byte for byte: most need not be UTF-8.

import CLinux
import Lifecycle

/// The argument vector and the environment that the kernel gave this process.
///
/// Safe: both lie where the kernel put them, for as long as the program runs, and nobody changes them.
@safe public struct CommandLine {
  private let vector: UnsafeMutablePointer<StackWord>
  private let environment: UnsafeMutablePointer<StackWord>
  public let words: Words
  public let variables: Variables

  public init() {
    unsafe vector = InitialStack.arguments
    unsafe environment = InitialStack.environment
    words = unsafe Words(CommandLine.text(of: vector), count: InitialStack.count)
    variables = unsafe Variables(CommandLine.text(of: environment))
  }

  /// All strings of a vector: the kernel puts each right behind the one before (create_elf_tables in fs/binfmt_elf.c).
  @inline(never)
  private static func text(of vector: UnsafeMutablePointer<StackWord>) -> Text {
    guard let first = unsafe vector[0] else { return Text("") }
    var last = unsafe first
    var index = 0
    // Safe: a NULL ends the vector, and a NUL each of its strings.
    while let next = unsafe vector[index] {
      unsafe last = next
      index += 1
    }
    let length = unsafe view(last, count: .max).index(of: 0)
    return unsafe view(first, count: last - first + length + 1)
  }

  private static func view(_ start: UnsafePointer<UInt8>, count: Int) -> Text {
    unsafe Text(immortal: start, count: count)
  }

  /// The program that argument `index` names, with the arguments from there on.
  public func program(at index: Int) -> Program {
    // Safe: index is one of ours, and the vector ends with a NULL.
    unsafe Program(arguments: vector + index, environment: environment)
  }
}
