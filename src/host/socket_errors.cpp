#include "host/socket_errors.h"

#include <cerrno>
#include <utility>

#include "base/format.h"

namespace tunewire {
namespace {

Error Coded(Error error, const char* code, std::string message) {
  error.code = code;
  error.kind = ErrorKind::kIo;
  error.message = std::move(message);
  return error;
}

}  // namespace

Error ConnectionError(std::string operation, std::string subject, int os_error) {
  Error error = SystemError(std::move(operation), std::move(subject), os_error);
  switch (os_error) {
    case ECONNREFUSED:
      return Coded(error, "refused",
                   Format("{} refuses the connection: nobody listens there", error.subject));
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return Coded(error, "unreachable",
                   Format("{} cannot be reached: {}", error.subject, DescribeErrno(os_error)));
    case ETIMEDOUT:
      return Coded(error, "timed_out", Format("{} does not answer", error.subject));
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return Coded(error, "peer_gone",
                   Format("{} ended the connection: {}", error.subject, DescribeErrno(os_error)));
    default:
      return error;
  }
}

Error TimedOut(std::string operation, std::string subject, std::chrono::milliseconds waited) {
  Error error;
  error.code = "timed_out";
  error.message = Format("{}: nothing came or went for {} ms", subject, waited.count());
  error.operation = std::move(operation);
  error.os_error = ETIMEDOUT;
  error.subject = std::move(subject);
  return error;
}

Error PeerGone(std::string operation, std::string subject) {
  Error error;
  error.code = "peer_gone";
  error.message = Format("{} ended the connection too early", subject);
  error.operation = std::move(operation);
  error.subject = std::move(subject);
  return error;
}

}  // namespace tunewire
