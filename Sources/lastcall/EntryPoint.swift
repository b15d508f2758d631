// Where everything starts: what was asked for, and who does it.

import Lifecycle
import LinuxCalls
import Options

@main
struct EntryPoint {
  static func main() {
    // Before anything else: until signals are queued, one that comes is lost to PID 1 or ends any other process.
    guard let inherited = SignalQueue.open() else { fail(.signalsUnblocked) }
    let commandLine = CommandLine()
    let parser = Parser(
      count: commandLine.count, argument: { commandLine[$0] }, variable: { commandLine.variable($0) },
      hasVariables: commandLine.hasVariable(startingWith: OptionTable.variablePrefix), process: OurProcess.identifier)
    do throws(UsageError) {
      switch try parser.parse() {
      case .run(let settings, let command):
        supervise(settings, parser, commandLine, command, inherited)
      case .waitThenSignal(let settings):
        var hook = WaitThenSignalCommand(settings, inherited: inherited)
        OurProcess.exit(hook.run())
      case .explain(let settings, let isHook):
        OurProcess.exit(ExplainCommand(settings, isHook: isHook).run())
      case .install(let destination):
        OurProcess.exit(InstallCommand(destination: Path(destination)).run())
      case .help(let topic):
        for line in Help.lines(of: topic) { StandardOutput.write(line) }
      case .completions(let shell):
        StandardOutput.write(Completions.script(for: shell))
      case .version:
        var line = Line("lastcall ")
        line.add(Help.version)
        StandardOutput.write(line)
      case .pause:
        PauseCommand().run()
      case .answer(let text, let isError, let code):
        if isError { StandardError.write(text) } else { StandardOutput.write(text) }
        OurProcess.exit(code)
      }
    } catch {
      fail(.complaint, error.line.bytes)
    }
    OurProcess.exit(ExitCode.success)
  }

  private static func supervise(
    _ settings: Settings, _ parser: Parser, _ commandLine: CommandLine, _ command: Int, _ inherited: InheritedSignals
  ) -> Never {
    do throws(LaunchFailure) {
      let run = RunCommand(settings, parser: parser)
      try run.start(commandLine.program(at: command), commandLine[command], inherited)
      run.run()
    } catch {
      let code =
        settings.dialect == .lastcall
        ? explain(error, commandLine[command]) : explain(error, commandLine[command], to: settings)
      OurProcess.exit(settings.exitCodes.apply(to: code))
    }
  }

  /// Says why the app did not start; returns the exit code for it.
  private static func explain(_ failure: LaunchFailure, _ command: [UInt8]) -> UInt8 {
    let isInterpreter = if case .noInterpreter = failure { true } else { false }
    Report().write(isInterpreter ? .noInterpreter : .cannotRun, command, failure.reason)
    return switch failure {
    case .noProcess: ExitCode.failure
    case .notFound: ExitCode.notFound
    case .notRunnable, .noInterpreter: ExitCode.notRunnable
    }
  }

  /// The same in a peer's words, and with its exit code.
  private static func explain(_ failure: LaunchFailure, _ command: [UInt8], to settings: Settings) -> UInt8 {
    var news = News.noProgram
    var code: UInt8 = settings.dialect == .dumbInit ? 2 : 1
    if case .noProcess = failure {
      news = .noProcess
      code = 1
    } else if settings.dialect == .tini {
      if failure.reason == .notFound { code = ExitCode.notFound }
      if failure.reason == .accessDenied { code = ExitCode.notRunnable }
    }
    Report(settings).tell(news, 0, 0, command, failure.reason.reason.bytes)
    return code
  }

  private static func fail(_ message: Message, _ text: [UInt8] = []) -> Never {
    Report().write(message, text, nil)
    OurProcess.exit(ExitCode.failure)
  }
}
