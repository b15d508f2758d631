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
    let parser = Parser(commandLine.words, commandLine.variables, process: OurProcess.identifier)
    switch parser.parse() {
    case .run: supervise(parser, commandLine, inherited)
    case .waitThenSignal:
      var hook = WaitThenSignalCommand(parser.settings, inherited: inherited)
      OurProcess.exit(hook.run())
    case .explain: OurProcess.exit(ExplainCommand(parser.settings, isHook: parser.isHook).run())
    case .install: OurProcess.exit(InstallCommand(destination: Path(parser.words[2].bytes)).run())
    case .help: StandardOutput.write(Help.page(on: parser.topic))
    case .completions: StandardOutput.write(Completions.script(for: parser.shell))
    case .version:
      var line = Line("lastcall ")
      line.add(Help.version)
      StandardOutput.write(line)
    case .pause: PauseCommand().run()
    case .answer:
      if parser.isError { StandardError.write(parser.said) } else { StandardOutput.write(parser.said) }
      OurProcess.exit(parser.code)
    case .refusal: fail(.complaint, parser.said.bytes)
    }
    OurProcess.exit(ExitCode.success)
  }

  private static func supervise(
    _ parser: Parser, _ commandLine: CommandLine, _ inherited: InheritedSignals
  ) -> Never {
    let settings = parser.settings
    let command = parser.words[parser.command].bytes
    do throws(LaunchFailure) {
      let run = RunCommand(settings, parser: parser)
      try run.start(commandLine.program(at: parser.command), command, inherited)
      run.run()
    } catch {
      let code =
        settings.dialect == .lastcall
        ? explain(error, command) : explain(error, command, to: settings)
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
    Report().write(message, text, .none)
    OurProcess.exit(ExitCode.failure)
  }
}
