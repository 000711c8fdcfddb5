#include <algorithm>
#include <utility>

#include "base/format.h"
#include "host/socket_glance.h"
#include "sockets/recording_format.h"
#include "sockets/recording_json.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

using recording::NumberAt;

struct Record {
  char type = 0;
  std::string_view payload;
  std::size_t offset = 0;
};

Error Damage(std::size_t offset, std::string what) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "invalid_recording";
  error.message = Format("the recording is damaged at byte {}: {}", offset, what);
  error.hint = "a recording that was cut short or changed is not used at all; make it anew";
  return error;
}

tl::unexpected<Error> Damaged(const Record& record, std::string what) {
  return Fail(Damage(record.offset, std::move(what)));
}

std::vector<HeldSocket> HeldIn(std::string_view bytes) {
  std::vector<HeldSocket> held;
  for (std::size_t at = 0; at + recording::kHeldBytes <= bytes.size();
       at += recording::kHeldBytes) {
    held.push_back({NumberAt<std::uint64_t>(bytes, at), NumberAt<std::int32_t>(bytes, at + 8),
                    NumberAt<std::int32_t>(bytes, at + 12)});
  }
  return held;
}

std::vector<AckState> AcksIn(std::string_view bytes) {
  std::vector<AckState> acks;
  for (std::size_t at = 0; at + recording::kAckBytes <= bytes.size(); at += recording::kAckBytes) {
    acks.push_back({NumberAt<std::uint64_t>(bytes, at), NumberAt<std::uint32_t>(bytes, at + 8),
                    NumberAt<std::uint32_t>(bytes, at + 12),
                    NumberAt<std::uint8_t>(bytes, at + 16) != 0});
  }
  return acks;
}

/// One record after the other.
class Records {
 public:
  explicit Records(std::string_view bytes) : bytes_(bytes) {}

  Status Magic() {
    if (!bytes_.starts_with(recording::kMagic)) {
      return Fail(Damage(0, "it does not begin as a recording of this version does"));
    }
    at_ = recording::kMagic.size();
    return {};
  }

  Result<Record> Next() {
    Record record{.offset = at_};
    const std::size_t left = bytes_.size() - at_;
    if (left < recording::kHeadBytes) return Damaged(record, "it ends before its end mark");
    record.type = bytes_[at_];
    const std::size_t length = NumberAt<std::uint32_t>(bytes_, at_ + 1);
    if (length > recording::kMostPayload || length > left - recording::kHeadBytes) {
      return Damaged(record, "a record is longer than what is there");
    }
    record.payload = bytes_.substr(at_ + recording::kHeadBytes, length);
    if (recording::Checksum(record.type, record.payload) !=
        NumberAt<std::uint32_t>(bytes_, at_ + 5)) {
      return Damaged(record, "a record does not match its checksum");
    }
    at_ += recording::kHeadBytes + length;
    return record;
  }

  [[nodiscard]] bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Hands the looks of a recording on and gathers the rest of it.
class Player {
 public:
  explicit Player(LookSink& sink) : sink_(sink) {}

  Result<SocketSurroundings> Play(std::string_view bytes) {
    Records records(bytes);
    if (Status magic = records.Magic(); !magic) return Fail(std::move(magic.error()));
    while (!done_) {
      const Result<Record> record = records.Next();
      if (!record) return Fail(record.error());
      if (Status taken = Take(*record); !taken) return Fail(std::move(taken.error()));
      ++count_;
      if (done_ && !records.AtEnd()) return Damaged(*record, "something follows its end mark");
    }
    return std::move(around_);
  }

  [[nodiscard]] bool told_held() const { return told_held_; }

 private:
  enum class Stage { kBetween, kInLook, kProcesses, kOptions };

  Status Take(const Record& record) {
    switch (record.type) {
      case recording::kHeld:
        return Held(record);
      case recording::kBegin:
        return Begin(record);
      case recording::kSocket:
        return Socket(record);
      case recording::kEnd:
        return End(record);
      case recording::kAround:
        return Around(record);
      case recording::kProcess:
        return OneProcess(record);
      case recording::kOwners:
        return Owners(record);
      case recording::kOptions:
        return Options(record);
      case recording::kMark:
        return Mark(record);
      default:
        return Damaged(record, "a record of an unknown kind");
    }
  }

  Status Expect(const Record& record, Stage stage) const {
    if (stage_ == stage) return {};
    return Damaged(record, Format("a record '{}' that does not belong there", record.type));
  }

  Status Held(const Record& record) {
    if (Status fits = Expect(record, Stage::kBetween); !fits) return fits;
    if (record.payload.size() % recording::kHeldBytes != 0) return Damaged(record, kOdd);
    told_held_ = true;
    sink_.Held(HeldIn(record.payload));
    return {};
  }

