// A seeded fuzzer of the reader: mutates a small image, half of the time with recomputed checksums of header and
// directory, a quarter of the time with all checksums recomputed, so that nothing protects the structure of the
// sections.
//
//   storage_fuzz [mutations] [seed]
//
// (which is why it is a program of its own). // Every image is loaded, verified, read whole and searched. The result is
// a FileFormatError or a content; if the payload is protected by checksums, the same content. It looks for crashes,
// hangs and other exceptions (best under -DNEARABOUT_SANITIZE=address,undefined).
#include <cstdlib>
#include <random>

#include "base/error.h"
#include "check.h"
#include "images.h"
#include "storage/spelling.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

enum class Repair { none, directory, all };

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  // Changes one to three places: a bit, a byte, or a number of four or eight bytes that is small, large or off by one.
  void mutate(Bytes& image, std::size_t begin, std::size_t end) {
    for (std::size_t times = 1 + below(3); times > 0; --times) {
      const std::size_t place = begin + below(end - begin);
      switch (below(4)) {
        case 0:
          image[place] ^= static_cast<std::byte>(1u << below(8));
          break;
        case 1:
          image[place] = static_cast<std::byte>(random_());
          break;
        case 2:
          change_number<std::uint32_t>(image, place);
          break;
        default:
          change_number<std::uint64_t>(image, place);
          break;
      }
    }
  }

 private:
  template <class Number>
  void change_number(Bytes& image, std::size_t place) {
    place = place / sizeof(Number) * sizeof(Number);
    if (place + sizeof(Number) > image.size()) return;
    Number number;
    std::memcpy(&number, image.data() + place, sizeof number);
    const Number choices[] = {0,
                              static_cast<Number>(-1),
                              static_cast<Number>(number + 1),
                              static_cast<Number>(number - 1),
                              static_cast<Number>(number * 2),
                              static_cast<Number>(number + 64),
                              static_cast<Number>(Number{1} << (sizeof(Number) * 8 - 1)),
                              static_cast<Number>(random_())};
    number = choices[below(8)];
    std::memcpy(image.data() + place, &number, sizeof number);
  }

  std::mt19937_64 random_;
};

// Recomputes the payload's checksums using the good image's layout, so that mutations affect sections only.
void recompute_payload_checksums(Bytes& image, const File& good) {
  std::vector<std::uint64_t> checksums;
  for (const Section& section : good.sections()) {
    if (section.id() == SectionId::checksums) {
      std::memcpy(image.data() + section.offset(), checksums.data(), section.length());
      checksums.clear();
    }
    for (std::uint64_t begin = 0; begin < section.length(); begin += kBlockBytes)
      checksums.push_back(
          xxh64(image.data() + section.offset() + begin, std::min(kBlockBytes, section.length() - begin)));
  }
  std::memcpy(image.data() + image.size() - checksums.size() * 8, checksums.data(), checksums.size() * 8);
  recompute_checksums(image);
}

// Returns an image's content, or "" if it is rejected.
std::string use(const Bytes& image) {
  try {
    const auto file = load(image);
    std::string all = contents(file);
    const KeyMap keys(file);
    for (const char* word : {"king", "queen", "", "nobody"}) (void)keys.row_of(word);
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-5}}) (void)keys.row_of(number);
    (void)similar_keys(keys, "kinh", 3);
    for (const Section& section : file->sections()) {
      const MatrixView rows = section.rows(0, section.shape().rows);
      if (rows.rows > 0 && rows.stride > 0) all += static_cast<char>(rows.row(rows.rows - 1)[rows.stride - 1]);
    }
    file->verify();
    keys.verify();
    return all;
  } catch (const FileFormatError&) {
    return "";
  }
}

Bytes integer_image() {
  const std::vector<std::int64_t> numbers{5, -5, 1'000'000'007, 0, 12, 13, 14, 15, 16, 17};
  Writer writer = Writer::to_memory();
  writer.add_text(SectionId::metadata, "{}");
  KeyMapBuilder::integers(numbers).write(writer);
  return image_of(*writer.finish());
}

std::size_t mutations = 2'000;
std::uint64_t seed = 1;

void fuzz(const Bytes& image) {
  Mutator mutator(seed);
  const auto good = load(image);
  const std::string expected = use(image);
  const std::size_t directory = good->sections().back().offset();  // from the checksums on
  std::size_t accepted = 0;
  CHECK(!expected.empty());
  for (std::size_t round = 0; round < mutations; ++round) {
    Bytes damaged = image;
    const Repair repair = round % 2 == 0 ? Repair::none : round % 4 == 1 ? Repair::directory : Repair::all;
    if (repair == Repair::all) {
      mutator.mutate(damaged, sizeof(Header), directory);
      recompute_payload_checksums(damaged, *good);
    } else {
      mutator.mutate(damaged, 0, damaged.size());
      if (mutator.below(16) == 0) damaged.resize(mutator.below(damaged.size()));
      if (repair == Repair::directory && damaged.size() >= sizeof(Header)) recompute_checksums(damaged);
    }
    const std::string found = use(damaged);
    accepted += !found.empty();
    if (repair == Repair::none) CHECK(found.empty() || found == expected);
  }
  std::printf("%zu mutations of %zu bytes with seed %llu: %zu opened and read whole\n", mutations, image.size(),
              static_cast<unsigned long long>(seed), accepted);
}

TEST(damage_is_refused_or_harmless) {
  fuzz(small_image());
  fuzz(integer_image());
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) mutations = std::strtoull(arguments[1], nullptr, 10);
  if (count > 2) seed = std::strtoull(arguments[2], nullptr, 10);
  return nearabout::test::run(1, arguments);
}
