#include "base/format.h"
#include "probe/peer_link.h"

namespace tunewire {
namespace {

// A name may have many addresses; whoever waits for all of them thinks that it hangs.
constexpr std::size_t kMostAddresses = 4;

Result<PeerLink> OpenFirst(const std::vector<SocketAddress>& addresses, const std::string& peer,
                           SocketAddress& reached) {
  Result<PeerLink> link = Fail({});
  for (std::size_t i = 0; i < std::min(addresses.size(), kMostAddresses); ++i) {
    link = PeerLink::Open(addresses[i], peer);
    reached = addresses[i];
    if (link) break;
  }
  return link;
}

class Remote final : public Ends {
 public:
  Remote(PeerLink link, const SocketAddress& where, bool one_host, std::string name)
      : link_(std::move(link)), where_(where), one_host_(one_host), name_(std::move(name)) {}
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;
  ~Remote() override {
    if (link_) link_->SayBye();
  }

  Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) override;
  [[nodiscard]] bool OneHost() const override { return one_host_; }
  [[nodiscard]] std::string Describe() const override { return name_; }

 private:
  Status Refresh(const RunSpec& spec);

  std::optional<PeerLink> link_;
  SocketAddress where_;
  bool one_host_;
  std::string name_;
};

// A session lasts as long as the server grants; a longer probe takes one after the other.
Status Remote::Refresh(const RunSpec& spec) {
  if (link_ && link_->Fresh(spec)) return {};
  if (link_) link_->SayBye();
  link_.reset();
  Result<PeerLink> link = PeerLink::Open(where_, name_);
  if (!link) return Fail(link.error());
  link_.emplace(std::move(*link));
  return {};
}

Result<RunEvidence> Remote::Run(const RunSpec& spec, const RunWatch& watch) {
  const RunRequest request{.spec = spec, .bytes = BytesOf(spec.traffic), .data_port = 1};
  if (const auto refusal = RefusalOf(request)) return Fail(ErrorOf(*refusal, name_));
  if (Status fresh = Refresh(spec); !fresh) return Fail(fresh.error());
  Result<RunEvidence> run = link_->Run(spec, watch);
  if (!run) link_.reset();  // whatever it was, the next run begins with a clean table
  return run;
}

}  // namespace

Result<std::unique_ptr<Ends>> RemoteEnds(const std::string& peer) {
  const Result<HostPort> where = ParseHostPort(peer);
  if (!where) return Fail(where.error());
  const Result<std::vector<SocketAddress>> addresses = ResolveHost(*where);
  if (!addresses) return Fail(addresses.error());
  SocketAddress reached;
  Result<PeerLink> link = OpenFirst(*addresses, peer, reached);
  if (!link) return Fail(link.error());
  const bool one_host = link->OnOneHost();
  return std::make_unique<Remote>(std::move(*link), reached, one_host, peer);
}

}  // namespace tunewire