  Status Begin(const Record& record) {
    constexpr std::size_t kFixed = 13;
    if (Status fits = Expect(record, Stage::kBetween); !fits) return fits;
    const std::string_view bytes = record.payload;
    if (bytes.size() < kFixed) return Damaged(record, kOdd);
    LookHead head;
    head.at_ns = NumberAt<std::int64_t>(bytes, 0);
    const auto scope = NumberAt<std::uint8_t>(bytes, 8);
    const std::size_t text = NumberAt<std::uint32_t>(bytes, 9);
    if (scope > static_cast<std::uint8_t>(LookScope::kAll) || text > bytes.size() - kFixed ||
        (bytes.size() - kFixed - text) % recording::kAckBytes != 0) {
      return Damaged(record, kOdd);
    }
    head.scope = static_cast<LookScope>(scope);
    Result<NetCounters> counters = DecodeNetCounters(bytes.substr(kFixed, text));
    if (!counters) return Damaged(record, counters.error().message);
    head.counters = *std::move(counters);
    head.acks = AcksIn(bytes.substr(kFixed + text));
    if (!std::ranges::is_sorted(head.acks, {}, &AckState::inode)) return Damaged(record, kOdd);
    stage_ = Stage::kInLook;
    sink_.Begin(std::move(head));
    return {};
  }

  Status Socket(const Record& record) {
    if (Status fits = Expect(record, Stage::kInLook); !fits) return fits;
    const auto raw = std::as_bytes(std::span(record.payload));
    if (raw.size() > recording::kMostSocket || !GlanceAt(raw)) {
      return Damaged(record, "what should be a socket is none");
    }
    sink_.Socket(raw);
    return {};
  }

  Status End(const Record& record) {
    if (Status fits = Expect(record, Stage::kInLook); !fits) return fits;
    if (record.payload.size() != 9) return Damaged(record, kOdd);
    SocketDump dump;
    dump.seen = NumberAt<std::uint64_t>(record.payload, 0);
    dump.partial = NumberAt<std::uint8_t>(record.payload, 8) != 0;
    stage_ = Stage::kBetween;
    sink_.End(dump);
    return {};
  }

  Status Around(const Record& record) {
    if (Status fits = Expect(record, Stage::kBetween); !fits) return fits;
    if (!recording::ReadAround(record.payload, around_)) return Damaged(record, kOdd);
    stage_ = Stage::kProcesses;
    return {};
  }

  Status OneProcess(const Record& record) {
    if (Status fits = Expect(record, Stage::kProcesses); !fits) return fits;
    auto process = recording::ReadProcess(record.payload);
    if (!process) return Damaged(record, kOdd);
    around_.processes.push_back(*std::move(process));
    return {};
  }

  Status Owners(const Record& record) {
    if (Status fits = Expect(record, Stage::kProcesses); !fits) return fits;
    if (record.payload.size() % recording::kHeldBytes != 0) return Damaged(record, kOdd);
    around_.held = HeldIn(record.payload);
    if (!std::is_sorted(around_.held.begin(), around_.held.end())) {
      return Damaged(record, "owners are not in order");
    }
    stage_ = Stage::kOptions;
    return {};
  }

  Status Options(const Record& record) {
    if (Status fits = Expect(record, Stage::kOptions); !fits) return fits;
    auto options = recording::ReadOptions(record.payload);
    if (!options) return Damaged(record, kOdd);
    around_.options.push_back(*std::move(options));
    return {};
  }

  Status Mark(const Record& record) {
    if (Status fits = Expect(record, Stage::kOptions); !fits) return fits;
    if (record.payload.size() != 8 || NumberAt<std::uint64_t>(record.payload, 0) != count_) {
      return Damaged(record, "records are missing before its end mark");
    }
    done_ = true;
    return {};
  }

  static constexpr const char* kOdd = "a record's content is not what its kind wants";

  LookSink& sink_;
  SocketSurroundings around_;
  Stage stage_ = Stage::kBetween;
  std::uint64_t count_ = 0;
  bool told_held_ = false;
  bool done_ = false;
};

class Nowhere : public LookSink {
 public:
  void Begin(LookHead head) override { static_cast<void>(head); }
  void Socket(std::span<const std::byte> raw) override { static_cast<void>(raw); }
  void End(const SocketDump& dump) override { static_cast<void>(dump); }
};

}  // namespace

Result<SocketSurroundings> PlayRecording(std::string_view bytes, LookSink& sink) {
  Nowhere nowhere;
  Player trial(nowhere);
  const Result<SocketSurroundings> around = trial.Play(bytes);
  if (!around) return around;
  if (!trial.told_held()) sink.Held(around->held);
  return Player(sink).Play(bytes);
}

}  // namespace tunewire
