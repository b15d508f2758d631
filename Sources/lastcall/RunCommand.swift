// The supervisor: the one event loop. It takes signals from their queue, reaps, tells the state machine, and does what
// that answers. Once the app runs, nothing here ends the process but the state machine's `exit`.

import Lifecycle
import LinuxCalls
import Options

/// `lastcall [OPTIONS] [--] COMMAND [ARG…]`, from the app's start to the exit.
///
/// A class, as there is but one: a copy would be 2 kB of code.
final class RunCommand {
  let settings: Settings
  /// Our own command line, to be read once more for each hook.
  let parser: Parser
  private var app: Int32 = 0
  /// The terminal to look after, where the app has a group of its own in our session.
  private var terminal: Terminal?
  private let supervision = Supervision()
  let report: Report
  var hooks = Hooks()
  /// The looks at traffic, while a plan lets the app serve on, and what counts in them.
  private var watch: TrafficWatch?
  private var watchSettings: Settings
  /// What the last wait saw.
  private var findings: Quiet?
  private var orphans = 0
  /// Whom the stop asked after the app's end.
  private var asked: [Int32] = []
  /// Who was alive when the deadline passed.
  private var alive: [ProcessEntry] = []
  /// A shell that swallows signals is explained once, not at each of them.
  private var hasExplained = false
  /// Whether the terminal, when it is ours, is the app's: from the start on if the app reads and writes it, else once it
  /// asks. What stands beside us in a pipeline (`cat | lastcall wc`) would be stopped if we took it from our group.
  /// And a plan, or a rule for what the terminal sends, could not be kept where the terminal signals the app itself: a
  /// resize would stop httpd.
  private var takesTerminal = false
  private var hasHandedTerminal = false
  /// What stopped the app the last time.
  private var stoppedBy = Signal.stop
  /// The signal that is being handled, for what it carries.
  var received: ReceivedSignal?

  init(_ settings: Settings, parser: Parser) {
    self.settings = settings
    watchSettings = settings
    self.parser = parser
    report = Report(settings)
  }

  /// Starts the app. The order of the steps is in docs/design.md, "Start-up".
  ///
  /// - Throws: why the app did not start; then nothing was changed but our own process.
  func start(_ program: Program, _ command: [UInt8], _ inherited: InheritedSignals) throws(LaunchFailure) {
    if !settings.greeting.bytes.isEmpty { StandardError.write(settings.greeting) }
    let parent = OurProcess.parent
    if settings.subreaper && !OurProcess.isFirst {
      do throws(Errno) {
        try Reaper.becomeSubreaper()
        report.tell(.registered)
      } catch {
        report.write(.noSubreaper, [], error)
      }
    } else if !Reaper.isReaper {
      report.tell(.notReaping)
    }
    var parentIsGone = false
    if let signal = settings.parentDeathSignal {
      parentIsGone = OurProcess.setParentDeathSignal(signal, parent: parent)
      if parentIsGone && signal == .kill { OurProcess.exit(ExitStatus.killed(by: signal).code) }
    }

    var launch = Launch(inherited: inherited)
    launch.placement = settings.placement
    let controlling = Terminal.controlling()
    if settings.placement == .ownGroup { terminal = controlling }
    supervision.jobControl =
      terminal == nil ? .none : OurProcess.isFirst || OurProcess.leadsSession ? .continueApp : .followApp
    takesTerminal = terminal?.isStandard == true && settings.plan == nil && !settings.rulesOverKeys
    if let terminal {
      // Only the foreground may give the terminal away: `lastcall app &` must not take it from the shell.
      if takesTerminal && terminal.isOurs { launch.terminal = terminal }
    } else if settings.placement == .ownSession {
      launch.terminal = controlling
      report.tell(controlling.map { $0.giveUp() ? .detached : .detachedAsMember } ?? .noTerminal)
    }
    if settings.parentDeathSignal == .kill { launch.parentDeathSignal = .kill }
    launch.directory = OurProcess.leaveDirectory()
    app = try program.start(launch)
    hasHandedTerminal = launch.terminal != nil
    // From here on no failure ends us. What we inherited is the app's alone now.
    OurProcess.closeInherited(except: terminal?.descriptorToKeep)

    supervision.map = settings.signalRules
    supervision.exitCodes = settings.exitCodes
    supervision.plan = settings.plan
    supervision.suspends = settings.dialect == .dumbInit
    supervision.bidsFarewell = settings.placement == .ownSession
    if settings.has(.stopOn) { supervision.stopOn = settings.stopOn }
    if settings.dialect != .lastcall { tellStarted(command, app) }
    report.write(.started, Int(app))
    // Not by a signal to ourselves: those are not the app's.
    if parentIsGone, let signal = settings.parentDeathSignal { handle(.received(signal, hookIsAlive: false)) }
  }

