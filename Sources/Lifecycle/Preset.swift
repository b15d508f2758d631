// What known servers need to stop well: `--for NAME`. Each row is from the server's own documentation.

/// A server, and what its stop takes.
public struct Preset: Equatable, Sendable {
  public let name: Line
  /// What TERM becomes.
  fileprivate let stop: Signal?
  /// A signal to keep from it.
  fileprivate let dropped: Signal?
  /// What `--signal` would be, where one signal is not all and the grace period is known; empty otherwise.
  public let schedule: Line
  /// One line: why.
  public let reason: Line

  /// The signals to pass on as others.
  public var map: [SignalRule] {
    var rules: [SignalRule] = []
    if let stop { rules.add(SignalRule(from: .terminate, to: stop)) }
    if let dropped { rules.add(SignalRule(from: dropped, to: nil)) }
    return rules
  }

  /// Every row of the table.
  public static var all: [Preset] {
    var all: [Preset] = []
    for row in TextTable(table, columns: 5) {
      all.add(
        Preset(
          name: row[0], stop: Signal(name: row[1].bytes), dropped: Signal(name: row[2].bytes), schedule: row[3],
          reason: row[4]))
    }
    return all
  }

  /// Name, what TERM becomes, what is dropped, schedule, reason; `-` is none.
  private static let table: StaticString = """
    nginx QUIT - - QUIT finishes requests; TERM cuts them
    openresty QUIT - - as nginx
    kong QUIT - - as nginx
    httpd WINCH WINCH - WINCH finishes requests, so a terminal's resizes are kept away
    apache2 WINCH WINCH - as httpd
    php-apache WINCH WINCH - as httpd
    php-fpm QUIT - - QUIT finishes requests; set process_control_timeout above 0
    haproxy USR1 - - USR1 finishes connections; set hard-stop-after
    unicorn QUIT - - QUIT finishes requests; TERM cuts them
    resque QUIT - - QUIT finishes the job; TERM kills it
    gunicorn - - - TERM finishes requests, drops the accept queue: add --until-quiet
    uvicorn - - - TERM finishes requests
    puma - - - TERM finishes requests
    uwsgi - - - TERM reloads it unless die-on-term is set; no signal is graceful
    traefik - - - TERM finishes requests within its graceTimeOut
    caddy - - - TERM finishes requests; QUIT exits at once
    envoy - - - TERM exits at once: wait before it, with --wait or --until-quiet
    varnish - - - TERM exits at once: wait before it, with --wait or --until-quiet
    postgres INT - TERM/60%/INT/30%/QUIT TERM waits for sessions, INT ends them, QUIT aborts
    pgbouncer - - - TERM waits for clients (1.23); a second one would cut them
    mysql - - - TERM flushes and ends; give it time
    redis - - - TERM saves and ends
    mongodb - - - TERM ends cleanly
    rabbitmq - - - TERM ends cleanly
    nats USR2 - - USR2 is lame duck mode; TERM cuts clients
    sidekiq - - TSTP/25%/TERM TSTP fetches no more jobs, TERM ends those at hand
    celery - - - TERM finishes tasks; QUIT does not
    systemd RTMIN+3 - - RTMIN+3 halts; TERM re-executes

    """
}
