#include "probe/frames.h"

#include "base/format.h"
#include "probe/frame_parts.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostProgram = kMostHelloPayload - 2;
constexpr std::size_t kMostCode = 48;

constexpr std::array kErrorKinds{
    ErrorKind::kUsage,        ErrorKind::kInvalid,     ErrorKind::kNotFound,
    ErrorKind::kNotPermitted, ErrorKind::kUnsupported, ErrorKind::kBusy,
    ErrorKind::kConflict,     ErrorKind::kIo,          ErrorKind::kInterrupted};
constexpr std::array kReasons{RefusalReason::kVersion,  RefusalReason::kBusy,
                              RefusalReason::kLimit,    RefusalReason::kSizeMismatch,
                              RefusalReason::kProtocol, RefusalReason::kNoData,
                              RefusalReason::kOver};

bool KnownType(std::uint16_t type) {
  return type >= static_cast<std::uint16_t>(FrameType::kHello) &&
         type <= static_cast<std::uint16_t>(FrameType::kError);
}

Bytes WithHeader(FrameType type, std::uint64_t nonce, const Bytes& payload) {
  ByteWriter frame;
  frame.U32(kFrameMagic);
  frame.U16(kFrameVersion);
  frame.U16(static_cast<std::uint16_t>(type));
  frame.U32(static_cast<std::uint32_t>(payload.size()));
  frame.U64(nonce);
  Bytes bytes = frame.Take();
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

}  // namespace

Error MalformedFrame(std::string_view what) {
  return {.kind = ErrorKind::kInvalid,
          .code = "malformed_frame",
          .message = Format("the peer sent a frame that is none ({})", what)};
}

Result<FrameHeader> DecodeHeader(std::span<const std::byte, kHeaderBytes> bytes) {
  ByteReader reader(bytes);
  if (reader.U32() != kFrameMagic) {
    return Fail({.kind = ErrorKind::kInvalid,
                 .code = "not_a_peer",
                 .message = "what answers is no tunewire probe"});
  }
  FrameHeader header;
  header.version = reader.U16();
  const std::uint16_t type = reader.U16();
  header.length = reader.U32();
  header.nonce = reader.U64();
  if (header.length > kMostPayload) return Fail(MalformedFrame("longer than 64 KiB"));
  if (header.version == kFrameVersion && !KnownType(type)) {
    return Fail(MalformedFrame("unknown type"));
  }
  header.type = static_cast<FrameType>(type);
  return header;
}

std::uint64_t SessionNonce(std::uint64_t client_half, std::uint64_t server_half) {
  return client_half ^ ((server_half << 32) | (server_half >> 32));
}

Bytes Framed(FrameType type, std::uint64_t nonce, ByteWriter payload) {
  return WithHeader(type, nonce, payload.Take());
}

Bytes EncodeHello(std::uint64_t nonce, const Hello& hello) {
  ByteWriter payload;
  payload.Text(hello.program, kMostProgram);
  return Framed(FrameType::kHello, nonce, std::move(payload));
}

Result<Hello> DecodeHello(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  Hello hello{.program = reader.Text(kMostProgram)};
  return Finish(reader, std::move(hello), "hello");
}

Bytes EncodeHelloOk(std::uint64_t nonce, const HelloOk& hello) {
  ByteWriter payload;
  payload.U64(hello.nonce);
  payload.U32(hello.session_ms);
  payload.U32(hello.idle_ms);
  payload.Text(hello.program, kMostProgram);
  return Framed(FrameType::kHelloOk, nonce, std::move(payload));
}

Result<HelloOk> DecodeHelloOk(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  HelloOk hello;
  hello.nonce = reader.U64();
  hello.session_ms = reader.U32();
  hello.idle_ms = reader.U32();
  hello.program = reader.Text(kMostProgram);
  return Finish(reader, std::move(hello), "hello-ok");
}

Bytes EncodeRefusal(std::uint64_t nonce, const Refusal& refusal) {
  ByteWriter payload;
  payload.U8(NumberOf(refusal.reason, kReasons));
  payload.Text(refusal.text, kMostText);
  return Framed(FrameType::kRefused, nonce, std::move(payload));
}

Result<Refusal> DecodeRefusal(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  Refusal refusal;
  refusal.reason = ReadEnum(reader, kReasons);
  refusal.text = reader.Text(kMostText);
  return Finish(reader, std::move(refusal), "refused");
}

void WriteExchangeBytes(ByteWriter& writer, const ExchangeBytes& bytes) {
  writer.U64(bytes.client_writes);
  writer.U64(bytes.client_reads);
  writer.U64(bytes.server_writes);
  writer.U64(bytes.server_reads);
}

ExchangeBytes ReadExchangeBytes(ByteReader& reader) {
  ExchangeBytes bytes;
  bytes.client_writes = reader.U64();
  bytes.client_reads = reader.U64();
  bytes.server_writes = reader.U64();
  bytes.server_reads = reader.U64();
  return bytes;
}

Bytes EncodeReady(std::uint64_t nonce, const Ready& ready) {
  ByteWriter payload;
  WriteExchangeBytes(payload, ready.bytes);
  payload.U32(ready.most_events);
  return Framed(FrameType::kReady, nonce, std::move(payload));
}

Result<Ready> DecodeReady(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  Ready ready;
  ready.bytes = ReadExchangeBytes(reader);
  ready.most_events = reader.U32();
  return Finish(reader, ready, "ready");
}

Bytes EncodeEvidenceRequest(std::uint64_t nonce, const EvidenceRequest& request) {
  ByteWriter payload;
  payload.U64(request.exchanges);
  payload.U32(request.most_events);
  return Framed(FrameType::kEvidenceRequest, nonce, std::move(payload));
}

Result<EvidenceRequest> DecodeEvidenceRequest(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  EvidenceRequest request;
  request.exchanges = reader.U64();
  request.most_events = reader.U32();
  return Finish(reader, request, "evidence request");
}

Bytes EncodeBye(std::uint64_t nonce) { return Framed(FrameType::kBye, nonce, {}); }

Status DecodeBye(std::span<const std::byte> payload) {
  if (!payload.empty()) return Fail(MalformedFrame("bye"));
  return {};
}

Bytes EncodeError(std::uint64_t nonce, const Error& error) {
  ByteWriter payload;
  payload.U8(NumberOf(error.kind, kErrorKinds));
  payload.U32(static_cast<std::uint32_t>(error.os_error));
  payload.Text(error.code, kMostCode);
  payload.Text(error.operation, kMostCode);
  payload.Text(error.subject, kMostText);
  payload.Text(error.message, kMostText);
  payload.Text(error.hint, kMostText);
  return Framed(FrameType::kError, nonce, std::move(payload));
}

Result<Error> DecodeError(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  Error error;
  error.kind = ReadEnum(reader, kErrorKinds);
  error.os_error = static_cast<int>(reader.U32());
  error.code = reader.Text(kMostCode);
  error.operation = reader.Text(kMostCode);
  error.subject = reader.Text(kMostText);
  error.message = reader.Text(kMostText);
  error.hint = reader.Text(kMostText);
  return Finish(reader, std::move(error), "error");
}

}  // namespace tunewire
