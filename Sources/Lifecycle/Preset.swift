// What known servers need to stop well: `--for NAME`. Each row is from the server's own documentation.

/// A server, and what its stop takes.
public struct Preset: Sendable {
  public let name: StaticString
  /// What TERM becomes, by number; 15 leaves it.
  let stop: UInt8
  /// A signal to keep from it, by number; 0 is none.
  let dropped: UInt8
  /// What `--signal` would be, where one signal is not all and the grace period is known; empty otherwise.
  public let schedule: StaticString
  /// One line: why.
  public let reason: StaticString

  /// The signals to pass on as others.
  public var map: [SignalRule] {
    var rules: [SignalRule] = []
    if let to = Signal(Int(stop)), to != .terminate { rules.append(SignalRule(from: .terminate, to: to)) }
    if let from = Signal(Int(dropped)) { rules.append(SignalRule(from: from, to: nil)) }
    return rules
  }

  public static let all: [28 of Preset] = [
    server("nginx", stop: 3, "QUIT finishes requests; TERM cuts them"),
    server("openresty", stop: 3, "as nginx"),
    server("kong", stop: 3, "as nginx"),
    server("httpd", stop: 28, drop: 28, "WINCH finishes requests, so a terminal's resizes are kept away"),
    server("apache2", stop: 28, drop: 28, "as httpd"),
    server("php-apache", stop: 28, drop: 28, "as httpd"),
    server("php-fpm", stop: 3, "QUIT finishes requests; set process_control_timeout above 0"),
    server("haproxy", stop: 10, "USR1 finishes connections; set hard-stop-after"),
    server("unicorn", stop: 3, "QUIT finishes requests; TERM cuts them"),
    server("resque", stop: 3, "QUIT finishes the job; TERM kills it"),
    server("gunicorn", "TERM finishes requests, drops the accept queue: add --until-quiet"),
    server("uvicorn", "TERM finishes requests"),
    server("puma", "TERM finishes requests"),
    server("uwsgi", "TERM reloads it unless die-on-term is set; no signal is graceful"),
    server("traefik", "TERM finishes requests within its graceTimeOut"),
    server("caddy", "TERM finishes requests; QUIT exits at once"),
    server("envoy", "TERM exits at once: wait before it, with --wait or --until-quiet"),
    server("varnish", "TERM exits at once: wait before it, with --wait or --until-quiet"),
    server(
      "postgres", stop: 2, schedule: "TERM/60%/INT/30%/QUIT", "TERM waits for sessions, INT ends them, QUIT aborts"),
    server("pgbouncer", "TERM waits for clients (1.23); a second one would cut them"),
    server("mysql", "TERM flushes and ends; give it time"),
    server("redis", "TERM saves and ends"),
    server("mongodb", "TERM ends cleanly"),
    server("rabbitmq", "TERM ends cleanly"),
    server("nats", stop: 12, "USR2 is lame duck mode; TERM cuts clients"),
    server("sidekiq", schedule: "TSTP/25%/TERM", "TSTP fetches no more jobs, TERM ends those at hand"),
    server("celery", "TERM finishes tasks; QUIT does not"),
    server("systemd", stop: 37, "RTMIN+3 halts; TERM re-executes"),
  ]

  private static func server(
    _ name: StaticString, stop: UInt8 = 15, drop: UInt8 = 0, schedule: StaticString = "", _ reason: StaticString
  ) -> Preset {
    Preset(name: name, stop: stop, dropped: drop, schedule: schedule, reason: reason)
  }
}

extension Preset: Equatable {
  public static func == (left: Preset, right: Preset) -> Bool { Line(left.name) == Line(right.name) }
}
