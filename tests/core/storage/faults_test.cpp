// A save that is killed, or refused by the system, at every single call that it makes: the file under the name is the
// old one or the new one, whole, and a save that fails leaves no temporary file. strace injects the faults; if it is
// missing or not allowed, the test says so and passes. A program of its own, since it runs itself under strace.
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;
namespace fs = std::filesystem;

// Runs in the traced child.
int save_new(const std::string& path) {
  try {
    Writer writer = Writer::to_path(path);
    writer.add(SectionId::vectors, Element::u8, {300'000, 1}, pattern(300'000));
    write_small(writer);
    writer.finish();
    return 0;
  } catch (const SystemError&) {
    return 3;
  }
}

std::string own_program;

bool succeeds(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

class Faults {
 public:
  explicit Faults(std::string program) : program_(std::move(program)) { fs::create_directory(folder_); }
  ~Faults() { fs::remove_all(folder_); }

  // Makes the `when`-th `call` of a save fail with `fault`. Returns true if the save itself succeeded.
  bool save(const std::string& call, const std::string& fault, int when) {
    for (const auto& left : fs::directory_iterator(folder_)) fs::remove_all(left);
    load(small_image())->save(path_);
    // The leak checker traces as well, and two tracers cannot.
    return succeeds("strace -f -o /dev/null -E ASAN_OPTIONS=detect_leaks=0 -e trace=" + call + " -e inject=" + call +
                    ":" + fault + ":when=" + std::to_string(when) + " '" + program_ + "' save '" + path_ + "'");
  }
  bool is_new() const {
    const auto file = File::open(path_);
    file->verify();
    return file->has(SectionId::vectors);
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}); }

 private:
  std::string program_;
  fs::path folder_ = fs::temp_directory_path() / "nearabout_test_faults";
  std::string path_ = (folder_ / "index.near").string();
};

constexpr int kMaxCalls = 200;  // a save makes fewer calls; with more, the test itself is wrong

// Injects a fault at every call of this name in turn, until the save has no more of them. Returns how many there were.
int kill_at_each(Faults& faults, const std::string& call) {
  int when = 1;
  while (when < kMaxCalls && !faults.save(call, "signal=SIGKILL", when)) {
    (void)faults.is_new();  // throws where the file is neither
    ++when;
  }
  CHECK(when < kMaxCalls && faults.is_new());
  return when - 1;
}

void refuse_each(Faults& faults, const std::string& call, const std::string& error) {
  int when = 1;
  for (; when < kMaxCalls && !faults.save(call, "error=" + error, when); ++when)
    CHECK(!faults.is_new() && faults.files() == 1);
  CHECK(when > 1 && when < kMaxCalls && faults.is_new() && faults.files() == 1);
}

TEST(a_save_that_fails_leaves_old_or_new) {
  Faults faults(own_program);
  CHECK(kill_at_each(faults, "pwrite64") > 10);
  CHECK(kill_at_each(faults, "fsync") == 2);
  CHECK(kill_at_each(faults, "/^rename") == 1);
  refuse_each(faults, "pwrite64", "ENOSPC");
  refuse_each(faults, "/^rename", "EACCES");
  CHECK(!faults.save("fsync", "error=EIO", 1));
  CHECK(!faults.is_new() && faults.files() == 1);
  CHECK(!faults.save("fsync", "error=EIO", 2));  // the folder's: the new file already has its name and its data
  CHECK(faults.is_new() && faults.files() == 1);
  CHECK(faults.save("pwrite64,fsync", "error=EINTR", 1));  // interrupted calls are repeated
  CHECK(faults.is_new() && faults.files() == 1);
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "save") return save_new(arguments[2]);
  if (!succeeds("strace -o /dev/null -e inject=fsync:error=EIO:when=1 true")) {
    std::printf("skipped: strace is not installed, or may not profile here\n");
    return 0;
  }
  own_program = fs::absolute(arguments[0]).string();
  return nearabout::test::run(1, arguments);
}
