// Damaged images: reading gives an error or the same content, never anything else. The image is small, so that every
// byte is tried.
#include <algorithm>
#include <string>

#include "base/error.h"
#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

// Opens without verifying and reads everything, as a search would.
enum class SearchResult { same, error, different };
SearchResult result(const Bytes& image, const std::string& expected) {
  try {
    return contents(load(image)) == expected ? SearchResult::same : SearchResult::different;
  } catch (const FileFormatError&) {
    return SearchResult::error;
  }
}

template <class Error>
bool refused(const Bytes& image, const std::string& words) {
  try {
    load(image);
  } catch (const Error& error) {
    const std::string sentence = error.what();
    if (sentence.find(words) != std::string::npos) return true;
    std::printf("expected \"%s\" in: %s\n", words.c_str(), sentence.c_str());
  } catch (const FileFormatError& error) {
    std::printf("expected \"%s\", another kind of error: %s\n", words.c_str(), error.what());
  }
  return false;
}

std::size_t directory_begin(const Bytes& image) {
  Header header;
  std::memcpy(&header, image.data(), sizeof header);
  return header.directory_offset;
}

// Truncates after every byte; a .near file is reported as cut short.
TEST(truncations) {
  const Bytes image = small_image();
  CHECK(refused<UnknownFormatError>({}, "empty"));
  for (std::size_t size = 1; size < image.size(); ++size) {
    const Bytes cut(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(refused<TruncatedFileError>(cut, "has " + std::to_string(size) + "."));
  }
  Bytes longer = image;
  longer.push_back(std::byte{0});
  CHECK(refused<CorruptFileError>(longer, "the file's size"));
}

TEST(foreign_files_are_refused) {
  CHECK(refused<UnknownFormatError>(pattern(5'000), "is not a .near file"));
  CHECK(refused<UnknownFormatError>(Bytes(3), "is not a .near file"));
  CHECK(refused<UnknownFormatError>(Bytes(100'000), "is not a .near file"));
}

// Any flipped bit in header or directory is detected by the checksums alone.
TEST(flipped_structure) {
  const Bytes image = small_image();
  const std::size_t directory = directory_begin(image);
  for (std::size_t place = 0; place < image.size(); ++place) {
    if (place >= sizeof(Header) && place < directory) continue;
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = image;
      damaged[place] ^= static_cast<std::byte>(1 << bit);
      CHECK_THROWS(load(damaged), FileFormatError);
    }
  }
}

// The same with recomputed checksums: now the checks behind them must hold. A flip may only change how a reader
// interprets the same bytes: an element type or shape of the same size, an id, the flag that a section is optional.
// Everything else is an error or the same content; all of it is read under the sanitizers.
TEST(flipped_structure_with_right_checksums) {
  const Bytes image = small_image();
  const std::string expected = contents(load(image));
  const std::size_t directory = directory_begin(image);
  for (std::size_t place = 0; place < image.size(); ++place) {
    if (place >= sizeof(Header) && place < directory) continue;
    const std::size_t field = (place - directory) % sizeof(Entry);
    const bool reinterprets = place >= directory && (field < 16 || field >= offsetof(Entry, rows));
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = image;
      damaged[place] ^= static_cast<std::byte>(1 << bit);
      recompute_checksums(damaged);
      const SearchResult found = result(damaged, expected);
      CHECK(found != SearchResult::different || reinterprets);
    }
  }
}

// A flipped byte of the payload is detected by whoever reads it, and by verify().
TEST(flipped_payload) {
  const Bytes image = small_image();
  const std::string expected = contents(load(image));
  for (std::size_t place = sizeof(Header); place < directory_begin(image); ++place) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      Bytes damaged = image;
      damaged[place] ^= static_cast<std::byte>(flip);
      const auto file = load(damaged);
      CHECK_THROWS(file->verify(), CorruptFileError);
      CHECK_THROWS(file->save("/nowhere/never.near"), CorruptFileError);  // refused before anything is written
      const auto inside = std::find_if(file->sections().begin(), file->sections().end(), [&](const Section& section) {
        return place >= section.offset() && place < section.offset() + section.length();
      });
      if (inside == file->sections().end()) continue;  // padding: nobody reads it, so nothing differs
      CHECK_THROWS(inside->checked(0, 1), CorruptFileError);
      CHECK_THROWS(inside->checked(0, 1), CorruptFileError);  // and again: a failed block is never marked as verified
      CHECK_EQUAL(result(damaged, expected), SearchResult::error);
    }
  }
}

// A damaged block does not prevent reading adjacent good ones.
TEST(blocks_are_apart) {
  Writer writer = Writer::to_memory();
  writer.add(SectionId::codes, Element::u8, {200'000, 1}, pattern(200'000));
  Bytes image = image_of(*writer.finish());
  image[kPageAlignment + 70'000] ^= std::byte{4};
  const auto file = load(image);
  const Section& codes = file->section(SectionId::codes);
  CHECK(codes.checked(0, 69'632) != nullptr);
  CHECK(codes.checked(73'728, 200'000) != nullptr);
  CHECK_THROWS(codes.checked(69'631, 69'633), CorruptFileError);
  CHECK_THROWS(codes.check_rows(73'727, 73'728), CorruptFileError);
  try {
    (void)codes.checked(70'000, 70'001);
  } catch (const CorruptFileError& error) {
    const std::string sentence = error.what();
    CHECK(sentence.find("section codes, bytes 69632 to 73728 (byte 73728)") != std::string::npos);
  }
}

TEST(attacks_on_the_header) {
  const Bytes image = small_image();
  using H = Header&;
  CHECK(refused<UnsupportedVersionError>(with_header(image, [](H h) { h.version = 2; }), "format version 2"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.version = 0; }), "the format version"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.sections = 0; }), "the number of sections"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.sections = ~0u; }), "the number of sections"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.sections = 1'024; }), "the directory's offset"));
  CHECK(refused<TruncatedFileError>(with_header(image, [](H h) { h.file_bytes = ~0ull; }), "cut short"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.file_bytes -= 8; }), "the file's size"));
  for (const std::uint64_t place : {0ull, 63ull, 64ull + 1, ~0ull, ~0ull - 63, 1ull << 63})
    CHECK(refused<CorruptFileError>(with_header(image, [&](H h) { h.directory_offset = place; }),
                                    "the directory's offset"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.directory_checksum ^= 1; }),
                                  "the directory's checksum"));
  CHECK(refused<CorruptFileError>(with_header(image, [](H h) { h.reserved[1] = 1; }), "a reserved field"));
}

