// The order of runs: a look at the traffic as asked, its proof, then A B A B A with every
// variation; the same at Ethernet's MSS where the path is loopback.
#include "tunewire/probe/experiment.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/format.h"
#include "probe/blocks.h"
#include "probe/classify.h"
#include "probe/effects.h"
#include "probe/run_facts.h"
#include "probe/schedule.h"
#include "probe/variations.h"
#include "probe/warnings.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongCycle = std::chrono::milliseconds{150};

class Experiment {
 public:
  Experiment(Ends& ends, const ProbeRequest& request, const ProbeWatch& watch)
      : ends_(ends), request_(request), runner_(ends, request, watch) {}

  Result<ProbeResult> Run(const Noise& noise);

 private:
  bool RunAll();
  bool RunGroup(std::uint32_t mss, int groups_after);
  bool LookAt(Cell& asked);
  bool LookLonger(Cell& asked);
  bool Rounds(Cell& asked, const std::vector<Variation>& variations);
  bool Vary(std::deque<Cell*>& cells, nanoseconds cycle, bool first_round);

  Cell& AddCell(RunRole role, std::string label, Traffic traffic);
  [[nodiscard]] std::vector<Variation> Wanted(const Cell& asked, const RunFinding& finding,
                                              const RunReport& proof) const;
  [[nodiscard]] RunReport ProofOf(const Cell& asked) const;
  [[nodiscard]] bool Stalls(const Cell& asked) const;
  [[nodiscard]] bool OnLoopback() const;
  [[nodiscard]] bool BoundByUser() const;
  [[nodiscard]] Figures LaterFigures() const;
  [[nodiscard]] nanoseconds Left() const;
  [[nodiscard]] nanoseconds ShareOf(const Cell& asked, int groups_after) const;
  void AddLeftOut(const Fitted& fitted, std::uint32_t mss);
  std::vector<RunReport> Reports();

  Ends& ends_;
  const ProbeRequest& request_;
  BlockRunner runner_;
  std::deque<Cell> cells_;
  nanoseconds budget_ = kBudget;
  std::vector<std::string> warnings_;
};

Cell& Experiment::AddCell(RunRole role, std::string label, Traffic traffic) {
  MergedBlocks merged{role, std::move(label), {}, {}, {}};
  return cells_.emplace_back(Cell{std::move(merged), std::move(traffic), {}, false});
}

bool Experiment::BoundByUser() const {
  return request_.count != 0 || request_.duration.count() != 0;
}

Figures Experiment::LaterFigures() const {
  return BoundByUser() ? Figures::kProofOnly : Figures::kCounted;
}

nanoseconds Experiment::Left() const { return std::max(budget_ - runner_.used(), nanoseconds{0}); }

bool Experiment::Stalls(const Cell& asked) const {
  RunBlock sum;
  for (const RunBlock& block : asked.merged.blocks) {
    sum.n += block.n;
    sum.stalled += block.stalled;
  }
  // As StallsMatter: a pause of a busy host among thousands of exchanges is not worth the runs.
  return sum.stalled != 0 && sum.stalled * 200 >= sum.n;
}

bool Experiment::OnLoopback() const {
  if (!ends_.OneHost() || request_.traffic.mss != 0 || cells_.empty()) return false;
  const std::optional<RunEvidence>& look = cells_.front().merged.plain;
  return look && look->client.tcp.send_mss.value_or(0) >= kLoopbackMss;
}

RunReport Experiment::ProofOf(const Cell& asked) const {
  const std::optional<RunEvidence>& best =
      asked.merged.stamped ? asked.merged.stamped : asked.merged.plain;
  return ReportRun(RunRole::kAsked, {}, 0, *best, ends_.OneHost());
}

std::vector<Variation> Experiment::Wanted(const Cell& asked, const RunFinding& finding,
                                          const RunReport& proof) const {
  const RunEvidence& run = proof.evidence;
  VariationFacts facts;
  facts.server_is_ours = run.server.has_value();
  facts.hz = run.client.facts.hz;
  if (run.server && run.server->facts.hz > 0) facts.hz = std::min(facts.hz, run.server->facts.hz);
  facts.suspected = finding.cause;
  const bool pacing = finding.cause == Cause::kPacing || proof.attribution.pacing_ns > 0;
  facts.paced = pacing && (IsPaced(run.client, asked.traffic.client_options) ||
                           (run.server && IsPaced(*run.server, asked.traffic.server_options)));
  return VariationsOf(asked.traffic, facts);
}

/// The traffic as asked, once for its latencies and once with stamps.
bool Experiment::LookAt(Cell& asked) {
  const bool own = asked.traffic.mss == request_.traffic.mss;
  BlockSize first = FirstBlock(request_);
  if (!own)
    first = FirstBlock(ProbeRequest{.interval = request_.interval, .think = request_.think});
  const nanoseconds before = runner_.used();
  if (!runner_.Run(asked, Stamping::kOff, first, Figures::kCounted)) return false;
  if (own && BoundByUser()) budget_ += runner_.used() - before;
  if (request_.stamping == Stamping::kOff) return true;
  return runner_.Run(asked, Stamping::kOn, AskedStamped(asked.cycle), Figures::kCounted);
}

