// Saving: after any failure the old file is whole and there is no temporary one; after success the new one is there.
#include <filesystem>
#include <fstream>

#ifndef _WIN32
#include <cerrno>
#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;
namespace fs = std::filesystem;

Bytes large_image() {
  Writer writer = Writer::to_memory();
  writer.add(SectionId::vectors, Element::u8, {300'000, 1}, pattern(300'000));
  return image_of(*writer.finish());
}

template <class Action>
int error_number(Action action) {
  try {
    action();
  } catch (const SystemError& error) {
    return error.number();
  }
  return 0;
}

TEST(unfinished_writer_leaves_nothing) {
  const Folder folder("nearabout_test_unfinished");
  {
    Writer writer = Writer::to_path(folder.file("a.near"));
    write_small(writer);
    CHECK(folder.count() == 1 && !fs::exists(folder.file("a.near")));
  }
  CHECK_EQUAL(folder.count(), 0);
  Writer moved = Writer::to_path(folder.file("a.near"));
  Writer writer = std::move(moved);
  write_small(writer);
  writer.finish();
  CHECK(folder.count() == 1 && fs::exists(folder.file("a.near")));
}

TEST(missing_places) {
  const Folder folder("nearabout_test_missing");
  const auto image = load(small_image());
  CHECK_EQUAL(error_number([&] { image->save(folder.file("no/such/folder.near")); }), ENOENT);
  CHECK_EQUAL(error_number([&] { image->save(folder.path.string()); }), EISDIR);
  CHECK_EQUAL(error_number([&] { image->save(""); }), ENOENT);
  CHECK_EQUAL(error_number([&] { File::open(folder.file("none.near")); }), ENOENT);
  CHECK_EQUAL(error_number([&] { File::open(folder.path.string()); }), EISDIR);
  std::ofstream(folder.file("empty.near")).close();
  CHECK_THROWS(File::open(folder.file("empty.near")), UnknownFormatError);
  std::ofstream(folder.file("text.near")) << "king 0.1 0.2\nqueen 0.3 0.4\n";
  CHECK_THROWS(File::open(folder.file("text.near")), UnknownFormatError);
  try {
    image->save(folder.file("no/such/folder.near"));
  } catch (const SystemError& error) {
    CHECK_EQUAL(error.path(), folder.file("no/such/folder.near"));
  }
}

#ifndef _WIN32

TEST(saving_over_the_open_file) {
  const Folder folder("nearabout_test_over");
  const std::string path = folder.file("index.near");
  load(small_image())->save(path);
  const auto first = File::open(path);
  const std::string before = contents(first);
  load(large_image())->save(path);  // another index replaces the file
  CHECK_EQUAL(contents(first), before);
  first->verify();
  CHECK(File::open(path)->has(SectionId::vectors));
  first->save(path);  // and the first one replaces it again, from its mapping
  CHECK_EQUAL(contents(File::open(path)), before);
  const auto second = File::open(path);
  second->save(path);  // onto itself
  CHECK(contents(second) == before && contents(File::open(path)) == before);
  CHECK_EQUAL(folder.count(), 1);
}

