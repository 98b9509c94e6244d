// Whether this processor's AMX instructions, and one of AVX512_BF16, do what the Intel 64 and
// IA-32 Architectures Software Developer's Manual, volume 2, says of them. Prints what cpuid names,
// and each instruction's verdict; its exit status is the number of wrong ones, 99 where Linux hands
// out no tile registers.
#include <cpuid.h>
#include <immintrin.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>

namespace {

constexpr int kRows = 16;
constexpr int kBytes = 64;
constexpr int kColumns = kBytes / 4;

// The operand of ldtilecfg: sums, and the two factors.
struct alignas(64) Shapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {kBytes, kBytes, kBytes};
  uint8_t rows[16] = {kRows, kRows, kRows};
};

const Shapes kShapes;

void print_features() {
  unsigned a, b, c, d;
  __cpuid_count(7, 0, a, b, c, d);
  std::printf("amx_tile %u, amx_int8 %u, amx_bf16 %u", d >> 24 & 1, d >> 25 & 1, d >> 22 & 1);
  std::printf(", avx512f %u, avx512bw %u, avx512dq %u, avx512vl %u, avx512_vnni %u", b >> 16 & 1,
              b >> 30 & 1, b >> 17 & 1, b >> 31 & 1, c >> 11 & 1);
  __cpuid_count(7, 1, a, b, c, d);
  std::printf(", avx512_bf16 %u, avx_vnni %u\n", a >> 5 & 1, a >> 4 & 1);
}

int verdict(const char* instruction, bool right) {
  std::printf("%s %s\n", instruction, right ? "right" : "WRONG");
  return right ? 0 : 1;
}

// Factors and sums [kRows, kColumns] of words.
struct Operands {
  uint8_t a[kRows][kBytes];
  uint8_t b[kRows][kBytes];
  int32_t sums[kRows][kColumns];

  explicit Operands(uint32_t seed) {
    std::mt19937 random(seed);
    for (auto& row : a) {
      for (uint8_t& code : row) code = static_cast<uint8_t>(random());
    }
    for (auto& row : b) {
      for (uint8_t& code : row) code = static_cast<uint8_t>(random());
    }
    for (auto& row : sums) {
      for (int32_t& sum : row) sum = static_cast<int32_t>(random() % 65536) - 32768;
    }
  }

  void load() const {
    // The loads of g++ 12 don't say that they read memory.
    asm volatile("" ::: "memory");
    _tile_loadd(0, sums, kBytes);
    _tile_loadd(1, a, kBytes);
    _tile_loadd(2, b, kBytes);
  }

  void store() { _tile_stored(0, sums, kBytes); }
};

template <typename A, typename B, typename Multiply>
int check_codes(const char* instruction, const Multiply& multiply) {
  Operands x(1);
  int32_t expected[kRows][kColumns];
  std::memcpy(expected, x.sums, sizeof(expected));
  for (int row = 0; row < kRows; row++) {
    for (int column = 0; column < kColumns; column++) {
      for (int i = 0; i < kBytes; i++) {
        expected[row][column] +=
            static_cast<A>(x.a[row][i]) * static_cast<B>(x.b[i / 4][4 * column + i % 4]);
      }
    }
  }
  x.load();
  multiply();
  x.store();
  return verdict(instruction, std::memcmp(x.sums, expected, sizeof(expected)) == 0);
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Bfloat16 of 1 to 2 and of either sign, so that 32 products and their sum are exact.
int check_bfloat16() {
  Operands x(2);
  const auto number = [](uint8_t* at) {
    at[0] &= 0xf0;
    at[1] = (at[1] & 0x80) | 0x3f;
    at[0] |= 0x80;
    return float_of(static_cast<uint32_t>(at[0] | at[1] << 8) << 16);
  };
  float expected[kRows][kColumns];
  std::memset(x.sums, 0, sizeof(x.sums));
  for (int row = 0; row < kRows; row++) {
    for (int column = 0; column < kColumns; column++) {
      float sum = 0.0f;
      for (int i = 0; i < kBytes / 2; i++) {
        sum += number(&x.a[row][2 * i]) * number(&x.b[i / 2][4 * column + i % 2 * 2]);
      }
      expected[row][column] = sum + 0.0f;
    }
  }
  x.load();
  _tile_dpbf16ps(0, 1, 2);
  x.store();
  return verdict("tdpbf16ps", std::memcmp(x.sums, expected, sizeof(expected)) == 0);
}

// Numbers that bfloat16 holds, so that nothing is rounded.
int check_conversion() {
  alignas(kBytes) float numbers[2 * kColumns];
  alignas(kBytes) uint16_t converted[2 * kColumns];
  for (int i = 0; i < 2 * kColumns; i++) numbers[i] = static_cast<float>(i + 1);
  // The second operand becomes the lower half.
  const __m512bh halves =
      _mm512_cvtne2ps_pbh(_mm512_load_ps(numbers + kColumns), _mm512_load_ps(numbers));
  std::memcpy(converted, &halves, sizeof(converted));
  bool right = true;
  for (int i = 0; i < 2 * kColumns; i++) {
    right = right && float_of(static_cast<uint32_t>(converted[i]) << 16) == numbers[i];
  }
  return verdict("vcvtne2ps2bf16", right);
}

// Another process uses the registers meanwhile, so that Linux has to save and restore these.
int check_switch() {
  const pid_t other = fork();
  if (other == 0) {
    _tile_loadconfig(&kShapes);
    for (const Operands y(4);;) y.load();
  }
  Operands x(3);
  int32_t expected[kRows][kColumns];
  std::memcpy(expected, x.sums, sizeof(expected));
  x.load();
  usleep(100000);
  std::memset(x.sums, 0, sizeof(x.sums));
  x.store();
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  return verdict("switching between processes",
                 std::memcmp(x.sums, expected, sizeof(expected)) == 0);
}

}  // namespace

int main() {
  print_features();
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) {
    std::perror("arch_prctl");
    return 99;
  }
  _tile_loadconfig(&kShapes);
  int wrong = check_codes<int8_t, int8_t>("tdpbssd", [] { _tile_dpbssd(0, 1, 2); });
  wrong += check_codes<int8_t, uint8_t>("tdpbsud", [] { _tile_dpbsud(0, 1, 2); });
  wrong += check_codes<uint8_t, int8_t>("tdpbusd", [] { _tile_dpbusd(0, 1, 2); });
  wrong += check_codes<uint8_t, uint8_t>("tdpbuud", [] { _tile_dpbuud(0, 1, 2); });
  wrong += check_bfloat16();
  wrong += check_conversion();
  std::fflush(stdout);
  wrong += check_switch();
  _tile_release();
  return wrong;
}
