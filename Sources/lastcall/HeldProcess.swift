// A process by descriptor, to be kept in a list or not at all.

import LinuxCalls

/// A process that is not our child.
final class HeldProcess {
  let descriptor: ProcessDescriptor

  init(_ descriptor: consuming ProcessDescriptor) { self.descriptor = descriptor }
}
