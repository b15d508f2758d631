// What known servers need to stop well: `--for NAME`. Each row is from the server's own documentation.

/// A server, and what its stop takes.
public struct Preset: Equatable, Sendable {
  private let row: Text

  /// - Parameter row: one of the table's.
  public init(row: Text) { self.row = row }

  public var name: Text { row.column(0) }

  /// The signals to pass on as others: what TERM becomes, and one to keep from the server.
  public var map: Rules {
    var rules = Rules()
    if let stop = Signal(name: row.column(1)) { rules.add(from: .terminate, to: stop) }
    if let dropped = Signal(name: row.column(2)) { rules.add(from: dropped, to: nil) }
    return rules
  }

  /// What `--signal` would be, where one signal is not all and the grace period is known; empty otherwise.
  public var schedule: Text { row.column(3) }

  /// One line: why.
  public var reason: Text { row.behind(4) }

  /// The preset of that name, in capitals or not.
  @inline(never)
  public init?(named name: Text) {
    for row in Preset.rows where row.column(0).isWord(name) {
      self.row = row
      return
    }
    return nil
  }

  public static var rows: TextTable { TextTable(Text(table)) }

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
