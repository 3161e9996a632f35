// The operations of blocks of bytes, for instruction sets that gain nothing from queries of small bytes.
using ByteLine = PanelRows;
using ByteQuery = PanelQuery;
inline ByteLine byte_line(const std::uint8_t* from) { return panel_rows(from); }
inline ByteQuery byte_query(const std::int8_t* from) { return panel_query(from); }
inline PanelSums byte_step(PanelSums sums, ByteLine line, ByteQuery query) { return panel_step(sums, line, query); }
