// The heap of the release binary. Embedded Swift allocates by posix_memalign(3) and free(3) alone, which CLinux.h makes of the
// functions below; an ordinary build keeps the C library's.

#if hasFeature(Embedded)

  import CLinux

  /// Blocks of 32 bytes to 4 KiB, by powers of two, each kind with a list of its free ones; what is larger is mapped for
  /// itself and given back. The first chunk is the program's own, and large: in Embedded Swift an allocation that fails
  /// ends the program, and with PID 1 the container. So also what is larger comes from it when the kernel has no more. Every block begins with a header of 16 bytes, so what is handed out is aligned to 16.
  ///
  /// For one thread: the program has no other, and while a child shares our memory we are suspended.
  private enum Heap {
    /// A list for each of 32, 64, … 4096.
    private nonisolated(unsafe) static var free: [8 of UnsafeMutableRawPointer?] = [
      nil, nil, nil, nil, nil, nil, nil, nil,
    ]
    /// What is left of the newest chunk.
    private nonisolated(unsafe) static var rest: UnsafeMutableRawPointer?
    private nonisolated(unsafe) static var left = 0

    static let header = 16
    private static let chunk = 65536

    /// A block of at least `size` bytes; nil if the system has no more memory.
    @inline(never)
    static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
      guard size >= 0, size < .max / 2 else { return nil }
      let needed = size + header
      var block = 32
      var kind = 0
      while kind < 8 && block < needed {
        block <<= 1
        kind += 1
      }
      if kind == 8 {
        if let own = unsafe linux_map(needed) { return unsafe mark(own, needed) }
        // Never given back.
        kind = -1
        block = (needed + header - 1) & ~(header - 1)
        if unsafe rest != nil && left < block { return nil }
      }
      // Safe: a free block is one of ours, and its first word behind the header is the next one.
      if kind >= 0, let first = unsafe free[kind] {
        unsafe free[kind] = first.load(as: UnsafeMutableRawPointer?.self)
        return unsafe first
      }
      // What is left of the old chunk is too little for this block, and given up: less than one block for each chunk.
      if unsafe left < block {
        let isFirst = unsafe rest == nil
        guard let new = unsafe isFirst ? UnsafeMutableRawPointer(linux_reserve()) : linux_map(chunk) else { return nil }
        unsafe rest = new
        unsafe left = isFirst ? linux_reserve_size : chunk
        guard unsafe block <= left else { return nil }
      }
      // Safe: the block lies within the chunk.
      let start = unsafe rest
      unsafe rest = start.map { unsafe $0 + block }
      unsafe left -= block
      return unsafe mark(start, kind)
    }

    /// Writes what `release` must know into the header; what is behind it is the caller's.
    private static func mark(_ start: UnsafeMutableRawPointer?, _ value: Int) -> UnsafeMutableRawPointer? {
      guard let start = unsafe start else { return nil }
      // Safe: the block is larger than its header.
      unsafe start.storeBytes(of: value, as: Int.self)
      return unsafe start + header
    }

    /// Takes back a block that `allocate` gave.
    static func release(_ block: UnsafeMutableRawPointer) {
      // Safe: the header lies before the block; a block that is free holds no one's bytes.
      let kind = unsafe (block - header).load(as: Int.self)
      if kind >= 8 {
        _ = unsafe linux_munmap(block - header, kind)
      } else if kind >= 0 {
        unsafe block.storeBytes(of: free[kind], as: UnsafeMutableRawPointer?.self)
        unsafe free[kind] = block
      }
    }
  }

  /// For CLinux.h's posix_memalign(3).
  @c(lastcall_allocate)
  func allocate(_ size: Int) -> UnsafeMutableRawPointer? { unsafe Heap.allocate(size) }

  /// For CLinux.h's free(3).
  @c(lastcall_release)
  func release(_ block: UnsafeMutableRawPointer) { unsafe Heap.release(block) }

#endif
