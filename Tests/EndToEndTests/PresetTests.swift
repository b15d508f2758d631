// §3.10: each preset against the real server: what is in flight when the stop begins arrives whole.

import CHarness
import Foundation
import Testing

@Suite(.needsNamespaces) struct PresetTests {
  private func start(
    _ preset: String, _ command: [String], options: [String] = ["--grace-period", "30s"],
    configure: (inout Setup) -> Void = { _ in }
  ) throws -> Container {
    try Container([lastcall, "--for", preset] + options + ["--"] + command) {
      $0.network = true
      configure(&$0)
    }
  }

  /// A gate between a server's script and the test: whoever comes first waits for the other.
  private func makeGate(in folder: TemporaryFolder, _ name: String) throws -> String {
    let gate = "\(folder.path)/\(name)"
    try #require(mkfifo(gate, 0o666) == 0)
    chmod(gate, 0o666)
    return gate
  }

  // MARK: httpd

  /// Command words for an httpd that serves a big file on port 8080.
  private func httpd() throws -> [String] {
    let folder = try TemporaryFolder()
    try #require(truncate(try folder.file("big", "").path, Download.size) == 0)
    let modules = "/usr/lib/apache2/modules"
    let configuration = try folder.file(
      "httpd.conf",
      """
      ServerName test
      ServerRoot \(folder.path)
      LoadModule mpm_event_module \(modules)/mod_mpm_event.so
      LoadModule authz_core_module \(modules)/mod_authz_core.so
      PidFile \(folder.path)/pid
      Listen 8080
      User www-data
      Group www-data
      ErrorLog /dev/stderr
      LogLevel notice
      DocumentRoot \(folder.path)
      StartServers 1

      """)
    return ["apache2", "-DFOREGROUND", "-f", configuration.path]
  }

  @Test(.needs("apache2"), .needs("bash")) func `httpd: TERM becomes WINCH, and a response arrives whole`() throws {
    let server = try start("httpd", httpd())
    try server.waitForLine(containing: "resuming normal operations", of: .standardError)
    let download = try Download(from: server)
    try server.send(SIGTERM)
    try server.waitForLine(containing: "caught SIGWINCH, shutting down gracefully", of: .standardError)
    #expect(try download.finish())
    try server.expectExit(.code(0))
  }

  @Test(.needs("apache2"), .needs("bash")) func `httpd: a terminal's resize does not stop it`() throws {
    let terminal = try PseudoTerminal()
    let server = try start("httpd", httpd(), options: ["-v", "--grace-period", "30s"]) { $0.terminal = terminal }
    try terminal.waitForOutput(containing: "resuming normal operations")
    terminal.resize(rows: 40, columns: 100)
    try terminal.waitForOutput(containing: "not passed on, as --map says: WINCH")
    #expect(try Download(from: server).finish())
    try server.send(SIGTERM)
    try server.expectExit(.code(0))
  }

  @Test(.needs("apache2")) func `httpd without its preset: a terminal's resize stops it`() throws {
    let terminal = try PseudoTerminal()
    let server = try Container([lastcall, "--"] + httpd()) {
      $0.network = true
      $0.terminal = terminal
    }
    try terminal.waitForOutput(containing: "resuming normal operations")
    terminal.resize(rows: 40, columns: 100)
    try server.expectExit(.code(0))
  }

  // MARK: php-fpm behind nginx

