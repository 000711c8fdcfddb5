#include "unit/probe/scenes.h"

namespace tunewire::scenes {
namespace {

constexpr Micros kBegin = 1000;
constexpr std::uint32_t kTimes = 10;

/// Three exchanges of one write each way that nothing disturbs; the scripts have these steps.
void Fast(RunBuilder& scene) {
  scene.Exchange(0, 60);
  scene.Client(0, 10).Left(5).Acked(22);
  scene.Client(11, 60).Arrived(50);
  scene.Server(-100, 30).Arrived(20);
  scene.Server(31, 40).Left(36).Acked(55);
  scene.Repeat(3, 100);
}

/// The same where the client writes twice.
void FastTwoWrites(RunBuilder& scene) {
  scene.Exchange(0, 60);
  scene.Client(0, 10).Left(5).Acked(22);
  scene.Client(11, 14).Left(23).Acked(45);
  scene.Client(15, 60).Arrived(52);
  scene.Server(-100, 40).Arrived(32);
  scene.Server(41, 48).Left(44).Acked(58);
  scene.Repeat(3, 100);
}

void Delayed(EndEvidence& end, std::int64_t count) {
  end.counters.emplace_back("DelayedACKs", count);
}

void Nodelay(EndOptions& options) { options.nagle = Nagle::kOff; }

}  // namespace

RunBuilder Clean() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Fast(scene);
  return scene;
}

