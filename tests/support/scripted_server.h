// A TCP server within the test: every connection is handed to a script on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tunewire/base/unique_fd.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

/// What a script does with its connection. Reading and writing end at the server's end.
class ScriptedPeer {
 public:
  ScriptedPeer(int fd, int number) : fd_(fd), number_(number) {}

  [[nodiscard]] int number() const { return number_; }  ///< of the connection, from 0

  /// One more request up to its empty line; false at the end of the connection.
  bool ReadRequest();
  [[nodiscard]] const std::string& request() const { return request_; }
  [[nodiscard]] std::size_t reads() const { return reads_; }  ///< recv calls that gave bytes

  bool Send(std::string_view bytes) const;
  /// A reset instead of an orderly end.
  void ResetAtEnd() const;
  [[nodiscard]] std::string PeerHost() const;

 private:
  int fd_, number_;
  std::string pending_, request_;
  std::size_t reads_ = 0;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedServer(Script script);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  [[nodiscard]] SocketAddress address() const { return address_; }
  [[nodiscard]] int accepted() const { return accepted_; }
  /// From now on connects are refused.
  void StopListening();
  /// The end of every connection, and of what its script does.
  void Join();

 private:
  void AcceptAll();
  void Serve(int fd, int number);

  Script script_;
  UniqueFd listener_;
  SocketAddress address_;
  std::atomic<int> accepted_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> peers_;
  std::thread acceptor_;
};

}  // namespace tunewire
