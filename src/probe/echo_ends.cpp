// A plain client against a server that sends back what it gets.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/format.h"
#include "probe/drive.h"
#include "probe/misuse.h"
#include "tunewire/host/tcp.h"
#include "tunewire/probe/ends.h"

namespace tunewire {
namespace {

/// In all, over every address of the name.
constexpr std::chrono::milliseconds kPatience{5000};

class EchoPeer : public Ends {
 public:
  EchoPeer(std::string peer, std::vector<SocketAddress> addresses)
      : peer_(std::move(peer)), addresses_(std::move(addresses)) {}

  Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) override {
    if (Status fits = CheckEcho(spec.traffic.client); !fits) return Fail(fits.error());
    const Result<UniqueFd> fd = Connect(spec.traffic.mss);
    if (!fd) return Fail(fd.error());
    return DriveClient(fd->get(), spec, watch);
  }
  [[nodiscard]] bool OneHost() const override { return false; }
  [[nodiscard]] std::string Describe() const override { return peer_; }

 private:
  /// An echo server answers as many bytes as it gets, and none before.
  static Status CheckEcho(const Script& script) {
    std::int64_t due = 0;
    for (const Step& step : script) {
      for (const std::uint32_t size : step.sizes)
        due += step.kind == StepKind::kRead ? -std::int64_t{size} : std::int64_t{size};
      if (due < 0) break;
    }
    if (due == 0) return {};
    return Fail(Misuse("size_mismatch",
                       "an echo server sends back what it gets: the client must read as many bytes "
                       "as it wrote before"));
  }

  Result<UniqueFd> Connect(std::uint32_t mss) {
    std::optional<Error> first;
    const auto share = kPatience / static_cast<int>(addresses_.size());
    for (const SocketAddress& address : addresses_) {
      Result<UniqueFd> fd = ConnectTcp(address, {mss, "", share});
      if (fd) return fd;
      if (!first) first = fd.error();
    }
    return Fail(*first);
  }

  std::string peer_;
  std::vector<SocketAddress> addresses_;
};

}  // namespace

Result<std::unique_ptr<Ends>> EchoEnds(const std::string& peer) {
  const Result<HostPort> where = ParseHostPort(peer);
  if (!where) return Fail(where.error());
  Result<std::vector<SocketAddress>> addresses = ResolveHost(*where);
  if (!addresses) return Fail(addresses.error());
  return std::unique_ptr<Ends>(std::make_unique<EchoPeer>(peer, std::move(*addresses)));
}

}  // namespace tunewire
