// The scan of blocks of bytes for several queries on a unit that multiplies tiles (tile_products.inl): two blocks at a
// time.
//
//   append_pair(dots, terms, stride, rows, place, scan): appends the hits among the rows of two blocks, or of one if
//   `rows` are no more; dots[b] are the products of block b, whose terms are `stride` bytes apart

// Two blocks of rows. A tile has 64 dimensions of one.
struct BlockTiles {
  static constexpr std::size_t kStride = kLineBytes;
  const std::uint8_t* block[2];

  const std::uint8_t* at(std::size_t step, std::size_t half) const { return block[half] + step * kMatrixDims * 16; }
};

// One list, and up to sixteen queries that scan it, whose bytes are `stride` apart.
struct TileScan {
  const std::uint8_t* blocks;
  std::size_t rows, lines;
  CodeScan* const* scans;
  std::size_t queries;
  const std::int8_t* bytes;

  std::size_t stride() const { return lines * 4; }
  std::size_t block_stride() const { return (lines + 1) * kLineBytes; }
  std::size_t pairs() const { return (rows + 2 * kBlockRows - 1) / (2 * kBlockRows); }
};

template <int kSums, std::size_t kSteps>
inline void multiply_pair(const TileScan& scan, std::size_t pair) {
  const std::uint8_t* const first = scan.blocks + 2 * pair * scan.block_stride();
  const bool alone = scan.rows <= (2 * pair + 1) * kBlockRows;  // no block follows: this one stands in for it
  multiply_tiles<kSums, kSteps>(BlockTiles{{first, alone ? first : first + scan.block_stride()}}, scan.bytes,
                                scan.stride(), scan.lines * 4 / kMatrixDims);
}

inline void append_results(const TileScan& scan, std::size_t pair, const TileResults& results) {
  const std::size_t place = pair * 2 * kBlockRows;
  const std::size_t rows = scan.rows - place < 2 * kBlockRows ? scan.rows - place : 2 * kBlockRows;
  const std::uint8_t* const terms = scan.blocks + 2 * pair * scan.block_stride() + scan.lines * kLineBytes;
  for (std::size_t q = 0; q < scan.queries; ++q) {
    const std::int32_t* const dots[2] = {results.dots[0] + q * 16, results.dots[1] + q * 16};
    append_pair(dots, terms, scan.block_stride(), rows, static_cast<std::uint32_t>(place), *scan.scans[q]);
  }
}

template <std::size_t kSteps>
void tile_scan_of(const TileScan& scan) {
  TileResults results[kTurns];
  load_resident<kSteps>(scan.bytes, scan.stride());
  const std::size_t pairs = scan.pairs();
  for (std::size_t turn = 0; turn < pairs + 2; ++turn) {
    if (turn < pairs) {
      if (turn % 2 == 0)
        multiply_pair<0, kSteps>(scan, turn);
      else
        multiply_pair<2, kSteps>(scan, turn);
    }
    if (turn >= 1 && turn <= pairs) {
      TileResults& stored = results[(turn - 1) % kTurns];
      if (turn % 2 == 0)
        store_results<2>(stored);
      else
        store_results<0>(stored);
    }
    if (turn >= 2) append_results(scan, turn - 2, results[(turn - 2) % kTurns]);
  }
}

// Scans for up to sixteen queries; lines * 4 is a multiple of kMatrixDims.
inline void tile_scan_some(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                           std::size_t queries) {
  alignas(64) std::int8_t bytes[kMatrixQueries * kMaxLines * 4];
  for (std::size_t q = 0; q < queries; ++q) memcpy(bytes + q * lines * 4, scans[q]->tables, lines * 4);
  const TileScan scan{blocks, rows, lines, scans, queries, bytes};
  TileShapes shapes = shapes_of(queries, 0);
  shapes.rows[2] = shapes.rows[3] = shapes.rows[0];
  const std::size_t steps = lines * 4 / kMatrixDims;
  if (steps <= kResidentSteps) {  // registers 4 to 6 hold queries
    shapes.rows[6] = shapes.rows[0];
  }
  Tile::configure(shapes);
  switch (steps) {
    case 1:
      tile_scan_of<1>(scan);
      break;
    case 2:
      tile_scan_of<2>(scan);
      break;
    case kResidentSteps:
      tile_scan_of<kResidentSteps>(scan);
      break;
    default:
      tile_scan_of<0>(scan);
  }
  Tile::release();
}

// Scans for any number of queries, those that are too few for tiles by `scan_few`.
inline void tile_scan_bytes(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                            std::size_t queries, ScanCodes scan_few) {
  // Below this number vectors are as fast: for 128 bytes, nanoseconds per row and query with one, two and four queries
  // were 1.5, .98 and .75 by vectors and 2.4, 1.2 and .62 by tiles (Sapphire Rapids).
  constexpr std::size_t kMinTileQueries = 3;
  const bool whole = lines * 4 % kMatrixDims == 0;
  while (whole && queries >= kMinTileQueries && rows > 0) {
    const std::size_t some = queries < kMatrixQueries ? queries : kMatrixQueries;
    tile_scan_some(blocks, rows, lines, scans, some);
    scans += some;
    queries -= some;
  }
  if (queries > 0) scan_few(blocks, rows, lines, scans, queries);
}
