#include "host/kernel_file_walk.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "tunewire/base/unique_fd.h"

namespace tunewire {
namespace {

/// What the program writes for each socket.
struct Record {
  std::uint32_t pid;
  std::uint32_t descriptor;
  std::uint64_t inode;
};
static_assert(sizeof(Record) == 16);

/// Of the running kernel, from its type information; -1: it has no such field.
struct Offsets {
  std::int32_t task_tgid, file_inode, inode_number, inode_super, super_magic;
  std::int32_t walk;  ///< the id of the iterator's function
};

struct BtfDeleter {
  void operator()(btf* types) const { btf__free(types); }
};
using Btf = std::unique_ptr<btf, BtfDeleter>;

/// Bits from the start of `id` to its member, also where that stands in an unnamed struct or union.
std::optional<std::uint32_t> BitsTo(const btf* types, std::uint32_t id, std::string_view member) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type != nullptr && btf_is_mod(type)) type = btf__type_by_id(types, type->type);
  if (type == nullptr || !btf_is_composite(type)) return std::nullopt;
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const btf_member& one = btf_members(type)[i];
    const std::string_view name = btf__name_by_offset(types, one.name_off);
    const std::uint32_t here = btf_member_bit_offset(type, i);
    if (name == member) return here;
    if (!name.empty()) continue;
    if (const auto within = BitsTo(types, one.type, member)) return here + *within;
  }
  return std::nullopt;
}

std::int32_t OffsetOf(const btf* types, const char* structure, std::string_view member) {
  const std::int32_t id = btf__find_by_name_kind(types, structure, BTF_KIND_STRUCT);
  if (id < 0) return -1;
  const auto bits = BitsTo(types, static_cast<std::uint32_t>(id), member);
  // An instruction has 16 bits for it.
  const bool fits = bits && *bits % 8 == 0 && *bits / 8 <= std::numeric_limits<std::int16_t>::max();
  return fits ? static_cast<std::int32_t>(*bits / 8) : -1;
}

std::optional<Offsets> ReadOffsets() {
  const Btf types(btf__load_vmlinux_btf());
  if (types == nullptr) return std::nullopt;
  const btf* all = types.get();
  const Offsets offsets{.task_tgid = OffsetOf(all, "task_struct", "tgid"),
                        .file_inode = OffsetOf(all, "file", "f_inode"),
                        .inode_number = OffsetOf(all, "inode", "i_ino"),
                        .inode_super = OffsetOf(all, "inode", "i_sb"),
                        .super_magic = OffsetOf(all, "super_block", "s_magic"),
                        .walk = btf__find_by_name_kind(all, "bpf_iter_task_file", BTF_KIND_FUNC)};
  for (const std::int32_t each : {offsets.task_tgid, offsets.file_inode, offsets.inode_number,
                                  offsets.inode_super, offsets.super_magic, offsets.walk}) {
    if (each < 0) return std::nullopt;
  }
  return offsets;
}

constexpr bpf_insn Instruction(int code, int to, int from, int offset, int number) {
  return {.code = static_cast<std::uint8_t>(code),
          .dst_reg = static_cast<std::uint8_t>(to & 0xf),
          .src_reg = static_cast<std::uint8_t>(from & 0xf),
          .off = static_cast<std::int16_t>(offset),
          .imm = number};
}

constexpr bpf_insn Load(int size, int to, int from, int offset) {
  return Instruction(BPF_LDX | BPF_MEM | size, to, from, offset, 0);
}

constexpr bpf_insn Store(int size, int offset, int from) {
  return Instruction(BPF_STX | BPF_MEM | size, BPF_REG_10, from, offset, 0);
}

