// Where the program begins: the kernel's initial stack, and in the release binary, which has no C library, the first code.

import CLinux

/// A word of the initial stack.
typealias StackWord = UnsafeMutablePointer<UInt8>?

/// The initial stack, which nobody else changes: argc, the arguments, NULL, the environment, NULL, the auxiliary vector
/// (the psABI's process stack).
enum InitialStack {
  #if hasFeature(Embedded)
    fileprivate nonisolated(unsafe) static var start: UnsafeMutablePointer<StackWord>?

    static var words: UnsafeMutablePointer<StackWord> { unsafe start.unsafelyUnwrapped }
  #else
    static var words: UnsafeMutablePointer<StackWord> { unsafe linux_stack() }
  #endif

  static var count: Int { unsafe Int(bitPattern: words[0]) }
  static var arguments: UnsafeMutablePointer<StackWord> { unsafe words + 1 }
  static var environment: UnsafeMutablePointer<StackWord> { unsafe words + count + 2 }

  /// The size of the kernel's pages (AT_PAGESZ, getauxval(3)).
  static var pageSize: UInt {
    #if arch(x86_64)
      return 4096
    #else
      var next = unsafe environment
      while unsafe next[0] != nil { unsafe next += 1 }
      unsafe next += 1
      while unsafe next[0] != nil {
        if unsafe UInt(bitPattern: next[0]) == 6 { return unsafe UInt(bitPattern: next[1]) }
        unsafe next += 2
      }
      return 65536
    #endif
  }
}

#if hasFeature(Embedded)

  /// Called by CLinux.h's `_start`.
  @c(lastcall_begin)
  func begin(_ stack: UnsafeMutablePointer<StackWord>) -> Never {
    unsafe InitialStack.start = stack
    linux_exit(unsafe linux_main(Int32(truncatingIfNeeded: InitialStack.count), InitialStack.arguments))
  }

  /// Never called: what a header defines is compiled where it is mentioned.
  @c(lastcall_mention)
  func mention() { _ = unsafe linux_support() }

#endif
