#include "tunewire/host/calibrate.h"

#include <doctest/doctest.h>

#include "host/charged_time.h"
#include "host/socket_address.h"
#include "tunewire/host/source_ports.h"

namespace tunewire {

TEST_CASE("calibration: figures of one CPU, and no port left behind") {
  const auto before = ReadSourcePorts(LoopbackV4());
  const auto calibration = Calibrate(std::chrono::milliseconds(200));
  REQUIRE(calibration.has_value());
  // A machine of this century, and not one of the next.
  CHECK(calibration->connections_per_s > 500);
  CHECK(calibration->connections_per_s < 10e6);
  CHECK(calibration->exchanges_per_s > calibration->connections_per_s);
  CHECK(calibration->exchanges_per_s < 100e6);
  CHECK(calibration->bytes_per_s > 1e6);
  CHECK(calibration->seconds > 0.05);
  CHECK(calibration->seconds < 5);
  CHECK(calibration->uncharged_share >= 0);
  CHECK(calibration->uncharged_share <= 0.75);
  // Others on this host may leave some; orderly closes would leave hundreds here.
  const auto after = ReadSourcePorts(LoopbackV4());
  REQUIRE(after.has_value());
  CHECK(after->time_wait < before->time_wait + 100);
}

TEST_CASE("calibration: a share of charged time is a share") {
  const double share = ChargedShare(std::chrono::milliseconds(20));
  CHECK(share > 0.2);
  CHECK(share <= 1);
}

}  // namespace tunewire
