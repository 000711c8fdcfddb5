// One thread of the load client: an event loop over its share of the connections.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/epoll.h"
#include "host/stream_socket.h"
#include "http/load_connection.h"
#include "http/load_tally.h"
#include "tunewire/http/load.h"

namespace tunewire {

/// What the threads of a run have in common.
struct LoadRun {
  const LoadSpec& spec;
  SocketAddress address;
  std::vector<SocketAddress> sources;
  std::int64_t start_ns = 0;  ///< CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  std::atomic<std::uint64_t> tickets{0};  ///< one for each request that is begun
  std::atomic<std::uint64_t> finished{0};
  std::atomic<bool> stop{false}, gave_up{false}, reached{false};
};

/// Of a connect(2) that failed.
HttpError HttpErrorOf(int os_error);

/// A thread's part: connections from `first` on, and every `of`-th request of the rate.
struct LoadShare {
  std::uint32_t index = 0, of = 1;
  std::uint32_t first = 0, connections = 1;
  double rate = 0;
};

class LoadWorker {
 public:
  /// All memory that the run needs is taken here. Errors: of epoll_create1(2).
  static Result<std::unique_ptr<LoadWorker>> Make(LoadRun& run, const LoadShare& share);

  /// Until the requests are done, the time is over, or the run was stopped. Never waits longer.
  void Run();

  [[nodiscard]] std::unique_ptr<LoadTally> TakeTally() { return std::move(tally_); }
  [[nodiscard]] const std::vector<LoadConnection>& connections() const { return connections_; }

 private:
  LoadWorker(LoadRun& run, const LoadShare& share, Epoll epoll);

  // load_worker.cpp: the loop, and when requests begin
  void StartDue(std::int64_t now);
  void OpenAhead(std::int64_t now);
  void WakeRested(ConnectionQueue& queue, std::int64_t now);
  void Expire(std::int64_t now);
  void ExpireOne(LoadConnection& one, std::int64_t now);
  void ExpireRequests(LoadConnection& one, std::int64_t now);
  [[nodiscard]] std::int64_t WakeAt() const;
  void HandleReady(const ReadySocket& ready);
  void LookAgain();
  void BeginNext();
  void ReportProgress();
  void Finish();
  [[nodiscard]] bool AllBegun() const;
  [[nodiscard]] bool TakeTicket(std::uint64_t& ordinal);
  [[nodiscard]] std::int64_t DueNs(std::uint64_t turn) const;
  [[nodiscard]] bool Begin(std::int64_t now, PendingRequest& request);
  void Continue(LoadConnection& one, std::int64_t now);
  void Assign(LoadConnection& one, std::int64_t now);

  // load_connect.cpp: how a connection comes about, is written to, and ends
  void Connect(LoadConnection& one, std::int64_t now);
  void WriteAtOnce(LoadConnection& one);
  void Connected(LoadConnection& one, std::int64_t now, std::uint64_t written);
  void FailConnect(LoadConnection& one, HttpError error, std::int64_t now);
  void Send(LoadConnection& one);
  [[nodiscard]] std::size_t PartToSend(const LoadConnection& one) const;
  void Close(LoadConnection& one);
  void EndConnection(LoadConnection& one, bool hung_up, std::int64_t now);
  void Reopen(LoadConnection& one, std::int64_t now);

  // load_answers.cpp: what comes back
  void Read(LoadConnection& one, bool hung_up);
  [[nodiscard]] std::int64_t Receive(LoadConnection& one, std::optional<std::int64_t>& arrived);
  [[nodiscard]] bool Take(LoadConnection& one, std::string_view bytes, std::int64_t now,
                          std::optional<std::int64_t> arrived, bool hung_up);
  [[nodiscard]] bool TakeAnswer(LoadConnection& one, std::size_t left, std::int64_t now,
                                bool hung_up);
  void ContinueIfFree(LoadConnection& one, std::int64_t now);
  void KeepPiece(const LoadConnection& one, std::size_t size, std::int64_t now,
                 std::optional<std::int64_t> arrived);
  void PeerGone(LoadConnection& one, HttpError error, std::int64_t now);
  void FinishFirst(LoadConnection& one, HttpError error, std::int64_t now);
  void ExpectNext(LoadConnection& one);
  void LookAtPath(const LoadConnection& one);

  [[nodiscard]] std::uint32_t IndexOf(const LoadConnection& one) const {
    return static_cast<std::uint32_t>(&one - connections_.data());
  }
  [[nodiscard]] PendingRequest& PendingOf(const LoadConnection& one, std::uint32_t place);
  void SetDeadline(const LoadConnection& one, std::int64_t at_ns);
  void AgainLater(LoadConnection& one);
  void Park(ConnectionQueue& queue, LoadConnection& one);
  LoadConnection& Unpark(ConnectionQueue& queue);

  LoadRun& run_;
  const LoadSpec& spec_;
  LoadShare share_;
  Epoll epoll_;
  std::unique_ptr<LoadTally> tally_;
  std::vector<LoadConnection> connections_;
  std::vector<PendingRequest> pending_;  ///< spec.pipeline for every connection
  std::vector<std::int64_t> deadlines_;  ///< by connection, apart: all are looked through
  std::vector<std::uint32_t> again_, looking_, next_;
  std::vector<char> room_;
  std::string requests_;  ///< the request as often as one write may carry it
  std::size_t request_size_ = 0, first_cut_ = 0;
  std::int64_t timeout_ns_ = 0, tick_ns_ = 0, think_ns_ = 0;
  bool idempotent_ = false;
  ConnectionQueue idle_;     ///< nothing to do until the rate says so
  ConnectionQueue resting_;  ///< think time
  ConnectionQueue barred_;   ///< a connect failed
  std::uint64_t due_turn_ = 0;
  std::int64_t next_due_ns_ = 0, next_tick_ns_ = 0;
  std::uint64_t under_way_ = 0, reported_ = 0;
  std::uint64_t source_turn_ = 0;
  std::uint32_t unopened_ = 0, opening_ = 0;
  std::uint32_t failures_in_a_row_ = 0, not_closed_in_a_row_ = 0;
  bool exhausted_ = false, instant_connects_ = true;
};

}  // namespace tunewire
