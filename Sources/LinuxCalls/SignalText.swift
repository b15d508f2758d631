// What a C library calls a signal.

import Lifecycle

extension Signal {
  /// `Terminated`: strsignal(3) of glibc, in English.
  public var text: Line {
    var line = Line()
    if number <= 31 {
      line.add(row: Int(number) - 1, of: Signal.texts)
    } else if number >= 34 {
      line.add("Real-time signal ")
      line.add(Int(number) - 34)
    } else {
      line.add("Unknown signal ")
      line.add(Int(number))
    }
    return line
  }

  /// Of 1 to 31, which are the same on both architectures.
  private static let texts: StaticString = """
    Hangup
    Interrupt
    Quit
    Illegal instruction
    Trace/breakpoint trap
    Aborted
    Bus error
    Floating point exception
    Killed
    User defined signal 1
    Segmentation fault
    User defined signal 2
    Broken pipe
    Alarm clock
    Terminated
    Stack fault
    Child exited
    Continued
    Stopped (signal)
    Stopped
    Stopped (tty input)
    Stopped (tty output)
    Urgent I/O condition
    CPU time limit exceeded
    File size limit exceeded
    Virtual timer expired
    Profiling timer expired
    Window changed
    I/O possible
    Power failure
    Bad system call
    """
}
