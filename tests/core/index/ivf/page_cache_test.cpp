// Cold rows: those of a file are cold until observed not to be; reading ahead rows, existing or not, of a file or in
// memory, has no other effect.
#include "index/ivf/page_cache.h"

#include <filesystem>
#include <numeric>
#include <string>

#include "check.h"
#include "storage/file.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::ivf;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const storage::File> table(storage::Writer writer) {
  std::vector<float> numbers(3'000 * 40);
  std::iota(numbers.begin(), numbers.end(), 0.0f);
  writer.add<float>(storage::SectionId::vectors, {3'000, 40}, numbers);
  return writer.finish();
}

void only_asks(const storage::File& file) {
  const storage::Section& section = file.section(storage::SectionId::vectors);
  std::vector<std::uint32_t> rows{2'999, 5, 0, 4, 6, 5, 1'500, 3'000, 4'000'000'000u};
  read_ahead(section, rows);
  CHECK(std::is_sorted(rows.begin(), rows.end()));
  section.will_need(0, section.length());
  section.will_need(10, 10);
  section.will_need(7, section.length() + 1);
  section.will_need(section.length(), 0);
  CHECK_EQUAL(section.items<float>(40 * 1'500, 1)[0], 60'000.0f);
  std::vector<std::uint32_t> none;
  read_ahead(section, none);
}

TEST(mapped_rows_are_cold_until_compared_fast) {
  PageCacheMonitor in_memory(false);
  CHECK(!in_memory.cold() && !in_memory.is_enabled());

  PageCacheMonitor mapped(true);
  CHECK(mapped.cold() && mapped.is_enabled());
  mapped.observe(0ns, 0);  // nothing was compared, so nothing is known
  CHECK(mapped.cold());
  mapped.observe(50us, 100);
  CHECK(!mapped.cold());
  mapped.observe(5ms, 100);
  CHECK(mapped.cold());
}

TEST(reading_ahead_changes_nothing) {
  only_asks(*table(storage::Writer::to_memory()));
  const std::string path = (std::filesystem::temp_directory_path() / "nearabout_read_ahead.near").string();
  only_asks(*table(storage::Writer::to_path(path)));
  std::filesystem::remove(path);
}

}  // namespace
