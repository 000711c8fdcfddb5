#include "tunewire/base/error.h"

#include <cerrno>
#include <cstring>

#include "base/format.h"

namespace tunewire {

ErrorKind KindOfErrno(int os_error) {
  switch (os_error) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
    case ENXIO:
    case ENODEV:
      return ErrorKind::kNotFound;
    case EPERM:
    case EACCES:
    case EROFS:
      return ErrorKind::kNotPermitted;
    case EBUSY:
    case EWOULDBLOCK:
    case ETXTBSY:
      return ErrorKind::kBusy;
    case ENOSYS:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return ErrorKind::kUnsupported;
    case EINVAL:
    case ERANGE:
    case EDOM:
    case EOVERFLOW:
      return ErrorKind::kInvalid;
    case EINTR:
      return ErrorKind::kInterrupted;
    default:
      return ErrorKind::kIo;
  }
}

std::string DescribeErrno(int os_error) {
  const char* name = strerrorname_np(os_error);
  const char* words = strerrordesc_np(os_error);
  if (name == nullptr || words == nullptr) return Format("errno {}", os_error);
  return Format("{} ({})", words, name);
}

Error SystemError(std::string operation, std::string subject, int os_error) {
  Error error;
  error.kind = KindOfErrno(os_error);
  error.code = "system";
  error.message = Format("{} {}: {}", operation, subject, DescribeErrno(os_error));
  error.operation = std::move(operation);
  error.os_error = os_error;
  error.subject = std::move(subject);
  return error;
}

}  // namespace tunewire