TEST(links_and_modes) {
  const Folder folder("nearabout_test_links");
  fs::create_directory(folder.path / "real");
  const std::string real = folder.file("real/index.near");
  const auto image = load(small_image());
  image->save(real);
  struct stat status;
  const mode_t mask = ::umask(027);
  image->save(folder.file("fresh.near"));
  for (const mode_t mode : {0444u, 0600u, 0664u, 04755u}) {  // a replaced file's mode is preserved, whatever the umask
    CHECK_EQUAL(::chmod(real.c_str(), mode), 0);
    image->save(real);
    CHECK(::stat(real.c_str(), &status) == 0 && (status.st_mode & 07777) == mode);
  }
  ::umask(mask);
  CHECK(::stat(folder.file("fresh.near").c_str(), &status) == 0 && (status.st_mode & 0777) == 0640);
  CHECK_EQUAL(::chmod(real.c_str(), 0644), 0);

  fs::create_symlink(real, folder.file("link.near"));
  load(large_image())->save(folder.file("link.near"));
  CHECK(fs::is_symlink(folder.file("link.near")));
  CHECK(File::open(real)->has(SectionId::vectors));
  fs::create_symlink("nothing", folder.file("dangling.near"));
  image->save(folder.file("dangling.near"));
  CHECK(!fs::is_symlink(folder.file("dangling.near")));
  CHECK_EQUAL(error_number([&] { image->save("/dev/null"); }), EINVAL);
  CHECK(fs::is_character_file("/dev/null"));
  CHECK_EQUAL(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  CHECK_THROWS(File::open(folder.file("pipe")), UnknownFormatError);  // does not wait for a writer
  CHECK_THROWS(File::open("/dev/null"), UnknownFormatError);
}

// Another user's file keeps its owner; nobody else can read it while it is written.
TEST(owners) {
  const Folder folder("nearabout_test_owners");
  const std::string path = folder.file("a.near");
  load(small_image())->save(path);
  struct stat status;
  CHECK_EQUAL(::chmod(path.c_str(), 0640), 0);
  {
    Writer writer = Writer::to_path(path);
    for (const auto& entry : fs::directory_iterator(folder.path))
      if (entry.path() != fs::path(path))
        CHECK(::stat(entry.path().c_str(), &status) == 0 && (status.st_mode & 0777) == 0600);
  }
  if (::geteuid() != 0) return;  // only root can give files away
  CHECK_EQUAL(::chown(path.c_str(), 12'345, 23'456), 0);
  load(small_image())->save(path);
  CHECK(::stat(path.c_str(), &status) == 0 && status.st_uid == 12'345 && status.st_gid == 23'456);
  CHECK_EQUAL((status.st_mode & 0777), 0640);
}

TEST(read_only_folder) {
  if (::geteuid() == 0) {
    std::printf("skipped: root may write into any folder\n");
    return;
  }
  const Folder folder("nearabout_test_read_only");
  const std::string path = folder.file("index.near");
  load(small_image())->save(path);
  fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_EQUAL(error_number([&] { load(large_image())->save(path); }), EACCES);
  fs::permissions(folder.path, fs::perms::owner_all);
  CHECK_EQUAL(contents(File::open(path)), contents(load(small_image())));
}

// A file size limit causes a short write and then an error, as a full disk does. Tries every limit from nothing to one
// byte too few.
TEST(disk_that_fills_up) {
  const Folder folder("nearabout_test_full");
  const std::string path = folder.file("index.near");
  const auto large = load(large_image());
  load(small_image())->save(path);
  const std::string before = contents(File::open(path));
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit old;
  ::getrlimit(RLIMIT_FSIZE, &old);
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{65'536},
                                  std::size_t{200'000}, large->size() - 1}) {
    struct rlimit tight = old;
    tight.rlim_cur = limit;
    ::setrlimit(RLIMIT_FSIZE, &tight);
    const int saved = error_number([&] { large->save(path); });
    const int written = error_number([&] {
      Writer writer = Writer::to_path(path);
      writer.add(SectionId::vectors, Element::u8, {300'000, 1}, pattern(300'000));
      writer.finish();
    });
    ::setrlimit(RLIMIT_FSIZE, &old);
    CHECK_EQUAL(saved, EFBIG);
    CHECK_EQUAL(written, EFBIG);
    CHECK_EQUAL(folder.count(), 1);
    CHECK_EQUAL(contents(File::open(path)), before);
  }
  large->save(path);
  CHECK_EQUAL(File::open(path)->size(), large->size());
}

#endif

// Cancelling by the monitor leaves the old file.
TEST(stopped_save) {
  const Folder folder("nearabout_test_stopped");
  const std::string path = folder.file("index.near");
  load(small_image())->save(path);
  struct Stop {};
  for (const double at : {0.0, 0.5, 0.6})
    CHECK_THROWS(load(large_image())
                     ->save(path,
                            [&](double fraction) {
                              if (fraction >= at) throw Stop();
                            }),
                 Stop);
  CHECK_EQUAL(folder.count(), 1);
  CHECK_EQUAL(contents(File::open(path)), contents(load(small_image())));
}

}  // namespace
