// A process by descriptor, to be kept in a list or not at all.

import LinuxCalls

/// A process that is not our child.
final class HeldProcess {
  let descriptor: ProcessDescriptor
  /// The next one of a list: an array of its own would be 600 bytes of code.
  var next: HeldProcess?

  init(_ descriptor: consuming ProcessDescriptor) { self.descriptor = descriptor }
}