  /// Supervises until the end.
  func run() -> Never {
    OurMemory.giveBackCode()
    var turn: UInt8 = 0
    while true {
      received = SignalQueue.next(until: min(supervision.due, watch?.due ?? .never))
      // First the signal, then the reaping: what is forwarded should not wait for a storm of orphans.
      if let received { dispatch(received) }
      turn &+= 1
      // Any change of a child leaves a SIGCHLD. But the kernel hands out lower numbers first: a storm of those must not
      // keep it waiting. And a peer in whose place we are says at each signal what there was to reap.
      if received.map({ $0.signal == .child }) ?? true || turn % 16 == 0 || settings.verbosity > 0 { reap() }
      watchTraffic()
      if Clock.hasReached(supervision.due) { handle(.timeCame) }
    }
  }

  // MARK: Events

  private func handle(_ event: SupervisionEvent) {
    for action in supervision.handle(event, at: Clock.now) { perform(action) }
    concludeWatch()
  }

  private func dispatch(_ received: ReceivedSignal) {
    if settings.dialect != .lastcall { tellReceived(received) }
    // SIGPIPE for our own log, TSTP for our own group: nobody sent them to the app.
    if received.isOurOwn || received.signal == .child { return }
    if received.signal == Handover.signal, let value = received.value, Handover.claims(value) {
      // A hook of another version gets no answer, and carries its plan out by itself.
      guard Handover(value: value) == .request, let asked = accept(received.sender) else { return }
      // A hook that joins changes nothing but the deadline.
      if watch == nil { watchSettings = asked }
      return handle(.hookAsked(plan(of: asked)))
    }
    if settings.placement == .sharedGroup && received.isFromKernel && received.signal.isFromTerminal {
      // The terminal has sent it to the app too. A stop is to be seen by the shell, which watches but us.
      if received.signal.isTerminalStop { OurProcess.suspend() }
      return
    }
    if let signal = supervision.plainForward(of: received.signal) {
      forward(signal)
    } else {
      handle(.received(received.signal, hookIsAlive: hooks.areAlive))
    }
  }

  /// Reaps everything there is, then tells of the app's end: what is left after it is known only then.
  private func reap() {
    var appStatus: ExitStatus?
    var hasReaped = false
    var change = Reaper.next()
    while change.process > 0 {
      let isApp = change.process == app
      if let signal = change.stoppedBy {
        if isApp { stopped(by: signal) }
      } else {
        if settings.dialect != .lastcall { tellEnded(change.process, change.end, isApp: isApp) }
        if isApp {
          appStatus = change.end
        } else {
          hasReaped = true
          reaped(change.process, change.end)
        }
      }
      change = Reaper.next()
    }
    let othersLeft = change.process == 0
    // Not for a PIPE of our own log's: the line would be the next one.
    if settings.verbosity > 0 && received?.isOurOwn != true { report.tell(othersLeft ? .childrenLeft : .noChildLeft) }
    if let appStatus { handle(.appEnded(appStatus, othersLeft: othersLeft)) }
    if !othersLeft { return handle(.othersEnded) }
    if isKilling { killEverything() }
    if hasReaped && supervision.stop?.waitsForOthers == true { askOthers() }
  }

  private func stopped(by signal: Signal) {
    stoppedBy = signal
    if signal == .terminalInput || signal == .terminalOutput { takesTerminal = true }
    handle(.appStopped(by: signal))
  }

  private func reaped(_ process: Int32, _ status: ExitStatus) {
    orphans &+= 1
    if let index = asked.firstIndex(of: process) { asked.remove(at: index) }
    if report.isVerbose { report.write(.reaped, Int(process), status.word) }
  }

  private var isKilling: Bool { supervision.stop?.phase == .killing }

  /// Looks at the traffic where it is time to, and only while the app is to serve on.
  private func watchTraffic() {
    guard let stop = supervision.stop, stop.isServing else { return }
    let watch = self.watch ?? TrafficWatch(watchSettings, at: stop.startedAt)
    self.watch = watch
    if stop.phase == .quieting { watch.hasten() }
    switch watch.turn() {
    case .nothingYet: break
    case .looked: handle(.looked(quietSince: watch.quiet.quietSince))
    case .blind: report.blind(watch.refusal)
    }
  }

  /// Ends the looking with the wait, before anything is said of it.
  private func concludeWatch() {
    guard let watch, supervision.stop?.isServing != true else { return }
    findings = watch.conclude()
    self.watch = nil
  }

  // MARK: Actions

