// Errors: each is caught by its own type, and a system error carries its number, path and message.
#include "base/error.h"

#include <cerrno>
#include <string>

#include "check.h"

using namespace nearabout;

namespace {

[[noreturn]] void refuse() { throw CorruptFileError("section 3 at byte 128: expected 64 bytes, found 60"); }

TEST(a_broken_file_is_one_of_four) {
  CHECK_THROWS(refuse(), CorruptFileError);
  CHECK_THROWS(refuse(), FileFormatError);
  CHECK_THROWS(throw UnknownFormatError("x"), FileFormatError);
  CHECK_THROWS(throw TruncatedFileError("x"), FileFormatError);
  CHECK_THROWS(throw UnsupportedVersionError("x"), FileFormatError);
  CHECK_THROWS(throw InvalidInputError("x"), std::invalid_argument);
}

TEST(a_system_error_tells_what_and_where) {
  const SystemError error(ENOENT, "words.near", "cannot open words.near");
  CHECK_EQUAL(error.number(), ENOENT);
  CHECK_EQUAL(error.path(), "words.near");
  const std::string sentence = error.what();
  CHECK(sentence.starts_with("cannot open words.near: "));
  CHECK(sentence.size() > std::string("cannot open words.near: ").size());
}

}  // namespace
