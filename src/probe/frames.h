// What two probes on two hosts say to each other beside the traffic under study: frames of a fixed
// header and a payload, in network byte order. Pure: spans in, values out.
//
//   client                                   server
//   hello ------------------------------->
//         <------------------------------- hello-ok (its half of the session's nonce, its limits)
//   (a second connection, without a byte)
//   run (that connection's port, all) ---->
//         <------------------------------- ready (every size, reckoned anew)
//   ... the exchanges, on the second connection, until the client's end of file ...
//   evidence request -------------------->
//         <------------------------------- summary, then events, as many frames as needed
//   another run, or bye
//
// In place of any answer: refused or error, after which the connection ends. The header and the
// payload of `refused` stay as they are in every version, so that both sides can say which one
// they speak.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "probe/bytes.h"
#include "tunewire/base/result.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

inline constexpr std::uint32_t kFrameMagic = 0x54574950;  ///< "TWIP"
inline constexpr std::uint16_t kFrameVersion = 1;
inline constexpr std::size_t kHeaderBytes = 20;
inline constexpr std::size_t kMostPayload = 64 * 1024;
inline constexpr std::size_t kMostHelloPayload = 44;
inline constexpr std::size_t kMostText = 512;  ///< bytes of any sentence in a frame

enum class FrameType : std::uint16_t {
  kHello = 1,
  kHelloOk = 2,
  kRefused = 3,
  kRun = 4,
  kReady = 5,
  kEvidenceRequest = 6,
  kSummary = 7,
  kEvents = 8,
  kBye = 9,
  kError = 10,
};

/// magic 4, version 2, type 2, length 4, nonce 8 bytes.
struct FrameHeader {
  std::uint16_t version = kFrameVersion;
  FrameType type = FrameType::kHello;  ///< of `version`; means nothing where that is not ours
  std::uint32_t length = 0;            ///< of the payload
  std::uint64_t nonce = 0;

  bool operator==(const FrameHeader&) const = default;
};

/// Errors: kInvalid "not_a_peer" for another magic, "malformed_frame" for a length beyond
/// kMostPayload, and for an unknown type of our version.
Result<FrameHeader> DecodeHeader(std::span<const std::byte, kHeaderBytes> bytes);

/// Its nonce is the client's half; all later frames of a session carry SessionNonce().
struct Hello {
  std::string program;  ///< "tunewire 0.1.0", for the server's notes

  bool operator==(const Hello&) const = default;
};

struct HelloOk {
  std::uint64_t nonce = 0;  ///< the server's half: an old session said again does not fit
  std::uint32_t session_ms = 0;
  std::uint32_t idle_ms = 0;
  std::string program;

  bool operator==(const HelloOk&) const = default;
};

std::uint64_t SessionNonce(std::uint64_t client_half, std::uint64_t server_half);

enum class RefusalReason : std::uint8_t {
  kVersion = 1,       ///< a header of another version
  kBusy = 2,          ///< as many sessions as there may be
  kLimit = 3,         ///< a count, size or sleep beyond what is granted
  kSizeMismatch = 4,  ///< the two ends would not write what the other reads
  kProtocol = 5,      ///< a frame that does not belong here, or is not one
  kNoData = 6,        ///< the connection that was announced did not come
  kOver = 7,          ///< the session's time is over
};

struct Refusal {
  RefusalReason reason = RefusalReason::kProtocol;
  std::string text;

  bool operator==(const Refusal&) const = default;
};

/// What one exchange carries, both ends' view.
struct ExchangeBytes {
  std::uint64_t client_writes = 0, client_reads = 0, server_writes = 0, server_reads = 0;

  bool operator==(const ExchangeBytes&) const = default;
};

/// As either end reckons them from the scripts.
ExchangeBytes BytesOf(const Traffic& traffic);

struct RunRequest {
  RunSpec spec;                 ///< the pattern's name at most 64 bytes of it
  ExchangeBytes bytes;          ///< as the client reckons them
  std::uint16_t data_port = 0;  ///< the client's, of the connection that carries the exchanges

  bool operator==(const RunRequest&) const = default;
};

struct Ready {
  ExchangeBytes bytes;            ///< as the server reckons them
  std::uint32_t most_events = 0;  ///< that the evidence will hold

  bool operator==(const Ready&) const = default;
};

struct EvidenceRequest {
  std::uint64_t exchanges = 0;    ///< that the client has done
  std::uint32_t most_events = 0;  ///< that it wants

  bool operator==(const EvidenceRequest&) const = default;
};

/// EndEvidence without its events, which follow in frames of their own.
struct Summary {
  std::uint32_t events = 0;  ///< in the frames that follow, all together
  CounterChanges counters;
  TcpSnapshot tcp;
  EndFacts facts;

  bool operator==(const Summary&) const = default;
};

/// Whole frames. Texts beyond their bounds are clipped, and longer lists: what is encoded decodes.
Bytes EncodeHello(std::uint64_t nonce, const Hello& hello);
Bytes EncodeHelloOk(std::uint64_t nonce, const HelloOk& hello);
Bytes EncodeRefusal(std::uint64_t nonce, const Refusal& refusal);
Bytes EncodeRun(std::uint64_t nonce, const RunRequest& run);
Bytes EncodeReady(std::uint64_t nonce, const Ready& ready);
Bytes EncodeEvidenceRequest(std::uint64_t nonce, const EvidenceRequest& request);
Bytes EncodeSummary(std::uint64_t nonce, const Summary& summary);
Bytes EncodeEvents(std::uint64_t nonce, std::span<const Event> events);
Bytes EncodeBye(std::uint64_t nonce);
Bytes EncodeError(std::uint64_t nonce, const Error& error);

/// As many events always fit into one frame.
inline constexpr std::size_t kEventsAFrame = 512;

/// Payloads. Errors: kInvalid "malformed_frame" for anything short, long, unknown or unprintable.
Result<Hello> DecodeHello(std::span<const std::byte> payload);
Result<HelloOk> DecodeHelloOk(std::span<const std::byte> payload);
Result<Refusal> DecodeRefusal(std::span<const std::byte> payload);
Result<RunRequest> DecodeRun(std::span<const std::byte> payload);
Result<Ready> DecodeReady(std::span<const std::byte> payload);
Result<EvidenceRequest> DecodeEvidenceRequest(std::span<const std::byte> payload);
Result<Summary> DecodeSummary(std::span<const std::byte> payload);
Result<std::vector<Event>> DecodeEvents(std::span<const std::byte> payload);
Status DecodeBye(std::span<const std::byte> payload);
/// The error that was sent, as the value.
Result<Error> DecodeError(std::span<const std::byte> payload);

Error MalformedFrame(std::string_view what);

}  // namespace tunewire
