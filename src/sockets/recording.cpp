#include <utility>

#include "base/format.h"
#include "sockets/recording_format.h"
#include "sockets/recording_json.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace recording {

std::uint32_t Checksum(char type, std::string_view payload) {
  constexpr std::uint32_t kPrime = 16777619;
  std::uint32_t sum = (2166136261U ^ static_cast<unsigned char>(type)) * kPrime;
  for (const char byte : payload) sum = (sum ^ static_cast<unsigned char>(byte)) * kPrime;
  return sum;
}

std::string Framed(char type, std::string_view payload) {
  std::string record(1, type);
  AppendNumber(record, static_cast<std::uint32_t>(payload.size()));
  AppendNumber(record, Checksum(type, payload));
  return record.append(payload);
}

}  // namespace recording

namespace {

using recording::AppendNumber;

/// As /proc/net/netstat has them: a line of names, a line of values.
std::string CountersText(const NetCounters& counters) {
  std::string text;
  for (std::size_t begin = 0, end = 0; begin < counters.all.size(); begin = end) {
    const std::string& group = counters.all[begin].group;
    std::string names = group + ":";
    std::string values = names;
    for (; end < counters.all.size() && counters.all[end].group == group; ++end) {
      names += " " + counters.all[end].name;
      values += Format(" {}", counters.all[end].value);
    }
    text += names + "\n" + values + "\n";
  }
  return text;
}

std::string HeldBytes(std::span<const HeldSocket> held) {
  std::string bytes;
  bytes.reserve(held.size() * recording::kHeldBytes);
  for (const HeldSocket& one : held) {
    AppendNumber(bytes, one.inode);
    AppendNumber(bytes, static_cast<std::uint32_t>(one.pid));
    AppendNumber(bytes, static_cast<std::uint32_t>(one.descriptor));
  }
  return bytes;
}

std::string BeginBytes(const LookHead& head) {
  std::string bytes;
  AppendNumber(bytes, head.at_ns);
  AppendNumber(bytes, static_cast<std::uint8_t>(head.scope));
  const std::string counters = CountersText(head.counters);
  AppendNumber(bytes, static_cast<std::uint32_t>(counters.size()));
  bytes += counters;
  for (const AckState& ack : head.acks) {
    AppendNumber(bytes, ack.inode);
    AppendNumber(bytes, ack.ato_ticks);
    AppendNumber(bytes, ack.quick);
    AppendNumber(bytes, static_cast<std::uint8_t>(ack.pingpong));
  }
  return bytes;
}

}  // namespace

RecordingWriter::RecordingWriter(std::function<Status(std::string_view bytes)> write)
    : write_(std::move(write)) {
  status_ = write_(recording::kMagic);
}

void RecordingWriter::Put(char type, std::string_view payload) {
  if (!status_) return;
  status_ = write_(recording::Framed(type, payload));
  ++records_;
}

void RecordingWriter::Held(std::span<const HeldSocket> held) {
  Put(recording::kHeld, HeldBytes(held));
}

void RecordingWriter::Begin(LookHead head) { Put(recording::kBegin, BeginBytes(head)); }

void RecordingWriter::Socket(std::span<const std::byte> raw) {
  // sock_diag's messages have some 500 bytes.
  if (raw.size() > recording::kMostSocket) return;
  Put(recording::kSocket, {reinterpret_cast<const char*>(raw.data()), raw.size()});
}

void RecordingWriter::End(const SocketDump& dump) {
  std::string bytes;
  AppendNumber(bytes, std::uint64_t{dump.seen});
  AppendNumber(bytes, static_cast<std::uint8_t>(dump.partial));
  Put(recording::kEnd, bytes);
}

Status RecordingWriter::Finish(const SocketSurroundings& around, std::string_view kernel) {
  Put(recording::kAround, recording::AroundJson(around, kernel));
  for (const Process& process : around.processes) {
    Put(recording::kProcess, recording::ProcessJson(process));
  }
  Put(recording::kOwners, HeldBytes(around.held));
  for (const auto& [inode, options] : around.options) {
    Put(recording::kOptions, recording::OptionsJson(inode, options));
  }
  std::string mark;
  AppendNumber(mark, records_);
  Put(recording::kMark, mark);
  return status_;
}

}  // namespace tunewire
