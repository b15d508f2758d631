// What the supervisor tells in a peer's place, in the peer's words.

import Lifecycle
import LinuxCalls
import Options

extension RunCommand {
  func tellStarted(_ command: [UInt8], _ app: Int32) {
    if settings.placement == .ownSession { report.tell(.inSession) }
    report.tell(.started, Int(app), 0, command, [])
  }

  func tellReceived(_ received: ReceivedSignal) {
    if received.isOurOwn {
      // Giving the terminal up sends these two to our own group. Of a PIPE for our own log nothing must be told: that
      // would be the next one.
      guard received.signal == .hangUp || received.signal == .continue else { return }
      report.tell(.received, received.signal.word)
      report.tell(.handedOver, received.signal.word)
    } else if settings.dialect == .dumbInit || received.signal == .child {
      report.tell(.received, received.signal.word)
    }
  }

  /// `signal`: what the app gets; nil for nothing.
  func tellForwarded(_ signal: Signal?) {
    let number = signal?.word ?? 0
    if let original = received?.signal, original != signal { report.tell(.translated, original.word, number) }
    if let signal { report.tell(.forwarded, number, 0, signal.text.bytes, []) } else { report.tell(.dropped) }
  }

  func tellEnded(_ process: Int32, _ status: ExitStatus, isApp: Bool) {
    switch status {
    case .exited(let code):
      report.tell(.exited, Int(process), Int(code))
      if isApp { report.tell(.appExited, Int(code)) }
    case .killed(let signal):
      report.tell(.killed, Int(process), signal.word)
      if isApp { report.tell(.appKilled, 0, 0, signal.text.bytes, []) }
    }
    if !isApp && settings.tellsOfOrphans { report.tell(.orphan, Int(process)) }
  }

  func tellLeaving(_ code: UInt8) {
    // dumb-init says so whether or not anybody is left to hear.
    if settings.dialect == .dumbInit {
      received = nil
      tellForwarded(settings.signalRules.apply(to: .terminate))
    }
    report.tell(.leaving, Int(code))
  }
}