constexpr bpf_insn Copy(int to, int from) {
  return Instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

constexpr bpf_insn Set(int to, int number) {
  return Instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}

/// To the end of the program, where the comparison holds; the way there is filled in later.
constexpr bpf_insn LeaveIf(int comparison, int value, int number) {
  return Instruction(BPF_JMP | comparison | BPF_K, value, 0, 0, number);
}

bool Leaves(const bpf_insn& one) {
  return one.code == (BPF_JMP | BPF_JEQ | BPF_K) || one.code == (BPF_JMP | BPF_JNE | BPF_K);
}

// struct bpf_iter__task_file, and struct bpf_iter_meta: part of the kernel's interface, every field
// in a place of 8 bytes.
constexpr int kMeta = 0, kTask = 8, kDescriptor = 16, kFile = 24;
constexpr int kSequence = 0;

auto ProgramWith(const Offsets& offsets) {
  constexpr int kContext = BPF_REG_6, kInode = BPF_REG_7, kOwner = BPF_REG_8, kAny = BPF_REG_1;
  constexpr int kRoom = -static_cast<int>(sizeof(Record));
  std::array program{
      Copy(kContext, BPF_REG_1),
      Load(BPF_DW, kInode, kContext, kFile),
      LeaveIf(BPF_JEQ, kInode, 0),
      Load(BPF_DW, kOwner, kContext, kTask),
      LeaveIf(BPF_JEQ, kOwner, 0),
      Load(BPF_DW, kInode, kInode, offsets.file_inode),
      Load(BPF_DW, kAny, kInode, offsets.inode_super),
      Load(BPF_DW, kAny, kAny, offsets.super_magic),
      LeaveIf(BPF_JNE, kAny, SOCKFS_MAGIC),
      Load(BPF_DW, kAny, kInode, offsets.inode_number),
      Store(BPF_DW, kRoom + 8, kAny),
      Load(BPF_W, kAny, kContext, kDescriptor),
      Store(BPF_W, kRoom + 4, kAny),
      Load(BPF_W, kAny, kOwner, offsets.task_tgid),
      Store(BPF_W, kRoom, kAny),
      Load(BPF_DW, BPF_REG_1, kContext, kMeta),
      Load(BPF_DW, BPF_REG_1, BPF_REG_1, kSequence),
      Copy(BPF_REG_2, BPF_REG_10),
      Instruction(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, kRoom),
      Set(BPF_REG_3, sizeof(Record)),
      Instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write),
      Set(BPF_REG_0, 0),
      Instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  const std::size_t end = program.size() - 2;
  for (std::size_t i = 0; i < end; ++i) {
    if (Leaves(program[i])) program[i].off = static_cast<std::int16_t>(end - i - 1);
  }
  return program;
}

UniqueFd LoadWalk(const Offsets& offsets) {
  const auto program = ProgramWith(offsets);
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_ITER,
              .attach_btf_id = static_cast<std::uint32_t>(offsets.walk));
  // The kernel lends bpf_seq_write to programs under the GPL; these instructions may be used so.
  return UniqueFd(bpf_prog_load(BPF_PROG_TYPE_TRACING, "tunewire_files", "Dual BSD/GPL",
                                program.data(), program.size(), &options));
}

UniqueFd BeginWalk(const Offsets& offsets) {
  const UniqueFd program = LoadWalk(offsets);
  if (!program.valid()) return {};
  const UniqueFd link(bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr));
  return link.valid() ? UniqueFd(bpf_iter_create(link.get())) : UniqueFd();
}

/// The kernel gives 32 KiB at a time at most, and whole records.
std::optional<std::vector<HeldSocket>> ReadAll(int walk) {
  std::vector<HeldSocket> held;
  std::array<Record, 2048> room;
  for (;;) {
    const ssize_t got = ::read(walk, room.data(), sizeof room);
    if (got == 0) return held;
    // EAGAIN: a million files in a row that are no sockets.
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return std::nullopt;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(Record); ++i) {
      held.push_back({.inode = room[i].inode,
                      .pid = static_cast<int>(room[i].pid),
                      .descriptor = static_cast<int>(room[i].descriptor)});
    }
  }
}

/// Pointers and inode numbers are read as 8 bytes.
constexpr bool kWide = sizeof(long) == 8;

/// The kernel numbers processes as the first PID namespace does.
bool InFirstPidNamespace() {
  constexpr ino_t kFirst = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h
  struct stat own {};
  return ::stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == kFirst;
}

/// Asked before the types are read, which takes longer than anything else here.
bool MayLoad() {
  std::uint32_t next = 0;
  return bpf_prog_get_next_id(0, &next) == 0 || errno == ENOENT;
}

int Silent(libbpf_print_level, const char*, va_list) { return 0; }

}  // namespace

std::optional<std::vector<HeldSocket>> WalkFilesInKernel() {
  libbpf_set_print(Silent);
  if (!kWide || !InFirstPidNamespace() || !MayLoad()) return std::nullopt;
  const std::optional<Offsets> offsets = ReadOffsets();
  if (!offsets) return std::nullopt;
  const UniqueFd walk = BeginWalk(*offsets);
  return walk.valid() ? ReadAll(walk.get()) : std::nullopt;
}

}  // namespace tunewire
