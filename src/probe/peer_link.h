// The client's side of a session with a probe server.
#pragma once

#include <string>

#include "probe/channel.h"
#include "probe/grant.h"
#include "tunewire/host/tcp.h"
#include "tunewire/probe/ends.h"

namespace tunewire {

class PeerLink {
 public:
  /// Connects and says hello. Errors: of ConnectTcp; "not_a_peer", "peer_version", "peer_busy",
  /// "timed_out".
  static Result<PeerLink> Open(const SocketAddress& where, const std::string& name);

  /// One run. Errors: of Ends::Run; "beyond_limits" (kUsage), "no_data_connection".
  Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch);

  /// For a run of this length there is time left, and the server has not lost patience yet.
  [[nodiscard]] bool Fresh(const RunSpec& spec) const;
  void SayBye();

  /// Client and server use the same address, so no network and only one clock lies between them.
  [[nodiscard]] bool OnOneHost() const;

 private:
  PeerLink(Channel channel, const SocketAddress& where, std::string name);

  Status Greet();
  Status Agree(const RunRequest& request);
  Result<RunEvidence> Drive(int fd, const RunSpec& spec, const RunWatch& watch);
  Result<EndEvidence> Gather(const RunEvidence& run);
  Error WhatHappened(Error of_data);
  Error Named(Error error) const;

  Channel channel_;
  SocketAddress where_;
  std::string name_;
  std::uint64_t nonce_ = 0;
  Deadline over_, idle_until_;
  std::chrono::milliseconds idle_{};
};

}  // namespace tunewire