  @Test(.needsPhp, .needs("nginx"), .needs("curl"))
  func `php-fpm: TERM becomes QUIT, and a script's answer arrives whole`() throws {
    let folder = try TemporaryFolder()
    let gate = try makeGate(in: folder, "gate")
    let begun = try makeGate(in: folder, "begun")
    try folder.file(
      "slow.php",
      """
      <?php file_put_contents('\(begun)', 'begun');
      // The signal interrupts a call that waits.
      while (($gate = @fopen('\(gate)', 'r')) === false);
      fgets($gate);
      echo 'done';
      """)
    let configuration = try folder.file(
      "fpm.conf",
      """
      [global]
      daemonize = no
      error_log = /proc/self/fd/2
      process_control_timeout = 20s
      [www]
      listen = 127.0.0.1:9000
      user = nobody
      group = nogroup
      pm = static
      pm.max_children = 1

      """)
    let proxy = try folder.file(
      "nginx.conf",
      """
      daemon off; user root; worker_processes 1; pid \(folder.path)/pid; error_log stderr notice;
      events {}
      http { access_log off; server { listen 8000; location / {
        fastcgi_pass 127.0.0.1:9000;
        fastcgi_param REQUEST_METHOD GET;
        fastcgi_param SCRIPT_FILENAME \(folder.path)/slow.php;
      } } }

      """)
    let server = try start("php-fpm", [try #require(Machine.php), "-n", "-y", configuration.path])
    try server.waitForLine(containing: "ready to handle connections", of: .standardError)
    let nginx = try ChildProcess("nginx", "-c", proxy.path) { $0.networkOf = server }
    try nginx.waitForLine(containing: "start worker process ", of: .standardError)
    let client = try ChildProcess("curl", "--silent", "--show-error", "http://127.0.0.1:8000/") {
      $0.networkOf = server
    }
    try ChildProcess("cat", begun).expectExit(.code(0))
    try server.send(SIGTERM)
    try server.waitForLine(containing: "Finishing ...", of: .standardError)
    try ChildProcess("sh", "-c", "echo > \(gate)").expectExit(.code(0))
    try client.expectExit(.code(0))
    #expect(client.standardOutput == "done")
    try server.expectExit(.code(0))
    try nginx.send(SIGTERM)
    try nginx.expectExit(.code(0))
  }

  // MARK: haproxy before nginx

  @Test(.needs("haproxy"), .needs("nginx"), .needs("bash"))
  func `haproxy: TERM becomes USR1, and a response that it passes on arrives whole`() throws {
    // Without `http-reuse never` Debian's haproxy 2.6.12 crashes at the end of any soft stop with an idle connection left.
    let configuration = try TemporaryFolder().file(
      "haproxy.cfg",
      """
      global
        hard-stop-after 60s
      defaults
        mode http
        timeout connect 60s
        timeout client 60s
        timeout server 60s
        http-reuse never
      frontend front
        bind 127.0.0.1:8081
        default_backend back
      backend back
        server nginx 127.0.0.1:8080

      """)
    let server = try start("haproxy", ["haproxy", "-db", "-f", configuration.path])
    // It tells nobody when it is ready.
    try Waiting.until("haproxy listens") {
      let sockets = FileManager.default.contents(atPath: "/proc/\(server.pid)/net/tcp") ?? Data()
      return String(decoding: sockets, as: UTF8.self).contains("0100007F:1F91 00000000:0000 0A")
    }
    let nginx = try ChildProcess("nginx", "-c", try Download.nginxConfiguration()) { $0.networkOf = server }
    try nginx.waitForLine(containing: "start worker process ", of: .standardError)
    let download = try Download(from: server, port: 8081)
    try server.send(SIGTERM)
    try server.waitForLine(containing: "Proxy front stopped", of: .standardError)
    #expect(try download.finish())
    try server.expectExit(.code(0))
    try nginx.send(SIGTERM)
    try nginx.expectExit(.code(0))
  }

  // MARK: gunicorn

  @Test(.needs("gunicorn"), .needs("curl")) func `gunicorn: TERM, and a request is answered`() throws {
    try GatedSite().expectAnswer(
      from: [lastcall, "--for", "gunicorn", "--grace-period", "30s", "--"] + GatedSite.gunicorn, thenExit: .code(0))
  }

  // MARK: postgres

  /// A database, and a session with a transaction open.
  private func startPostgres(_ options: [String]) throws -> (Container, session: ChildProcess) {
    let programs = try #require(Machine.postgres)
    let user = try #require(getpwnam("postgres")).pointee.pw_uid
    let folder = try TemporaryFolder()
    chown(folder.path, user, user)
    let data = "\(folder.path)/data"
    try ChildProcess("\(programs)/initdb", "--no-sync", "--locale=C", "--auth=trust", "-D", data) { $0.user = user }
      .expectExit(.code(0))
    let words = ["\(programs)/postgres", "-D", data, "-k", folder.path, "-c", "listen_addresses=", "-c", "fsync=off"]
    let server = try start("postgres", words, options: options) { $0.user = user }
    try server.waitForLine(containing: "ready to accept connections", of: .standardError)
    let session = try ChildProcess("\(programs)/psql", "-h", folder.path, "-U", "postgres", "-d", "postgres", "-At") {
      $0.user = user
      $0.standardInput = .pipe
    }
    try session.write("begin; select 'begun';\n")
    try session.waitForLine(containing: "begun")
    return (server, session)
  }

  @Test(.needsPostgres) func `postgres: TERM waits for a session, which commits`() throws {
    let (server, session) = try startPostgres(["--grace-period", "60s"])
    try server.send(SIGTERM)
    try server.waitForLine(containing: "received smart shutdown request", of: .standardError)
    try session.write("create table t(); commit; select 'committed';\n")
    try session.waitForLine(containing: "committed")
    session.closeInput()
    try session.expectExit(.code(0))
    try server.expectExit(.code(0))
    #expect(server.standardError.contains("database system is shut down"), "\(server)")
  }

  @Test(.needsPostgres) func `postgres: a session that stays is ended by INT, and the database closed properly`() throws
  {
    let (server, session) = try startPostgres(["--grace-period", "3s", "--reserve", "1s"])
    try server.send(SIGTERM)
    try server.waitForLine(containing: "received smart shutdown request", of: .standardError)
    try server.waitForLine(containing: "received fast shutdown request", of: .standardError)
    try server.expectExit(.code(0))
    #expect(server.standardError.contains("database system is shut down"), "\(server)")
    session.closeInput()
    _ = try session.waitForExit()
  }

  // MARK: redis

  @Test(.needs("redis-server")) func `redis: TERM saves what it has`() throws {
    let folder = try TemporaryFolder()
    let socket = "\(folder.path)/socket"
    let server = try start(
      "redis", ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "3600 1"])
    try server.waitForLine(containing: "ready to accept connections")
    try ChildProcess("redis-cli", "-s", socket, "set", "key", "value").expectExit(.code(0))
    #expect(access("\(folder.path)/dump.rdb", F_OK) != 0)
    try server.send(SIGTERM)
    try server.expectExit(.code(0))
    #expect(access("\(folder.path)/dump.rdb", F_OK) == 0)
  }
}
