// Every text that lastcall prints while it runs, and what it is in JSON: one table (its formats: `Entry`).

import Lifecycle

/// A row of the table.
enum Message: UInt8 {
  // The app.
  case started, reaped, dropped, forwarded, forwardedFor
  case shellIgnores, shellEnds, shellChild
  // Failures.
  case noSubreaper, notSignalled, hookNotAnswered, blind
  // Hooks.
  case hookIsNone, hookIsGone, hookErred, hookIsHidden, droppedByKernel, notLastcall, handedOver
  // A stop.
  case signalled, escalated, ignored, deadlineMoved, appEnded, askedOthers, deadlinePassed
  case begunBySignal, begunByHook, deadline
  case planCut, reserveCut, waitCut, maxWaitCut, scheduleSqueezed, holdCut, doesNotFit, gracePeriodNeeded
  case waited
  // Why a wait ended, and that in JSON.
  case isOver, isQuiet, isNotQuiet, isHurried, isAppEnded
  case over, quiet, notQuiet, hurried, endedByApp
  // The summary of a stop.
  case stopped, waitedFor, waitedEnd
  case lastConnection, noConnection, connections, notAccepted, moving, movingMore
  case sent, appEndedAt, alive, orphans, orphansReaped, lostLines
  // Processes in a list.
  case noProcesses, andMore, process, nextProcess
  // The termination message.
  case killed, stillOpen
  // Why there is no app.
  case complaint, signalsUnblocked, cannotRun, noInterpreter
  case cannot, nothingInstalled
  // Why there is no target.
  case isGone, fileUnreadable, fileWithoutNumber
  case needsProcesses, nobodyNamed, manyNamed, useNumber
  case isHook, isPause, isHost, isElsewhere, isForbidden
  // A plan's timeline.
  case noPlan, planHead, planNeeds, planWithoutDeadline, neededSeconds, times
  case begins, getsSignal, waits, deadlineComes, kubeletSignals, kubeletKills, hookBegins, hookWaits

  /// The first byte of a row is the level of the line that it begins (0 to 2, `Level`), and the text up to `}` its event;
  /// or `+`: it goes on with a line.
  static let table = Text(
    """
    0started}started the app as process %n{pid}
    0reaped}reaped orphan %n{pid}, which %x
    0dropped}not passed on, as --map says: %s{signal}
    0forwarded}passed on %s{signal}
    0forwarded}passed on %s{signal} for %s
    2shell}the app is a shell, %f{shell} (%n), which ignores %s
    2shell}the app is a shell, %f{shell} (%n), which ends at %s
    +; its child %f{child} (%n{child_pid}) will not hear it: start it with exec, or use --group%S{signal}
    2failure}cannot become the subreaper{attempt=become the subreaper}: %r{errno}; orphans will not be reaped
    2failure}cannot signal the app{attempt=signal the app}: %r{errno}; carrying on
    2failure}cannot answer the hook{attempt=answer the hook}: %r{errno}; not heeding it
    2failure}cannot see the traffic here{attempt=see the traffic here}: %r{errno}; waiting for as long as --max-wait allows
    2hook-ignored}a process that is no hook asked for a stop; not heeded
    2hook-ignored}a hook that is gone asked for a stop; its end brings the stop signal
    2hook-options}cannot use the hook's options: %f; carrying out our own
    2hook-options}cannot read the hook's options from /proc; carrying out our own
    2dropped-by-kernel}PID 1 shows no handler for %s{signal}; unless it takes its signals off a queue, the kernel drops \
    it: make lastcall the ENTRYPOINT
    0not-lastcall}PID 1 does not answer as lastcall does; carrying the plan out here
    0handed-over}PID 1 is lastcall and carries the plan out; waiting for the end
    0signalled}the app gets %s{signal}
    0signalled}still alive, so now %s{signal}
    0ignored}a stop is under way; not passed on: %s{signal}
    0deadline-moved}time left until the deadline is now %t{left_ms}
    0app-ended}the app %x{code}
    0asked-others}the app is gone; the processes that it left are asked to end
    0deadline-passed}the deadline has passed
    0stop-began}stop asked for by %s{signal}
    0stop-began}stop asked for by the preStop hook
    +; deadline in %t{deadline_ms}
    2plan-cut}
    +--reserve leaves nothing of the grace period; cut to %t
    +--wait %t
    +--max-wait %t
    +the schedule's %t
    +--hold %t
    + does not fit into the grace period; cut to %t
    +; terminationGracePeriodSeconds: %u{needed_grace_period_ms} would do
    0wait-ended}waited %t{waited_ms}:\u{20}
    +the wait is over
    +quiet
    +not quiet, but no more time
    +%s said time is up
    +the app ended
    +{wait_end=over}
    +{wait_end=quiet}
    +{wait_end=not-quiet}
    +{wait_end=hurried}
    +{wait_end=app-ended}
    1stopped}stopped after %t{total_ms}%N{waited_ms}
    +: waited %t (
    +)
    +, last new connection at %t{last_connection_ms}
    +, no new connection
    +%N{new_connections}%N{open_connections}
    +, not accepted: %n
    +, still moving: %n from %f to port %n
    +, and more: %n
    +; %s{signal} at %t{at_ms}
    +; the app %x{code} at %t{app_ended_ms}
    +; alive at the deadline: %N{alive_at_deadline}
    +%N{orphans}
    +; orphans reaped: %n{orphans}
    +%N{lost_lines}
    +(unknown: no /proc)
    + and %n more
    +%f (%n)
    +, %f (%n)
    2}killed at the deadline:\u{20}
    +; connections still open: %n%l
    2}%f
    2}cannot block signals (rt_sigprocmask is refused)
    2}cannot run %f: %r
    2}cannot run %f: it is there, but not the interpreter or loader that it names (ENOENT)
    2}cannot\u{20}
    +\u{20}%f: %r; nothing was installed
    2}process %n is not there; accepted: the number of a running process
    2}--pid-file %f cannot be read; accepted: a file that holds the app's process number
    2}--pid-file %f holds no process number
    2}--process needs /proc, which is not there; use --pid
    2}--process %f: no process has that name
    2}--process %f: more than one has that name:\u{20}
    +; use --pid or --pid-file
    2}the hook itself cannot be what it stops; give the app's --pid
    2}PID 1 is the pod's pause process (shareProcessNamespace); name the app by --process or --pid-file
    2}PID 1 is the host's init (hostPID); name the app by --process or --pid-file
    2}process %n belongs to another container (its control group is not ours)
    2}process %n: %r; run the hook as the same user as the app
    +no plan: stop signals are passed on like all others
    +\u{20}earliest    latest  what happens if the app does not end by itself
    +terminationGracePeriodSeconds needed: %n
    +\u{20}(no --grace-period given, so there is no deadline)
    +%N{needed_grace_period_seconds}
    +%N{earliest_ms}%N{latest_ms}
    +{event=began}a stop signal comes; the app serves on
    +{event=signalled}the app gets %s{signal}
    +{event=wait-ended}the wait is over
    +{event=deadline}deadline: what is still there is killed
    +{event=kubelet-signal}the kubelet's stop signal, if the hook still ran
    +{event=kubelet-kill}the kubelet's KILL
    +{event=began}the preStop hook starts; the app serves on
    +{event=wait-ended}the hook is done; the kubelet's stop signal follows
    """)
}