  private func perform(_ action: Action) {
    let signal = action.signal
    switch action.kind {
    case .forward: forward(signal)
    case .drop:
      report.write(.dropped, signal.word)
      if settings.dialect != .lastcall { tellForwarded(nil) }
    case .explainShell:
      if !settings.group, !hasExplained { hasExplained = report.explainShell(signal, app: app) }
    case .continueApp: continueApp(withTerminal: action.flag)
    case .stopOurselves:
      // A shell's fg of a job that runs tells nobody: that our group is in the foreground is learnt when the app asks
      // for the terminal. Then it gets its turn instead of a stop.
      let isItsTurn = (stoppedBy == .terminalInput || stoppedBy == .terminalOutput) && terminal?.isOurs == true
      if !isItsTurn { OurProcess.stopWithGroup() }
      // Also where nobody had to continue us: the app runs again, and its next stop is a new one.
      handle(.received(.continue, hookIsAlive: hooks.areAlive))
    case .suspendOurselves:
      report.tell(.suspending)
      OurProcess.suspend()
    case .signalRest: Processes.send(signal, toRestOf: app)
    case .endPlan:
      // None for a hook that comes after a wait that is over: it ends no second stop.
      concludeWatch()
      if let stop = supervision.endedStop {
        report.summarize(stop, orphans: orphans, traffic: findings, alive: alive)
      }
      hooks.release(code: action.code)
    case .exit:
      // Also where there was no plan: the app may end by itself while a hook asks.
      acceptLateHooks()
      hooks.release(code: ExitCode.success)
      giveTerminalBack()
      if settings.dialect != .lastcall { tellLeaving(action.code) }
      OurProcess.exit(action.code)
    case .signalApp: signalApp(signal, toGroup: settings.group)
    case .askOthers: askOthers()
    case .killEverything:
      // Without /proc only everything at once can be killed, and a hook that is killed has failed.
      if !ProcessTable.isThere { hooks.release(code: ExitCode.stillAlive) }
      killEverything()
    case .deadlinePassed:
      noteWhoIsAlive()
      report.write(action)
    case .began, .warned, .waitEnded, .signalled, .ignored, .deadlineMoved, .appEnded, .askedOthers:
      report.write(action)
    case .finish, .kubeletSignal, .kubeletKill: break
    }
  }

  @inline(never)
  private func forward(_ signal: Signal) {
    if settings.dialect != .lastcall { tellForwarded(signal) }
    if let received, let value = received.value, received.signal == signal, !settings.group {
      // A queued signal keeps its value; where that is refused, the signal alone is better than nothing.
      do throws(Errno) {
        return try Processes.pass(received, value: value, to: app)
      } catch {}
    }
    // What the terminal sent to our group because that is, or was until it hung up, in the foreground would have reached
    // the app's group, all of it.
    let isForAll =
      settings.group || received?.isFromKernel == true && terminal.map { $0.isOurs || !hasHandedTerminal } == true
    signalApp(signal, toGroup: isForAll)
    guard report.isVerbose else { return }
    let original = received?.signal ?? signal
    report.write(original == signal ? .forwarded : .forwardedFor, signal.word, original.word)
  }

  private func signalApp(_ signal: Signal, toGroup: Bool) {
    do throws(Errno) {
      if toGroup {
        try Processes.send(signal, toGroup: app)
      } else {
        try Processes.send(signal, to: app)
      }
    } catch {
      report.write(.notSignalled, [], error)
    }
  }

  /// SIGCONT for the app's whole group, as the terminal's stop reached it all; in the foreground if our group is.
  private func continueApp(withTerminal: Bool) {
    if let terminal {
      let isHanded = takesTerminal && terminal.isOurs && terminal.setForeground(group: app)
      hasHandedTerminal = hasHandedTerminal || isHanded
      if withTerminal && !isHanded { return }
    }
    try? Processes.send(.continue, toGroup: app)
  }

  private func giveTerminalBack() {
    guard supervision.jobControl == .followApp, let terminal, terminal.foreground == app else { return }
    terminal.giveToOurGroup()
  }

  // MARK: Others

  /// Asks every process that the app left to us to end, once each. Not those under them: a server's workers are the
  /// server's to end, and whoever outlives its parent becomes ours, and is asked then. Without /proc, PID 1 reaches
  /// them only all at once.
  private func askOthers() {
    guard let signal = supervision.stop?.signalForOthers else { return }
    guard let all = ProcessTable.all() else {
      if OurProcess.isFirst && asked.isEmpty { try? Processes.send(signal, to: -1) }
      return asked.add(0)
    }
    for entry in all where entry.parent == OurProcess.identifier && !asked.contains(entry.process) {
      asked.add(entry.process)
      try? Processes.send(signal, to: entry.process)
    }
  }

  private func killEverything() {
    guard let others = ProcessTable.descendants(of: OurProcess.identifier) else {
      if OurProcess.isFirst { try? Processes.send(.kill, to: -1) }
      return
    }
    for other in others { try? Processes.send(.kill, to: other.process) }
  }

  private func noteWhoIsAlive() {
    alive = ProcessTable.descendants(of: OurProcess.identifier) ?? []
    let message = Report()
    message.add(.killed)
    message.add(alive, atMost: 64)
    message.add(.stillOpen, TrafficWatch.openConnections(watchSettings))
    File.fill("/dev/termination-log", with: message.entry.text.bytes)
  }

  /// Hooks that asked while the end was being prepared shall not be left behind.
  private func acceptLateHooks() {
    while let late = SignalQueue.next(in: SignalSet(Handover.signal), until: Clock.now) {
      guard let value = late.value, Handover(value: value) == .request else { continue }
      _ = accept(late.sender)
    }
  }
}