RunBuilder NagleStall() {
  RunBuilder scene("w200 w1000 r100", "r1200 w100");
  FastTwoWrites(scene);
  scene.Exchange(kBegin, kBegin + 44'080);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 44'020);
  scene.Client(kBegin + 11, kBegin + 14).Left(kBegin + 44'025).Acked(kBegin + 44'058);
  scene.Queue(1, 1000);
  scene.Client(kBegin + 15, kBegin + 44'080).Arrived(kBegin + 44'070);
  scene.Server(kBegin - 5, kBegin + 44'050).Arrived(kBegin + 44'036);
  scene.Server(kBegin + 44'051, kBegin + 44'060).Left(kBegin + 44'056).Acked(kBegin + 44'076);
  scene.Repeat(kTimes, 50'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder ServerNagleStall() {
  RunBuilder scene("w100 r1200", "r100 w200 w1000");
  scene.Exchange(kBegin, kBegin + 44'080);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 33);
  scene.Client(kBegin + 11, kBegin + 44'080).Arrived(kBegin + 44'065);
  scene.Server(kBegin - 5, kBegin + 22).Arrived(kBegin + 16);
  scene.Server(kBegin + 23, kBegin + 30).Left(kBegin + 26).Acked(kBegin + 44'040);
  scene.Server(kBegin + 31, kBegin + 34).Left(kBegin + 44'045).Acked(kBegin + 44'066);
  scene.Repeat(kTimes, 50'000);
  Delayed(scene.evidence().client, kTimes);
  return scene;
}

RunBuilder TwoSided() {
  RunBuilder scene("w200 w1000 r600", "r1200 w200 w400");
  const Micros half = kBegin + 44'000;
  const Micros end = kBegin + 88'000;
  scene.Exchange(kBegin, end + 60);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(half + 10);
  scene.Client(kBegin + 11, kBegin + 14).Left(half + 12).Acked(half + 50);
  scene.Client(kBegin + 15, end + 60).Arrived(end + 40);
  scene.Server(kBegin - 5, half + 30).Arrived(half + 22);
  scene.Server(half + 31, half + 40).Left(half + 35).Acked(end + 10);
  scene.Server(half + 41, half + 44).Left(end + 12).Acked(end + 45);
  scene.Repeat(kTimes, 100'000);
  Delayed(scene.evidence().client, kTimes);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder HoldUnderThink() {
  RunBuilder scene("w200 w1000 r100", "r200 s50 r1000 w100");
  scene.Exchange(kBegin, kBegin + 50'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 44'020);
  scene.Client(kBegin + 11, kBegin + 14).Left(kBegin + 44'025).Acked(kBegin + 44'050);
  scene.Client(kBegin + 15, kBegin + 50'100).Arrived(kBegin + 50'090);
  scene.Server(kBegin - 5, kBegin + 20).Arrived(kBegin + 15);
  scene.Server(kBegin + 21, kBegin + 50'070);
  scene.Server(kBegin + 50'071, kBegin + 50'073).Arrived(kBegin + 44'035);
  scene.Server(kBegin + 50'074, kBegin + 50'083).Left(kBegin + 50'080).Acked(kBegin + 50'095);
  scene.Repeat(kTimes, 60'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder ServerThink() {
  RunBuilder scene("w200 w1000 r100", "r1200 s5 w100");
  scene.Exchange(kBegin, kBegin + 49'200);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 44'020);
  scene.Client(kBegin + 11, kBegin + 14).Left(kBegin + 44'025).Acked(kBegin + 44'060);
  scene.Client(kBegin + 15, kBegin + 49'200).Arrived(kBegin + 49'190);
  scene.Server(kBegin - 5, kBegin + 44'050).Arrived(kBegin + 44'036);
  scene.Server(kBegin + 44'051, kBegin + 49'160);
  scene.Server(kBegin + 49'161, kBegin + 49'170).Left(kBegin + 49'166).Acked(kBegin + 49'195);
  scene.Repeat(kTimes, 50'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder SlowApplication() {
  RunBuilder scene("s44 w1200 r100", "r1200 w100");
  scene.Exchange(kBegin, kBegin + 44'130);
  scene.Client(kBegin, kBegin + 44'060);
  scene.Client(kBegin + 44'061, kBegin + 44'070).Left(kBegin + 44'065).Acked(kBegin + 44'085);
  scene.Client(kBegin + 44'071, kBegin + 44'130).Arrived(kBegin + 44'115);
  scene.Server(kBegin - 5, kBegin + 44'090).Arrived(kBegin + 44'080);
  scene.Server(kBegin + 44'091, kBegin + 44'105).Left(kBegin + 44'100).Acked(kBegin + 44'120);
  scene.Repeat(kTimes, 50'000);
  return scene;
}

RunBuilder SlowBody() {
  RunBuilder scene("w200 s44 w1000 r100", "r1200 w100");
  Nodelay(scene.evidence().spec.traffic.client_options);
  scene.Exchange(kBegin, kBegin + 44'130);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 40'020);
  scene.Client(kBegin + 11, kBegin + 44'040);
  scene.Client(kBegin + 44'041, kBegin + 44'050).Left(kBegin + 44'045).Acked(kBegin + 44'070);
  scene.Client(kBegin + 44'051, kBegin + 44'130).Arrived(kBegin + 44'110);
  scene.Server(kBegin - 5, kBegin + 44'070).Arrived(kBegin + 44'060);
  scene.Server(kBegin + 44'071, kBegin + 44'090).Left(kBegin + 44'080).Acked(kBegin + 44'120);
  scene.Repeat(kTimes, 50'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder CorkLeftOpen() {
  RunBuilder scene("cork w1200 r100", "r1200 w100");
  scene.Exchange(kBegin, kBegin + 208'100);
  scene.Client(kBegin, kBegin + 2);
  scene.Client(kBegin + 3, kBegin + 10).Left(kBegin + 208'010).Acked(kBegin + 208'060);
  scene.Queue(0, 1200);
  scene.Client(kBegin + 11, kBegin + 208'100).Arrived(kBegin + 208'090);
  scene.Server(kBegin - 5, kBegin + 208'050).Arrived(kBegin + 208'040);
  scene.Server(kBegin + 208'051, kBegin + 208'060).Left(kBegin + 208'055).Acked(kBegin + 208'095);
  scene.Repeat(kTimes, 210'000);
  return scene;
}

RunBuilder CorkClosed() {
  RunBuilder scene("cork w200 w1000 uncork r100", "r1200 w100");
  scene.Exchange(kBegin, kBegin + 70);
  scene.Client(kBegin, kBegin + 2);
  scene.Client(kBegin + 3, kBegin + 6).Left(kBegin + 12).Acked(kBegin + 40);
  scene.Client(kBegin + 7, kBegin + 9).Left(kBegin + 12).Acked(kBegin + 40);
  scene.Client(kBegin + 10, kBegin + 16);
  scene.Client(kBegin + 17, kBegin + 70).Arrived(kBegin + 55);
  scene.Server(kBegin - 5, kBegin + 30).Arrived(kBegin + 20);
  scene.Server(kBegin + 31, kBegin + 45).Left(kBegin + 40).Acked(kBegin + 60);
  scene.Repeat(kTimes, 100);
  return scene;
}

RunBuilder MoreLeftOpenNoDelay() {
  RunBuilder scene("m1200 r100", "r1200 w100");
  Nodelay(scene.evidence().spec.traffic.client_options);
  scene.Exchange(kBegin, kBegin + 208'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 208'010).Acked(kBegin + 208'060);
  scene.Queue(0, 1200);
  scene.Client(kBegin + 11, kBegin + 208'100).Arrived(kBegin + 208'090);
  scene.Server(kBegin - 5, kBegin + 208'050).Arrived(kBegin + 208'040);
  scene.Server(kBegin + 208'051, kBegin + 208'060).Left(kBegin + 208'055).Acked(kBegin + 208'095);
  scene.Repeat(kTimes, 210'000);
  return scene;
}

RunBuilder TailLoss() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 205'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 205'060);
  scene.Client(kBegin + 11, kBegin + 205'100).Arrived(kBegin + 205'090);
  scene.Server(kBegin - 5, kBegin + 205'050).Arrived(kBegin + 205'040);
  scene.Server(kBegin + 205'051, kBegin + 205'060).Left(kBegin + 205'055).Acked(kBegin + 205'095);
  scene.evidence().client.tcp.retransmitted_segments = 1;
  scene.evidence().client.counters.emplace_back("TCPLossProbes", 1);
  return scene;
}

RunBuilder HoleFilledLate() {
  RunBuilder scene("w2896 r100", "r2896 w100");
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 74'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 74'060);
  scene.evidence().client.events.back().resent_ns = Nanos(kBegin + 53'500);
  scene.Client(kBegin + 11, kBegin + 74'100).Arrived(kBegin + 74'090);
  scene.Server(kBegin - 5, kBegin + 74'050).Arrived(kBegin + 53'540);
  scene.Server(kBegin + 74'051, kBegin + 74'060).Left(kBegin + 74'055).Acked(kBegin + 74'095);
  scene.evidence().client.tcp.retransmitted_segments = 2;
  return scene;
}

RunBuilder ReplyLoss() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 205'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 25);
  scene.Client(kBegin + 11, kBegin + 205'100).Arrived(kBegin + 205'090);
  scene.Server(kBegin - 5, kBegin + 50).Arrived(kBegin + 20);
  scene.Server(kBegin + 51, kBegin + 60).Left(kBegin + 55).Acked(kBegin + 205'095);
  scene.evidence().server->tcp.retransmitted_segments = 1;
  scene.evidence().server->counters.emplace_back("TCPTimeouts", 1);
  return scene;
}

RunBuilder LongPath() {
  RunBuilder scene("w200 w1000 a", "r1200");
  scene.evidence().client.tcp.min_rtt_ns = Nanos(220'000);
  scene.Exchange(kBegin, kBegin + 484'030);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 264'000);
  scene.Client(kBegin + 11, kBegin + 14).Left(kBegin + 264'010).Acked(kBegin + 484'015);
  scene.Client(kBegin + 15, kBegin + 484'030);
  scene.Server(kBegin - 5, kBegin + 374'030).Arrived(kBegin + 374'012);
  scene.Repeat(kTimes, 600'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder AwaitedAck() {
  RunBuilder scene("w200 a", "r200");
  scene.Exchange(kBegin, kBegin + 40'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 40'080);
  scene.Client(kBegin + 11, kBegin + 40'100);
  scene.Server(kBegin - 5, kBegin + 20).Arrived(kBegin + 15);
  scene.Repeat(kTimes, 50'000);
  Delayed(*scene.evidence().server, kTimes);
  return scene;
}

RunBuilder Pacing() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Nodelay(scene.evidence().spec.traffic.client_options);
  scene.evidence().client.tcp.congestion = "bbr";
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 30'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 30'005).Acked(kBegin + 30'045);
  scene.Client(kBegin + 11, kBegin + 30'100).Arrived(kBegin + 30'090);
  scene.Server(kBegin - 5, kBegin + 30'050).Arrived(kBegin + 30'020);
  scene.Server(kBegin + 30'051, kBegin + 30'060).Left(kBegin + 30'055).Acked(kBegin + 30'095);
  scene.Repeat(kTimes, 50'000);
  return scene;
}

RunBuilder Hiccup() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 40'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 5).Acked(kBegin + 25);
  scene.Client(kBegin + 11, kBegin + 40'100).Arrived(kBegin + 40'090);
  scene.Server(kBegin - 5, kBegin + 40'050).Arrived(kBegin + 20);
  scene.Server(kBegin + 40'051, kBegin + 40'060).Left(kBegin + 40'055).Acked(kBegin + 40'095);
  return scene;
}

RunBuilder ZeroWindow() {
  RunBuilder scene("w1200 r100", "r1200 w100");
  Fast(scene);
  scene.Exchange(kBegin, kBegin + 300'100);
  scene.Client(kBegin, kBegin + 10).Left(kBegin + 300'005).Acked(kBegin + 300'045);
  scene.Client(kBegin + 11, kBegin + 300'100).Arrived(kBegin + 300'090);
  scene.Server(kBegin - 5, kBegin + 300'050).Arrived(kBegin + 300'020);
  scene.Server(kBegin + 300'051, kBegin + 300'060).Left(kBegin + 300'055).Acked(kBegin + 300'095);
  scene.evidence().client.tcp.window_limited_ns = Nanos(290'000);
  return scene;
}

}  // namespace tunewire::scenes
