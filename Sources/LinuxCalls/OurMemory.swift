// The memory of a process that waits: what only its start needed goes back to the kernel.

import CLinux

public enum OurMemory {
  /// Gives back the pages of our own code and constants, once, before the first long wait. They are clean pages of the
  /// program's file and come back as they are touched. Where the kernel refuses, nothing is lost but the memory.
  ///
  /// A page that is touched brings up to 15 neighbours along, as far as its mapping goes (do_fault_around in the
  /// kernel's mm/memory.c). So every other page is given advice that means nothing for code, which makes each page a
  /// mapping of its own (mm/madvise.c). madvise(2) with MADV_DONTDUMP and MADV_DONTNEED; sched_yield(2) before, as the
  /// app that has just been started may need our CPU for better things.
  public static func giveBackCode() {
    _ = linux_sched_yield()
    let page = InitialStack.pageSize
    let start = linux_code_start()
    let end = linux_code_end() & ~(page &- 1)
    for address in stride(from: start, to: end, by: 2 * Int(page)) { linux_advise(address, Int(page), MADV_DONTDUMP) }
    linux_advise(start, Int(end &- start), MADV_DONTNEED)
  }
}
