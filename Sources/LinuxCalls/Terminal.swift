// The controlling terminal, if there is one: whose turn it is on it.

import CLinux
import Lifecycle

/// A descriptor of the controlling terminal; not owned, it stays open as long as the program.
public struct Terminal: Sendable {
  let number: Int32

  /// The controlling terminal: one of the standard descriptors, else /dev/tty. Nil if there is none, or none that can
  /// be asked for. TIOCGPGRP fails with ENOTTY on any other terminal than the controlling one.
  public static func controlling() -> Terminal? {
    for number in Int32(0)...2 where linux_foreground(number) >= 0 { return Terminal(number: number) }
    // Only a session that has a terminal can open it; most have none, and ENXIO says so.
    let opened = Descriptor.moveUp(unsafe linux_open("/dev/tty", O_RDWR | O_NOCTTY))
    return opened >= 0 ? Terminal(number: opened) : nil
  }

  /// The process group in the foreground; 0 if it is outside of our PID namespace.
  public var foreground: Int32 { linux_foreground(number) }

  /// Whether the app both reads and writes it. Else it may be another's of a pipeline: `cat | lastcall wc`, `lastcall app |
  /// less`.
  public var isStandard: Bool { linux_foreground(0) >= 0 && linux_foreground(1) >= 0 }

  /// Whether our own group may give the terminal away.
  public var isOurs: Bool { foreground == linux_group() }

  /// TIOCSPGRP (ioctl_tty(2)); SIGTTOU being blocked, it works from the background too. Says whether it did.
  @discardableResult
  public func setForeground(group: Int32) -> Bool { linux_set_foreground(number, group) == 0 }

  /// Takes the foreground back from a child's group.
  public func giveToOurGroup() { setForeground(group: linux_group()) }

  /// The descriptor, if it is one of our own opening and not a standard one of the app's.
  public var descriptorToKeep: Int32? { number > 2 ? number : nil }

  /// Gives the terminal up (TIOCNOTTY). For a session's leader the kernel sends HUP and CONT to the foreground group,
  /// which we are part of; says whether it did.
  public func giveUp() -> Bool { linux_give_up_terminal(number) == 0 && linux_session() == linux_getpid() }

  /// Makes it the controlling terminal of the calling session's leader (TIOCSCTTY).
  func takeAsControlling() { _ = linux_take_terminal(number) }
}
