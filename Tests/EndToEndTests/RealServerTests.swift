// The servers that people run: each finishes what it was doing when the container is told to stop.

import CHarness
import Foundation
import Testing

struct RealServerTests {
  private func startNginx(_ options: [String]) throws -> Container {
    try .nginx([lastcall] + options + ["--", "nginx", "-c", try Download.nginxConfiguration()])
  }

  @Test(.needsNamespaces, .needs("nginx"), .needs("bash"))
  func `nginx that gets TERM as QUIT finishes a download, and then the container ends`() throws {
    let nginx = try startNginx(["--map", "TERM=QUIT"])
    let download = try Download(from: nginx)
    try nginx.send(SIGTERM)
    try nginx.waitForLine(containing: "gracefully shutting down", of: .standardError)
    #expect(try download.finish())
    try nginx.expectExit(.code(0))
  }

  @Test(.needsNamespaces, .needs("nginx"), .needs("bash"))
  func `nginx that gets TERM as it is cuts a download`() throws {
    let nginx = try startNginx([])
    let download = try Download(from: nginx)
    try nginx.send(SIGTERM)
    try nginx.expectExit(.code(0))
    #expect(try !download.finish())
  }

  @Test(.needsNamespaces, .needs("gunicorn"), .needs("curl"))
  func `gunicorn answers the request that it has when TERM comes`() throws {
    try GatedSite().expectAnswer(from: [lastcall, "--"] + GatedSite.gunicorn, thenExit: .code(0))
  }
}