bool Experiment::LookLonger(Cell& asked) {
  for (int block = 0; block < 2 && !Stalls(asked); ++block) {
    if (Left() < QuietBlock().duration) return true;
    if (!runner_.Run(asked, Stamping::kOff, QuietBlock(), LaterFigures())) return false;
  }
  return true;
}

bool Experiment::Vary(std::deque<Cell*>& cells, nanoseconds cycle, bool first_round) {
  for (Cell* cell : cells) {
    if (!runner_.Run(*cell, Stamping::kOff, VariedBlock(cycle), Figures::kCounted)) return false;
    if (!first_round || request_.stamping == Stamping::kOff) continue;
    if (!runner_.Run(*cell, Stamping::kOn, VariedStamped(cycle), Figures::kCounted)) return false;
  }
  return true;
}

bool Experiment::Rounds(Cell& asked, const std::vector<Variation>& variations) {
  const nanoseconds cycle = asked.cycle;
  std::deque<Cell*> cells;
  for (const Variation& variation : variations) {
    cells.push_back(&AddCell(variation.role, variation.label, variation.traffic));
  }
  for (int round = 0; round < kRounds; ++round) {
    if (!Vary(cells, cycle, round == 0)) return false;
    if (!runner_.Run(asked, Stamping::kOff, AskedBlock(cycle), LaterFigures())) return false;
  }
  return true;
}

bool Experiment::RunGroup(std::uint32_t mss, int groups_after) {
  Traffic traffic = request_.traffic;
  traffic.mss = mss;
  Cell& asked = AddCell(RunRole::kAsked, "as asked", std::move(traffic));
  if (!LookAt(asked)) return false;
  if (asked.left_out || request_.proof == Proof::kNone) return true;
  if (!Stalls(asked) && !LookLonger(asked)) return false;
  if (!Stalls(asked)) return true;
  const RunReport proof = ProofOf(asked);
  const RunFinding finding = ClassifyRun(proof);
  const Fitted fitted = FitVariations(Wanted(asked, finding, proof), finding.cause, asked.cycle,
                                      ShareOf(asked, groups_after));
  if (&asked != &cells_.front() && fitted.time > Left()) {
    warnings_.push_back(Format("{} only the traffic as asked was tried, to end within 10 s",
                               mss == 0 ? std::string("here") : Format("at MSS {}", mss)));
    return true;
  }
  AddLeftOut(fitted, mss);
  const std::size_t each = request_.stamping == Stamping::kOn ? kRounds + 1 : kRounds;
  runner_.Expect(fitted.variations.size() * each + kRounds, fitted.time);
  return Rounds(asked, fitted.variations);
}

/// The other MSS takes as long as this one; where a stall is long, this one comes first.
nanoseconds Experiment::ShareOf(const Cell& asked, int groups_after) const {
  if (groups_after == 0 || !OnLoopback()) return Left();
  return asked.cycle > kLongCycle ? Left() * 3 / 4 : Left() / 2;
}

void Experiment::AddLeftOut(const Fitted& fitted, std::uint32_t mss) {
  if (fitted.left_out.empty()) return;
  warnings_.push_back(Format("left out{} to end within 10 s: {}",
                             mss == 0 ? std::string() : Format(" at MSS {}", mss),
                             Join(fitted.left_out, ", ")));
}

bool Experiment::RunAll() {
  runner_.Expect(1, BoundByUser() ? nanoseconds{0} : nanoseconds{kBudget});
  const bool alone = request_.proof == Proof::kNone;
  if (!RunGroup(request_.traffic.mss, alone ? 0 : 1)) return false;
  if (alone || !OnLoopback()) return true;
  if (Left() < AskedBlock(cells_.front().cycle).duration) {
    warnings_.push_back("no time was left to try Ethernet's MSS");
    return true;
  }
  runner_.Expect(2, Left());
  return RunGroup(kEthernetSegment, 0);
}

std::vector<RunReport> Experiment::Reports() {
  std::vector<RunReport> reports;
  for (Cell& cell : cells_) {
    if (cell.merged.blocks.empty()) continue;
    reports.push_back(ReportBlocks(std::move(cell.merged), ends_.OneHost()));
  }
  std::ranges::stable_sort(reports, {}, &RunReport::block);
  return reports;
}

Result<ProbeResult> Experiment::Run(const Noise& noise) {
  RunAll();
  if (runner_.error()) return Fail(*runner_.error());
  ProbeResult result;
  result.peer = ends_.Describe();
  result.one_host = ends_.OneHost();
  result.request = request_;
  result.noise = noise;
  result.runs = Reports();
  result.partial = runner_.partial();
  result.verdict = Judge(result.runs);
  for (const auto& more :
       {runner_.warnings(), warnings_, NoiseWarnings(noise, result.runs.front())}) {
    result.verdict.warnings.insert(result.verdict.warnings.end(), more.begin(), more.end());
  }
  return result;
}

}  // namespace

Result<ProbeResult> RunProbe(Ends& ends, const ProbeRequest& request, const Noise& noise,
                             const ProbeWatch& watch) {
  return Experiment(ends, request, watch).Run(noise);
}

}  // namespace tunewire