TEST(attacks_on_the_directory) {
  const Bytes image = small_image();
  using E = Entry&;
  const auto entry = [&](std::size_t index, const std::function<void(E)>& change) {
    return with_entry(image, index, change);
  };
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.id = 1 + 1; }), "the id of a section"));  // metadata twice
  CHECK(refused<UnsupportedVersionError>(entry(1, [](E e) { e.id = 77; }), "needs section 77"));
  CHECK(refused<UnsupportedVersionError>(entry(1, [](E e) { e.version = 2; }), "in version 2"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.version = 0; }), "a section's version"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.flags = 4; }), "the flags of section row_terms"));
  CHECK(
      refused<CorruptFileError>(entry(1, [](E e) { e.flags = kFlagPageAligned; }), "the offset of section row_terms"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.element = 0; }), "the element type"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.element = 11; }), "the element type"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.offset = 64; }), "the offset"));   // overlaps another section
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.offset += 64; }), "the offset"));  // leaves a hole
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.offset = ~0ull - 63; }), "the offset"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.length += 1; }), "the length"));
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.rows = 1ull << 62; }), "below 2^64"));  // 3 x 4 x 2^62 wraps
  CHECK(refused<CorruptFileError>(entry(1, [](E e) { e.columns = ~0ull; }), "below 2^64"));
  CHECK(refused<CorruptFileError>(entry(1,
                                        [](E e) {
                                          e.rows = 1ull << 40;
                                          e.columns = e.length = 0;
                                        }),
                                  "with columns"));
  CHECK(refused<CorruptFileError>(entry(2,
                                        [](E e) {
                                          e.rows = e.length = 1ull << 40;
                                          e.columns = 1;
                                        }),
                                  "an end at or before"));
  CHECK(refused<CorruptFileError>(entry(2,
                                        [](E e) {
                                          e.rows = e.length = ~0ull;
                                          e.columns = 1;
                                        }),
                                  "an end at or before"));
  // Longer by one: the next section's offset no longer follows.
  CHECK(refused<CorruptFileError>(entry(2,
                                        [](E e) {
                                          e.rows = e.length = 300;
                                          e.columns = 1;
                                        }),
                                  "the offset of section bounds"));
  CHECK(refused<CorruptFileError>(with_header(image, [](Header& h) { h.sections -= 1; }), "the directory's offset"));
}

TEST(attacks_on_the_checksums) {
  const Bytes image = small_image();
  const std::size_t last = load(image)->sections().size() - 1;
  using E = Entry&;
  const auto entry = [&](const std::function<void(E)>& change) { return with_entry(image, last, change); };
  CHECK(refused<CorruptFileError>(entry([](E e) {
                                    e.rows -= 1;
                                    e.length -= 8;
                                  }),
                                  "checksums"));
  CHECK(refused<CorruptFileError>(entry([](E e) { e.id = 1; }), "the last section"));
  CHECK(refused<CorruptFileError>(entry([](E e) { e.flags = kFlagOptional; }), "the last section"));
  CHECK(refused<CorruptFileError>(entry([](E e) { e.element = 9; }), "the last section"));
  CHECK(refused<CorruptFileError>(entry([](E e) { std::swap(e.rows, e.columns); }), "the number of checksums"));
}

// Later versions may add a section that is not required, or a new version of one.
TEST(optional_sections_of_the_future) {
  Writer writer = Writer::to_memory();
  writer.add(static_cast<SectionId>(77), Element::u8, {10, 1}, pattern(10), Need::optional);
  writer.add(SectionId::metadata, Element::u8, {3, 1}, pattern(3), Need::optional);
  const Bytes image = image_of(*writer.finish());
  const auto file = load(image);
  CHECK(file->sections().size() == 3 && file->sections()[0].name() == "section 77");
  CHECK(!file->has(static_cast<SectionId>(77)) && file->has(SectionId::metadata));
  file->verify();
  const auto newer = load(with_entry(image, 1, [](Entry& entry) { entry.version = 2; }));
  CHECK(!newer->has(SectionId::metadata));
}

}  // namespace
