// Completions for shells: one text per shell, filled from the option table.

import Lifecycle

/// A shell that completions are written for.
public enum Shell: UInt8, CaseIterable, Sendable {
  case bash, zsh, fish

  init?(named name: Text) {
    let names = Text("bash zsh fish")
    let place = names.place(of: name)
    guard place >= 0, names.part(place) == name else { return nil }
    self.init(rawValue: UInt8(truncatingIfNeeded: place))
  }
}

public enum Completions {
  /// The script that a shell is to read.
  public static func script(for shell: Shell) -> Line {
    var text = Text(shell == .bash ? bash : shell == .zsh ? zsh : fish)
    var script = Line()
    var letter = script.add(upToMark: &text)
    while letter != 0 {
      switch Unicode.Scalar(letter) {
      // The options of the two commands.
      case "r": options(&script, of: .run, shell)
      case "h": options(&script, of: .hook, shell)
      // The beginnings of options that want a value.
      case "v":
        for entry in OptionTable() where entry.takesValue {
          script.add("--")
          script.add(entry.name)
          script.add("|")
        }
      case "p":
        for row in Preset.rows {
          script.add(row.column(0))
          script.add(" ")
        }
      case "t":
        script.add(HelpTopic.names)
        script.add(" ")
      default: script.add("run wait-then-signal install help completions")
      }
      letter = script.add(upToMark: &text)
    }
    return script
  }

  private static func options(_ script: inout Line, of command: OptionScope, _ shell: Shell) {
    for entry in OptionTable() where entry.scope.covers(command) {
      switch shell {
      case .bash:
        script.add("--")
        script.add(entry.name)
        script.add(" ")
      case .zsh:
        if entry.letter != 0 {
          script.add("\"-")
          script.add(byte: entry.letter)
          zshEnd(&script, entry)
        }
        script.add("\"--")
        script.add(entry.name)
        zshEnd(&script, entry)
      case .fish:
        script.add("complete -c lastcall -n $")
        script.add(command == .hook ? "hook" : "run")
        script.add(" -l ")
        script.add(entry.name)
        if entry.letter != 0 {
          script.add(" -s ")
          script.add(byte: entry.letter)
        }
        if entry.takesValue { script.add(entry.option == .pidFile ? " -rF" : " -x") }
        if entry.option == .for { script.add(" -a $presets") }
        if entry.option == .logFormat { script.add(" -a 'text json'") }
        script.add(" -d \"")
        script.add(entry.summary)
        script.add("\"\n")
      }
    }
  }

  @inline(never)
  private static func zshEnd(_ script: inout Line, _ entry: OptionEntry) {
    if entry.takesValue { script.add("=") }
    script.add("[")
    script.add(entry.summary)
    script.add("]")
    if entry.takesValue {
      script.add(":")
      script.add(entry.value)
      script.add(":")
      if entry.option == .for { script.add("($presets)") }
      if entry.option == .logFormat { script.add("(text json)") }
      if entry.option == .pidFile { script.add("_files") }
    }
    script.add("\"\n")
  }

  // A `%` with a letter is a place to fill: `%r`, `%h` options, `%v` those that want a value, `%p` presets, `%t` topics,
  // `%c` commands.

  private static let bash: StaticString = """
    # lastcall completions bash
    _lastcall() {
      local word=${COMP_WORDS[COMP_CWORD]} words='%c %r' i
      for ((i = 1; i < COMP_CWORD; i++)); do
        words='%r'
        case ${COMP_WORDS[i]} in
        %v=) ((i++)); ((i >= COMP_CWORD)) && words= ;;
        -*|run) ;;
        wait-then-signal) words='%h'; ((i += COMP_CWORD)) ;;
        help) words='%t'; ((i += COMP_CWORD)) ;;
        completions) words='bash zsh fish'; ((i += COMP_CWORD)) ;;
        *) words=; break ;;
        esac
      done
      i=$((COMP_CWORD - 1))
      [[ $word = '=' ]] && word=
      [[ ${COMP_WORDS[i]} = '=' ]] && ((i--))
      case ${COMP_WORDS[i]} in
      --for) words='%p' ;;
      --log-format) words='text json' ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$word"))
    }
    complete -o bashdefault -o default -F _lastcall lastcall
    """

  private static let zsh: StaticString = """
    #compdef lastcall
    # lastcall completions zsh
    _lastcall() {
      local presets='%p'
      local -a run=(
    %r) hook=(
    %h)
      case $words[2] in
      wait-then-signal) shift words; ((CURRENT--)); _arguments -S $hook ;;
      help) _values topic %t;;
      completions) _values shell bash zsh fish ;;
      install) _files ;;
      *)
        ((CURRENT == 2)) && compadd -- %c
        _arguments -S $run '(-)1:command:_command_names -e' '*::argument:_normal' ;;
      esac
    }
    if [[ $zsh_eval_context[-1] = loadautofunc ]]; then _lastcall "$@"; else compdef _lastcall lastcall; fi
    """

  private static let fish: StaticString = """
    # lastcall completions fish
    set -l hook '__fish_seen_subcommand_from wait-then-signal'
    set -l run 'not __fish_seen_subcommand_from wait-then-signal help install completions'
    set -l presets '%p'
    complete -c lastcall -n __fish_use_subcommand -a '%c'
    complete -c lastcall -n '__fish_seen_subcommand_from help' -x -a '%t'
    complete -c lastcall -n '__fish_seen_subcommand_from completions' -x -a 'bash zsh fish'
    %r%h
    """
}
