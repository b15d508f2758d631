// TCP over loopback, as the tests of traffic need it: every call waits until it is done.

import Foundation

/// A descriptor that is closed with its owner.
class Socket {
  private(set) var number: Int32

  init(owning number: Int32) {
    precondition(number >= 0, "socket: \(String(cString: strerror(errno)))")
    self.number = number
  }

  deinit { close() }

  func close() {
    if number >= 0 { Glibc.close(number) }
    number = -1
  }

  /// Calls `body` with `text`:`port` as the kernel takes it.
  static func withAddress(_ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) {
    func call<Address>(_ address: inout Address) -> Int32 {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
      }
    }
    var result: Int32
    if text.contains(":") {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      inet_pton(AF_INET6, text, &address.sin6_addr)
      result = call(&address)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      inet_pton(AF_INET, text, &address.sin_addr)
      result = call(&address)
    }
    precondition(result == 0, "\(text):\(port): \(String(cString: strerror(errno)))")
  }

  static func new(for address: String, protocol number: Int32 = 0) -> Int32 {
    socket(
      address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), number)
  }
}

final class Listener: Socket {
  let port: UInt16

  /// - Parameter port: 0 for one that is free.
  init(_ address: String = "127.0.0.1", port wanted: UInt16 = 0, backlog: Int32 = 1024, protocol number: Int32 = 0) {
    let socket = Socket.new(for: address, protocol: number)
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    Socket.withAddress(address, wanted) { bind(socket, $0, $1) }
    precondition(listen(socket, backlog) == 0)
    var bound = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    withUnsafeMutablePointer(to: &bound) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    // The port stands at the same place in both families.
    port = UInt16(bigEndian: bound.sin6_port)
    super.init(owning: socket)
  }

  /// Takes a connection out of the accept queue.
  func accept() -> Stream { Stream(owning: Glibc.accept(number, nil, nil)) }

  /// A connection to this listener: the client's end, and the app's.
  func pair(from address: String = "127.0.0.1") -> (client: Stream, app: Stream) {
    let client = Stream(to: address, port)
    return (client, accept())
  }
}

final class Stream: Socket {
  override init(owning number: Int32) { super.init(owning: number) }

  /// Connected when it is made.
  init(to address: String, _ port: UInt16) {
    let socket = Socket.new(for: address)
    Socket.withAddress(address, port) { connect(socket, $0, $1) }
    super.init(owning: socket)
  }

  func send(_ count: Int = 1) {
    let bytes = [UInt8](repeating: 0x78, count: count)
    precondition(Glibc.send(number, bytes, count, Int32(MSG_NOSIGNAL)) == count)
  }

  /// Sends until the peer's window and our own queue are full.
  func fill() {
    let bytes = [UInt8](repeating: 0x78, count: 65_536)
    while Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) > 0 {}
  }

  /// Waits for data; 0 at the peer's end.
  @discardableResult func receive(_ most: Int = 65_536) -> Int {
    var bytes = [UInt8](repeating: 0, count: most)
    return recv(number, &bytes, most, 0)
  }

  /// Waits until there is data, and leaves it.
  func awaitData() {
    var byte: UInt8 = 0
    precondition(recv(number, &byte, 1, Int32(MSG_PEEK)) == 1)
  }

  func finish() { shutdown(number, Int32(SHUT_WR)) }

  /// Closes with a reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    close()
  }
}
