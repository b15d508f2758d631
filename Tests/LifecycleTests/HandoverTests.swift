// What a hook and the supervisor say to each other.

import Lifecycle
import Testing

@Suite struct HandoverTests {
  private static let messages: [Handover] =
    [.request, .accepted] + (UInt8.min...UInt8.max).map { .ended($0) }

  @Test func `every message arrives as it was sent, and no two are alike`() {
    for message in Self.messages { #expect(Handover(value: message.value) == message) }
    #expect(Set(Self.messages.map(\.value)).count == Self.messages.count)
  }

  @Test func `a message says LAST, in the version that this is`() {
    for message in Self.messages { #expect(message.value >> 16 == 0x4c41_5354_0001) }
  }

  @Test func `a value that is not ours is none: not an app's own, nor another version's, nor a word not known`() {
    let request = Handover.request.value
    for value in [0, 1, .max, 0x0100, request ^ 1 << 63, request ^ 1 << 16, request & ~0xff00, request | 0xff00]
      as [UInt64]
    {
      #expect(Handover(value: value) == nil)
    }
  }

  @Test func `what another version says is not for the app either, and everything else is`() {
    let request = Handover.request.value
    for value in [request, request ^ 1 << 16, request | 0xffff] { #expect(Handover.claims(value)) }
    for value in [0, .max, request ^ 1 << 63, request ^ 1 << 32] as [UInt64] { #expect(!Handover.claims(value)) }
  }

  @Test func `the signal queues, and is none that servers are stopped with`() {
    #expect(Handover.signal == Signal(63))
    #expect(!SignalSet(.terminate, .interrupt, .quit).contains(Handover.signal))
  }

  @Test func `the mark is a signal that C libraries keep to themselves`() {
    #expect(Handover.mark == Signal(33))
  }
}
