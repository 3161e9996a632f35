// Sixteen floats as an array, for instruction sets that leave them to the compiler.

struct Floats {
  float lane[16];
};
inline Floats no_floats() { return {}; }
inline Floats load_floats(const float* from) {
  Floats floats;
  memcpy(floats.lane, from, sizeof(floats.lane));
  return floats;
}
inline Floats every_float(float value) {
  Floats floats;
  for (float& lane : floats.lane) lane = value;
  return floats;
}
inline Floats add_floats(Floats a, Floats b) {
  for (int i = 0; i < 16; ++i) a.lane[i] += b.lane[i];
  return a;
}
inline Floats multiply_add_floats(Floats a, Floats b, Floats sum) {
  for (int i = 0; i < 16; ++i) sum.lane[i] += a.lane[i] * b.lane[i];
  return sum;
}
inline void store_floats(float* to, Floats floats) { memcpy(to, floats.lane, sizeof(floats.lane)); }
