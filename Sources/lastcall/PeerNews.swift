// What the supervisor tells in a peer's place, in the peer's words.

import Lifecycle
import LinuxCalls
import Options

extension RunCommand {
  func tellStarted(_ command: [UInt8], _ app: Int32) {
    var details = NewsDetails()
    details.process = app
    details.text = command
    if settings.placement == .ownSession { report.tell(.inSession) }
    report.tell(.started, details)
  }

  func tellReceived(_ received: ReceivedSignal) {
    var details = NewsDetails()
    details.number = Int(received.signal.number)
    if received.isOurOwn {
      // Giving the terminal up sends these two to our own group. Of a PIPE for our own log nothing must be told: that
      // would be the next one.
      guard received.signal == .hangUp || received.signal == .continue else { return }
      report.tell(.received, details)
      report.tell(.handedOver, details)
    } else if settings.dialect == .dumbInit || received.signal == .child {
      report.tell(.received, details)
    }
  }

  /// `signal`: what the app gets; nil for nothing.
  func tellForwarded(_ signal: Signal?) {
    var details = NewsDetails()
    details.other = Int(signal?.number ?? 0)
    if let original = received?.signal, original != signal {
      details.number = Int(original.number)
      report.tell(.translated, details)
    }
    details.number = details.other
    details.text = signal?.text.bytes ?? []
    report.tell(signal == nil ? .dropped : .forwarded, details)
  }

  func tellEnded(_ process: Int32, _ status: ExitStatus, isApp: Bool) {
    var details = NewsDetails()
    details.process = process
    switch status {
    case .exited(let code):
      details.number = Int(code)
      report.tell(.exited, details)
      if isApp { report.tell(.appExited, details) }
    case .killed(let signal):
      details.number = Int(signal.number)
      details.text = signal.text.bytes
      report.tell(.killed, details)
      if isApp { report.tell(.appKilled, details) }
    }
    if !isApp && settings.tellsOfOrphans { report.tell(.orphan, details) }
  }

  func tellLeaving(_ code: UInt8) {
    // dumb-init says so whether or not anybody is left to hear.
    if settings.dialect == .dumbInit {
      received = nil
      tellForwarded(settings.signalRules.apply(to: .terminate))
    }
    var details = NewsDetails()
    details.number = Int(code)
    report.tell(.leaving, details)
  }
}
