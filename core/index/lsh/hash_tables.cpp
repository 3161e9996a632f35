#include "index/lsh/hash_tables.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/threads.h"
#include "index/lsh/header.h"
#include "index/lsh/query_codes.h"

namespace nearabout::lsh {
namespace {

using storage::SectionId;

constexpr std::size_t kRowsEncodedTogether = 256;

struct BuiltTable {
  std::vector<std::uint32_t> keys, ends;
  std::vector<std::uint32_t> rows;  // by key, then by number
};

// Returns the keys of all rows, table by table.
std::vector<std::uint32_t> keys_of(const RowEncoder& encoder, const HashSettings& settings, std::size_t rows,
                                   std::size_t threads, const Monitor& monitor) {
  std::vector<std::uint32_t> keys(settings.tables * rows);
  const auto encode = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<std::uint64_t> codes((end - begin) * encoder.words());
    encoder.encode(begin, end, codes.data());
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t table = 0; table < settings.tables; ++table)
        keys[table * rows + row] =
            key_of(codes.data() + (row - begin) * encoder.words(), table * settings.bits, settings.bits);
  };
  parallel_for(rows, kRowsEncodedTogether, threads, encode, monitor);
  return keys;
}

BuiltTable table_of(const std::uint32_t* keys, std::size_t rows) {
  BuiltTable table;
  table.rows.resize(rows);
  std::iota(table.rows.begin(), table.rows.end(), 0u);
  std::sort(table.rows.begin(), table.rows.end(),
            [&](std::uint32_t a, std::uint32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint32_t key = keys[table.rows[i]];
    if (table.keys.empty() || table.keys.back() != key) {
      table.keys.push_back(key);
      table.ends.push_back(0);
    }
    table.ends.back() = static_cast<std::uint32_t>(i + 1);
  }
  return table;
}

void write_numbers(storage::Writer& writer, SectionId id, storage::Shape shape, const std::vector<BuiltTable>& tables,
                   std::vector<std::uint32_t> BuiltTable::* numbers) {
  writer.begin(id, Element::u32, shape);
  for (const BuiltTable& table : tables) writer.append(std::as_bytes(std::span(table.*numbers)));
  writer.end();
}

}  // namespace

void write_tables(storage::Writer& writer, const RowEncoder& encoder, const HashSettings& settings, std::size_t rows,
                  std::size_t threads, const Monitor& monitor) {
  const std::vector<std::uint32_t> keys = keys_of(encoder, settings, rows, threads, subprogress(monitor, 0, 0.7));
  std::vector<BuiltTable> tables(settings.tables);
  parallel_for(
      settings.tables, 1, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t table = begin; table < end; ++table)
          tables[table] = table_of(keys.data() + table * rows, rows);
      },
      subprogress(monitor, 0.7, 1));
  std::vector<std::uint64_t> header{settings.bits, settings.tables, settings.seed};
  static_assert(kBits == 0 && kTables == 1 && kSeed == 2 && kFixedFields == 3);
  std::uint64_t buckets = 0;
  for (const BuiltTable& table : tables) {
    header.push_back(table.keys.size());
    buckets += table.keys.size();
  }
  writer.add<std::uint64_t>(SectionId::hash_header, {1, header.size()}, header);
  write_numbers(writer, SectionId::hash_keys, {buckets, 1}, tables, &BuiltTable::keys);
  write_numbers(writer, SectionId::hash_ends, {buckets, 1}, tables, &BuiltTable::ends);
  write_numbers(writer, SectionId::hash_rows, {settings.tables, rows}, tables, &BuiltTable::rows);
}

}  // namespace nearabout::lsh
